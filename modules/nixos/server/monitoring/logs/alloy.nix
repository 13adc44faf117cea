# Grafana Alloy ships the journal (and Caddy's access logs) to Loki.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  row = cfg.running.alloy or null;
  told = cfg.data.alloy or null;
  wanted = cfg.enable && cfg.logs.enable;
in
{
  config = lib.mkMerge [
    {
      assertions = [
        {
          assertion = !wanted || cfg.data == null || told != null;
          message = "server.monitoring.logs.enable is true, but the host data has no Alloy configuration: turn logs on where the data is made, too.";
        }
      ];
      warnings = lib.optional (wanted && cfg.data == null)
        "server.monitoring.logs.enable is true, but server.monitoring.data is not set: no log is shipped, since nothing says where Loki is.";
    }
    (lib.mkIf (wanted && told != null) {
      services.alloy = {
        enable = true;
        extraFlags = [ "--disable-reporting" ] ++ lib.optional (row != null) "--server.http.listen-addr=${row.bind}:${toString row.port}";
      };
      environment.etc."alloy/config.alloy".text = told;
      # Caddy's access logs belong to its group
      systemd.services.alloy.serviceConfig.SupplementaryGroups = lib.mkIf config.services.caddy.enable [ config.services.caddy.group ];
    })
  ];
}
