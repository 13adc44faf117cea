# What of the catalog runs on this host, with the port and address it settled on. Firewall, manifest and health gate derive from it.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  collects = cfg.collector.enable;
  on = row:
    cfg.enable && (
      if row.kind == "exporter" then cfg.exporters.${row.name}.enable
      else collects && (row.auto != "alerting" || cfg.collector.alerting.enable)
    );
  settle = row:
    let address = if row.listen == "loopback" || cfg.network.address == null then "127.0.0.1" else cfg.network.address; in
    row // {
      inherit address;
      # as it stands before a port
      bind = if lib.hasInfix ":" address then "[${address}]" else address;
      port = cfg.exporters.${row.name}.port or row.port;
    };
in
{
  options.server.monitoring.running = lib.mkOption {
    type = lib.types.attrsOf lib.types.raw;
    internal = true;
    readOnly = true;
    description = "Rows of exporters/catalog.json that run here, by name.";
  };

  config.server.monitoring.running =
    lib.listToAttrs (map (row: lib.nameValuePair row.name (settle row)) (lib.filter on (lib.importJSON ./exporters/catalog.json)));
}
