# Every option of our modules as plain data, for the reference and for tests: [ { name, type, default, description } ].
let
  lib = import ../../sandbox/nix/lib;
  inherit (import ../../sandbox/nix/evaluate.nix { configuration = ../../modules/nixos/server/monitoring; }) options;

  # what a value looks like in Nix; a default that is computed says so in words
  shown = value:
    if value == null then "null"
    else if lib.isAttrs value then "{${lib.concatStringsSep "; " (map (name: " ${name} = ${shown value.${name}}") (lib.attrNames value))} }"
    else if lib.isList value then "[${lib.concatMapStrings (one: " ${shown one}") value} ]"
    else builtins.toJSON value;
  default = option: option.defaultText.text or (if option ? default then shown option.default else null);

  list = path: tree:
    if lib.isOption tree then
      lib.optional (tree ? description && tree.internal or false != true) {
        name = lib.concatStringsSep "." path;
        type = tree.type.description;
        default = default tree;
        inherit (tree) description;
      }
    else lib.concatMap (name: list (path ++ [ name ]) tree.${name}) (lib.attrNames tree);
  ours = [ [ "server" "monitoring" ] [ "server" "proxy" ] [ "server" "database" ] [ "allocations" "server" ] ];
in
lib.concatMap (path: list path (lib.getAttrFromPath path options)) ours
