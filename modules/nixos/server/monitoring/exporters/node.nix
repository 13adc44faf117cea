# node_exporter: the machine itself.
{ config, lib, ... }:
let
  textfiles = "/var/lib/nixmon/textfile";
in
{
  config = lib.mkIf (config.server.monitoring.running ? node) {
    services.prometheus.exporters.node = {
      # states of units, for alerts on failed ones
      enabledCollectors = [ "systemd" ];
      # jobs on this host may leave metrics as *.prom files
      # and restarts are what the alert SystemdUnitCrashLooping counts
      extraFlags = [ "--collector.textfile.directory=${textfiles}" "--collector.systemd.enable-restarts-metrics" ];
    };
    systemd.tmpfiles.settings.nixmon.${textfiles}.d = { mode = "0755"; user = "root"; group = "root"; };
  };
}
