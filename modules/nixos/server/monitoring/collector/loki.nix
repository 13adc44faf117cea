# Loki: keeps the logs that every host pushes.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  row = cfg.running.loki or null;
  collector = cfg.data.collector or null;
in
{
  config = lib.mkIf (row != null && collector != null) {
    services.loki = {
      enable = true;
      configuration = lib.recursiveUpdate collector.loki { limits_config.retention_period = cfg.retention.logs; };
    };
  };
}
