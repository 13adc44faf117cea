# The table test/cases/auto-detection.json, which the TypeScript tests run too.
{ lib, evaluate, same, ... }:
let
  named = word: on: lib.optionalAttrs on word;
  soft = v: if lib.isAttrs v then lib.mapAttrs (_: soft) v else lib.mkDefault v;

  run = row:
    let
      inherit (evaluate [
        ../../../modules/nixos/server/monitoring
        {
          networking.hostName = row.host.name;
          allocations.server = row.allocations;
          server.proxy.virtualHosts = named { "site.invalid" = { upstream = "127.0.0.1:1"; access = "public"; }; } row.host.virtualHosts;
          server.database.postgres = named { app = { }; } row.host.databases;
          server.database.redis = named { app = { }; } row.host.redis;
          server.monitoring = lib.mkMerge [ (soft row.clusterOptions) row.options ];
        }
      ]) config;
      cfg = config.server.monitoring;
      sorted = lib.sort (a: b: a < b);
    in
    same "auto-detection: ${row.name}"
      {
        exporters = map (r: r.name) (lib.filter (r: r.kind == "exporter") (lib.attrValues cfg.running));
        collector = cfg.running ? prometheus;
        logs = cfg.enable && cfg.logs.enable;
      }
      (row.expected // { exporters = sorted row.expected.exporters; });
in
map run (lib.importJSON ../../cases/auto-detection.json)
