# Grafana, its data sources, and its login.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  row = cfg.running.grafana or null;
  collector = cfg.data.collector or null;
  told = collector.grafana;
in
{
  config = lib.mkIf (row != null && collector != null) {
    services.grafana = {
      enable = true;
      settings = if cfg.collector.grafana.kanidm.enable then told.settings else removeAttrs told.settings [ "auth.generic_oauth" ];
      provision = {
        enable = true;
        datasources.settings = told.datasources;
      };
    };
  };
}
