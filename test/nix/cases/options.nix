# The table test/cases/options.json, which the TypeScript tests run too: each option's type and default, and that an option which is set
# on the host, plainly, wins over the host data.
{ lib, evaluate, same, holds, hosts, ... }:
let
  rows = lib.importJSON ../../cases/options.json;
  path = row: [ "server" "monitoring" ] ++ lib.splitString "." row.option;
  bare = evaluate [ ../../../modules/nixos/server/monitoring { networking.hostName = "x"; networking.nftables.enable = true; } ];
  data = lib.importJSON ../../../build/nix-fixtures/nixserv.json;
  told = row: value: { server.monitoring.data = lib.mkForce (lib.recursiveUpdate data { monitoring = lib.setAttrByPath (lib.splitString "." row.option) value; }); };
  against = row: if lib.isBool row.other then !row.other else "7d";
  read = row: modules: lib.getAttrFromPath (path row) (evaluate ([ hosts.exporter ] ++ modules)).config;

  run = row: [
    (same "${row.option} is a ${row.type}" (lib.getAttrFromPath (path row) bare.options).type.description row.type)
    (same "${row.option} has the seed's default" (if row.default == "auto" then "auto" else lib.getAttrFromPath (path row) bare.config) row.default)
    (same "${row.option} of the host data reaches the host" (read row [ (told row row.other) ]) row.other)
    (same "${row.option} set on the host wins over the host data" (read row [ (told row (against row)) (lib.setAttrByPath (path row) row.other) ]) row.other)
  ];

  declared = prefix: tree:
    if lib.isOption tree then [ (lib.concatStringsSep "." prefix) ]
    else lib.concatMap (name: declared (prefix ++ [ name ]) tree.${name}) (lib.attrNames tree);
  documented = prefix: tree:
    if lib.isOption tree then (if tree.description or "" == "" && tree.visible or true then [ (lib.concatStringsSep "." prefix) ] else [ ])
    else lib.concatMap (name: documented (prefix ++ [ name ]) tree.${name}) (lib.attrNames tree);
  names = map (row: row.option) rows;
in
lib.concatMap run rows ++ [
  (same "each switch of server.monitoring is in the table" (lib.filter (name: lib.hasSuffix "enable" name && !(lib.elem name names)) (declared [ ] bare.options.server.monitoring)) [ ])
  (same "each option of server.monitoring says what it is" (documented [ ] bare.options.server.monitoring) [ ])
  (holds "and an option without a word would be noticed" (documented [ ] { x = lib.mkOption { type = lib.types.bool; }; } == [ "x" ]))
]
