# blackbox_exporter: looks at each virtual host as a visitor does. On the monitoring primary only, for its own Prometheus.
{ config, lib, pkgs, ... }:
let
  cfg = config.server.monitoring;
  collector = cfg.data.collector or null;
in
{
  config = lib.mkIf (cfg.running ? blackbox) {
    assertions = [
      {
        assertion = collector != null;
        message = "server.monitoring.exporters.blackbox.enable is true, but the host data has no probes: it is for the host that collects.";
      }
    ];
    services.prometheus.exporters.blackbox.configFile =
      pkgs.writeText "blackbox.yml" (builtins.toJSON (if collector == null then { modules = { }; } else collector.blackbox));
  };
}
