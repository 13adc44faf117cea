# What the monitoring primary runs. Its configuration is the host data's, computed and tested where that was made.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
in
{
  imports = [
    ./prometheus.nix
    ./loki.nix
    ./grafana.nix
    ./alerting.nix
    ./dashboards.nix
    ./trust.nix
  ];

  config.assertions = lib.mkIf (cfg.enable && cfg.collector.enable) [
    {
      assertion = cfg.data.collector or null != null;
      message = "server.monitoring.collector.enable is true, but there is no host data for a collector: set server.monitoring.data to what `render` wrote for this host, with this host as monitoringPrimaryHost.";
    }
  ];
}
