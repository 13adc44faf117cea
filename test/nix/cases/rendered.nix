# The host data that `make render` wrote, of every stack: each host evaluates and no assertion fails.
{ lib, evaluate, ... }:
let
  folder = ../../../build/rendered;
  folders = path: lib.attrNames (lib.filterAttrs (_: kind: kind == "directory") (builtins.readDir path));
  files = lib.concatMap (stack: map (host: folder + "/${stack}/${host}/host.json") (folders (folder + "/${stack}"))) (folders folder);

  # what the owner of such a host would have
  owner = data: {
    networking.hostName = data.host;
    networking.nftables.enable = true;
    services.postgresql.enable = data.postgresDatabases != [ ];
    services.redis.servers = lib.mapAttrs (_: instance: { enable = true; inherit (instance) port; }) data.redisInstances;
    services.kanidm.server = lib.optionalAttrs (data.kanidm != null) { enable = true; settings.origin = data.kanidm.url; };
    server.monitoring = { inherit data; };
  };
  run = file:
    let
      inherit (evaluate [ ../../../modules/nixos/server/monitoring (owner (lib.importJSON file)) ]) config;
      failed = map (a: a.message) (lib.filter (a: !a.assertion) config.assertions);
    in
    { name = "rendered host data evaluates: ${lib.removePrefix "${toString folder}/" (toString file)}"; ok = builtins.deepSeq config.sandbox.system (failed == [ ]); got = failed; want = [ ]; };
in
if builtins.pathExists folder then map run (lib.filter builtins.pathExists files)
else [ { name = "rendered host data evaluates: build/rendered is not there, run make render"; ok = true; skipped = true; } ]
