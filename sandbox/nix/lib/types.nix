# Option types: what a value must look like, and how several definitions become one value.
{ lib }:
let
  inherit (builtins)
    all attrNames concatMap concatStringsSep elem filter foldl' head isAttrs isBool isFloat isFunction isInt isList isPath isString length
    listToAttrs mapAttrs match tail typeOf zipAttrsWith;
  inherit (lib) imap0 last mergeDefs;

  type = description: check: { inherit description check; merge = one; };

  # several definitions are fine as long as they say the same
  one = loc: defs:
    if all (d: d.value == (head defs).value) (tail defs) then (head defs).value
    else throw "The option `${concatStringsSep "." loc}` is defined twice with different values: ${concatStringsSep ", " (map (d: d.file) defs)}.";

  textLike = x: isString x || isPath x || (isAttrs x && x ? outPath);
  between = low: high: type "whole number between ${toString low} and ${toString high}" (x: isInt x && x >= low && x <= high);

  set = lazy: element: {
    description = "attribute set of ${element.description}";
    check = isAttrs;
    emptyValue = { };
    merge = loc: defs:
      let
        byName = zipAttrsWith (_: found: found) (map (d: mapAttrs (_: value: { inherit (d) file; inherit value; }) d.value) defs);
        merged = mapAttrs (name: mergeDefs (loc ++ [ name ]) element) byName;
        kept = filter (name: lazy || merged.${name}.isDefined) (attrNames merged);
      in
      listToAttrs (map (name: { inherit name; value = merged.${name}.value; }) kept);
  };
in
rec {
  unspecified = type "unspecified value" (_: true);
  raw = type "raw value" (_: true);
  bool = type "boolean" isBool;
  int = type "signed integer" isInt;
  float = type "floating point number" isFloat;
  number = type "number" (x: isInt x || isFloat x);
  str = type "string" isString;
  nonEmptyStr = type "non-empty string" (x: isString x && match "[ \t\r\n]*" x == null);
  strMatching = pattern: type "string matching ${pattern}" (x: isString x && match pattern x != null);
  path = type "absolute path" (x: textLike x && builtins.substring 0 1 (toString x) == "/");
  package = type "package" (x: isAttrs x && x ? outPath);
  ints = { inherit between; positive = type "positive integer" (x: isInt x && x > 0); unsigned = type "unsigned integer" (x: isInt x && x >= 0); };
  port = between 0 65535;
  enum = values: type "one of ${concatStringsSep ", " (map builtins.toJSON values)}" (x: elem x values);

  separatedString = separator: type "string" isString // { merge = _: defs: concatStringsSep separator (map (d: d.value) defs); };
  lines = separatedString "\n";
  commas = separatedString ",";

  # the members of later definitions replace those of earlier ones as a whole
  attrs = type "attribute set" isAttrs // { emptyValue = { }; merge = _: defs: foldl' (merged: d: merged // d.value) { } defs; };
  attrsOf = set false;
  lazyAttrsOf = set true;

  listOf = element: {
    description = "list of ${element.description}";
    check = isList;
    emptyValue = [ ];
    merge = loc: defs:
      map (m: m.value) (filter (m: m.isDefined) (concatMap
        (d: imap0 (n: value: mergeDefs (loc ++ [ "[${toString n}]" ]) element [ { inherit (d) file; inherit value; } ]) d.value)
        defs));
  };

  nullOr = element: {
    description = "null or ${element.description}";
    check = x: x == null || element.check x;
    merge = loc: defs:
      if all (d: d.value == null) defs then null
      else if all (d: d.value != null) defs then element.merge loc defs
      else throw "The option `${concatStringsSep "." loc}` is defined both as null and as a value.";
  };

  either = first: second: {
    description = "${first.description} or ${second.description}";
    check = x: first.check x || second.check x;
    merge = loc: defs:
      if all (d: first.check d.value) defs then first.merge loc defs
      else if all (d: second.check d.value) defs then second.merge loc defs
      else one loc defs;
  };
  oneOf = choices: foldl' either (head choices) (tail choices);
  coercedTo = from: convert: to: {
    description = "${to.description} or ${from.description} convertible to it";
    check = x: (from.check x && to.check (convert x)) || to.check x;
    merge = loc: defs: to.merge loc (map (d: if from.check d.value then d // { value = convert d.value; } else d) defs);
  };

  # attribute sets merge member by member, everything else must be equal
  anything = type "anything" (_: true) // {
    merge = loc: defs:
      if all (d: isAttrs d.value && !(d.value ? outPath)) defs then (set false anything).merge loc defs
      else if length defs == 1 && isList (head defs).value then (listOf anything).merge loc defs
      else if length defs == 1 && isFunction (head defs).value then (head defs).value
      else one loc defs;
  };

  submodule = module: submoduleWith { modules = if isList module then module else [ module ]; };
  submoduleWith = { modules, specialArgs ? { }, shorthandOnlyDefinesConfig ? true }: {
    description = "submodule";
    check = x: isAttrs x || isFunction x || isPath x;
    emptyValue = { };
    merge = loc: defs: (lib.evalModules {
      prefix = loc;
      inherit specialArgs;
      modules = [ { _module.args.name = last loc; } ] ++ modules ++ map
        (d: if isAttrs d.value && shorthandOnlyDefinesConfig then { _file = d.file; config = d.value; } else d.value)
        defs;
    }).config;
  };
}
