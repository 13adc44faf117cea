# Definitions of one option or one group of options -> what counts, strongest first settled, in order.
{ lib }:
let
  inherit (builtins) concatMap concatStringsSep filter foldl' head isAttrs mapAttrs sort typeOf;
  inherit (lib) mkIf mkOverride;

  marked = mark: v: isAttrs v && v._type or null == mark;
  show = concatStringsSep ".";

  # definition of a group of options -> plain attribute sets, marks moved down to the members
  spread = v:
    if marked "merge" v then concatMap spread v.contents
    else if marked "if" v then map (mapAttrs (_: mkIf v.condition)) (spread v.content)
    else if marked "override" v then map (mapAttrs (_: mkOverride v.priority)) (spread v.content)
    else [ v ];

  # definition of one option -> values that count, each with its strength and place
  discharge = { file, value, priority ? 100, order ? 1000 }@d:
    if marked "merge" value then concatMap (v: discharge (d // { value = v; })) value.contents
    else if marked "if" value then (if value.condition then discharge (d // { value = value.content; }) else [ ])
    else if marked "override" value then discharge (d // { value = value.content; inherit (value) priority; })
    else if marked "order" value then discharge (d // { value = value.content; order = value.priority; })
    else [ { inherit file value priority order; } ];

  # what remains of a list of definitions after conditions and strength: strongest only, in order
  strongest = defs:
    let
      live = concatMap discharge defs;
      best = foldl' (p: d: if d.priority < p then d.priority else p) 9999 live;
    in
    sort (a: b: a.order < b.order) (filter (d: d.priority == best) live);

  mergeDefs = loc: type: defs:
    let
      used = strongest defs;
      wrong = filter (d: !(type.check d.value)) used;
    in
    if used == [ ] then { isDefined = false; value = type.emptyValue or (throw "The option `${show loc}` is used but not defined."); }
    else if wrong != [ ] then
      throw "A definition for option `${show loc}` is not of type `${type.description}` (${(head wrong).file}): got ${typeOf (head wrong).value}."
    else { isDefined = true; value = type.merge loc used; };
in
{
  inherit spread strongest mergeDefs;
}
