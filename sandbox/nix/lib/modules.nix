# Evaluates modules: gathers imports, joins option declarations into one tree, and merges what is defined for each option.
{ lib }:
let
  inherit (builtins)
    attrNames concatLists concatMap concatStringsSep filter functionArgs head isAttrs isFunction isString mapAttrs removeAttrs typeOf zipAttrsWith;
  inherit (lib) imap0 isOption mergeDefs mkOverride spread strongest;

  show = concatStringsSep ".";

  option = loc: declaration: defs:
    let
      type = declaration.type or lib.types.unspecified;
      default = if declaration ? default then [ { file = "default"; value = mkOverride 1500 declaration.default; } ] else [ ];
      merged = mergeDefs loc type (defs ++ default);
      value = (declaration.apply or (x: x)) merged.value;
    in
    {
      config = value;
      options = declaration // { inherit loc type value; isDefined = strongest defs != [ ]; definitions = map (d: d.value) (strongest defs); };
      unknown = [ ];
    };

  # one level of the tree: `decls` [{ file, options }], `defs` [{ file, value }]
  level = loc: decls: defs:
    let
      declared = zipAttrsWith (_: found: found) (map (d: mapAttrs (_: options: { inherit (d) file; inherit options; }) d.options) decls);
      pieces = concatMap
        (d: map
          (v: if isAttrs v then mapAttrs (_: value: { inherit (d) file; inherit value; }) v
          else throw "`${show loc}` is a group of options, not a value (${d.file}): got ${typeOf v}.")
          (spread d.value))
        defs;
      defined = zipAttrsWith (_: found: found) pieces;
      nodes = mapAttrs
        (name: found:
          let own = filter (d: isOption d.options) found; here = loc ++ [ name ]; in
          if own == [ ] then level here found (defined.${name} or [ ])
          else if builtins.length found > 1 then throw "The option `${show here}` is declared more than once: ${concatStringsSep ", " (map (d: d.file) found)}."
          else option here (head own).options (defined.${name} or [ ]))
        declared;
      strangers = removeAttrs defined (attrNames declared);
    in
    {
      config = mapAttrs (_: n: n.config) nodes;
      options = mapAttrs (_: n: n.options) nodes;
      unknown = concatLists (map (name: nodes.${name}.unknown) (attrNames nodes))
        ++ concatLists (map (name: map (d: d // { path = loc ++ [ name ]; }) strangers.${name}) (attrNames strangers));
    };
in
{
  evalModules = { modules, specialArgs ? { }, prefix ? [ ], class ? null }:
    let
      args = { inherit lib; config = config; options = tree.options; } // specialArgs;
      call = f: f (args // mapAttrs (name: _: args.${name} or config._module.args.${name}) (functionArgs f));
      normal = key: file: m:
        let
          set = if isFunction m then call m else m;
          plain = removeAttrs set [ "_file" "key" "imports" "disabledModules" "options" "config" "freeformType" "meta" ];
        in
        {
          inherit key;
          file = set._file or file;
          imports = imap0 (n: enter "${key}:${toString n}" (set._file or file)) (set.imports or [ ]);
          options = set.options or { };
          config =
            (if set ? config || set ? options then [ (set.config or { }) ] else [ plain ])
            ++ lib.optional (set ? freeformType) { _module.freeformType = set.freeformType; };
        };
      # a file is taken once however often it is imported
      enter = key: file: m:
        if builtins.isPath m || isString m then normal (toString m) (toString m) (import m) else normal key file m;
      # as in nixpkgs, what is imported last is merged first
      gathered = lib.reverseList (builtins.genericClosure {
        startSet = imap0 (n: enter "module ${toString n}" "module ${toString n}") modules;
        operator = m: m.imports;
      });

      internal = {
        file = "lib/modules.nix";
        options._module = {
          args = lib.mkOption { type = lib.types.lazyAttrsOf lib.types.raw; default = { }; };
          freeformType = lib.mkOption { type = lib.types.raw; default = null; };
          check = lib.mkOption { type = lib.types.bool; default = true; };
        };
      };
      tree = level prefix ([ internal ] ++ map (m: { inherit (m) file options; }) gathered)
        (concatMap (m: map (value: { inherit (m) file; inherit value; }) m.config) gathered);
      freeform = tree.config._module.freeformType;
      # definitions without a declaration, back in the shape in which they were written
      loose = map (d: { inherit (d) file; value = lib.setAttrByPath (lib.drop (builtins.length prefix) d.path) d.value; }) tree.unknown;
      config =
        if freeform == null then tree.config
        else lib.recursiveUpdate (mergeDefs prefix freeform loose).value tree.config;
      refused = map (d: "`${show d.path}` (${d.file})") tree.unknown;
    in
    {
      inherit (tree) options;
      config =
        if freeform == null && config._module.check && refused != [ ]
        then throw "The option ${head refused} does not exist."
        else removeAttrs config [ "_module" ];
    };
}
