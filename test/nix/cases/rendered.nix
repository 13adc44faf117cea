# The committed stacks, as run.sh rendered them: each host evaluates as one that names its rendered folder, and no assertion fails.
{ lib, evaluate, same, ... }:
let
  folder = ../../../build/nix-rendered;
  folders = path: lib.attrNames (lib.filterAttrs (_: kind: kind == "directory") (builtins.readDir path));
  # a stack that was not rendered is no stack here, and the list below says so
  stacks = if builtins.pathExists folder then folders folder else [ ];
  hosts = lib.concatMap (stack: map (host: "${stack}/${host}") (folders (folder + "/${stack}"))) stacks;

  # what the owner of such a host would have
  owner = data: {
    networking.hostName = data.host;
    networking.nftables.enable = true;
    services.postgresql.enable = data.postgresDatabases != [ ];
    services.redis.servers = lib.mapAttrs (_: instance: { enable = true; inherit (instance) port; }) data.redisInstances;
    services.kanidm.server = lib.optionalAttrs (data.kanidm != null) { enable = true; settings.origin = data.kanidm.url; };
  };
  run = host:
    let
      rendered = folder + "/${host}";
      inherit (evaluate [ ../../../modules/nixos/server/monitoring (owner (lib.importJSON (rendered + "/host.json"))) { server.monitoring = { inherit rendered; }; } ]) config;
      failed = map (a: a.message) (lib.filter (a: !a.assertion) config.assertions);
    in
    { name = "rendered host data evaluates: ${host}"; ok = builtins.deepSeq config.sandbox.system (failed == [ ]); got = failed; want = [ ]; };
in
[ (same "each committed stack is rendered" stacks [ "fleet" "nixmon" "sandbox" ]) ] ++ map run hosts
