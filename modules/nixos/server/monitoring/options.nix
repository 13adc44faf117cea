# Every option of server.monitoring. Automatic defaults look at this host's roles; host data and the host's own settings beat them.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.server.monitoring;
  roles = config.allocations.server;
  # a machine made of a template has no name in its configuration: Proxmox gives it one
  host = cfg.data.host or config.networking.hostName;
  ioPrimary = roles.ioPrimaryHost == host;
  catalog = lib.importJSON ./exporters/catalog.json;

  # the words of the catalog's column `auto`
  auto = {
    always = true;
    proxyVirtualHosts = config.server.proxy.virtualHosts != { };
    ioPrimaryWithDatabases = ioPrimary && config.server.database.postgres != { };
    ioPrimaryWithRedis = ioPrimary && config.server.database.redis != { };
    logs = cfg.logs.enable;
    proxmox = cfg.collector.enable && cfg.collector.proxmox.enable;
    collector = cfg.collector.enable;
    alerting = cfg.collector.enable && cfg.collector.alerting.enable;
  };

  switch = default: description: mkOption { type = types.bool; inherit default description; };
  text = default: description: mkOption { type = types.str; inherit default description; };
  address = description: mkOption { type = types.nullOr types.str; default = null; inherit description; };
in
{
  options.server.monitoring = {
    enable = switch true "Enable monitoring for this server. With false nothing of this module runs, whatever else is set.";

    retention = {
      metrics = text "90d" "How long Prometheus keeps metrics, a Prometheus duration of at least a day.";
      metricsSize = text "50GB" "How much disk Prometheus may use, such as 512MB or 50GB; the oldest metrics go first.";
      logs = text "90d" "How long Loki keeps logs, a Prometheus duration of at least a day.";
    };

    exporters = lib.listToAttrs (map
      (row: lib.nameValuePair row.name {
        enable = mkOption ({
          type = types.bool;
          default = auto.${row.auto};
          description = "Enable the ${row.name} exporter. ${row.shows}.";
        } // lib.optionalAttrs (row.auto != "always") { defaultText = lib.literalExpression "automatic: ${row.auto}"; });
        port = mkOption { type = types.port; default = row.port; description = "TCP port of the ${row.name} exporter."; };
      })
      (lib.filter (row: row.kind == "exporter") catalog));

    logs.enable = switch true "Ship the journal of this server to Loki (by Grafana Alloy).";

    collector = {
      enable = mkOption {
        type = types.bool;
        default = roles.monitoringPrimaryHost == host;
        defaultText = lib.literalExpression "this host is allocations.server.monitoringPrimaryHost";
        description = "Run Prometheus, Loki, Grafana and Alertmanager here.";
      };
      grafana.kanidm.enable = switch true "Let people log in to Grafana with Kanidm.";
      alerting = {
        enable = switch true "Run Alertmanager.";
        homeAssistant.enable = switch false "Send critical and warning alerts to a Home Assistant webhook.";
        nextcloudTalk.enable = switch false "Send critical alerts to a Nextcloud Talk room.";
        heartbeat.enable = switch false "Call a service elsewhere once a minute, which raises the alarm when the calls stop.";
      };
      proxmox = {
        enable = switch true "Collect metrics of Proxmox VE.";
        verifyTls = switch true "Whether the certificate of the Proxmox VE API must be valid.";
      };
    };

    scrapes = mkOption {
      default = [ ];
      description = "Metrics of this server that no exporter of the catalog has. Their ports are opened to the monitoring primary.";
      type = types.listOf (types.submodule {
        options = {
          job = mkOption { type = types.strMatching "[A-Za-z_][A-Za-z0-9_-]*"; description = "Value of the job label."; };
          port = mkOption { type = types.port; description = "TCP port on this server's address."; };
          path = text "/metrics" "Path of the metrics.";
          scheme = mkOption { type = types.enum [ "http" "https" ]; default = "http"; description = "How it is asked."; };
          bearerTokenSecret = mkOption {
            type = types.nullOr types.str;
            default = null;
            description = "Name of the bearer token that Prometheus sends. The primary has the tokens that the host data names, and no other.";
          };
        };
      });
    };

    network = {
      address = address "Address by which the other hosts reach this one; exporters listen on it. Null: on the loopback only.";
      monitoringPrimary = address "Address from which metrics are fetched; exporters are open to it alone.";
      ioPrimary = address "Address of the reverse proxy; Prometheus and Grafana are open to it alone.";
      lan = mkOption { type = types.listOf types.str; default = [ ]; description = "Ranges that count as LAN, CIDR."; };
    };

    rendered = mkOption {
      type = types.nullOr types.path;
      default = null;
      description = "Folder that `render` wrote for this host: its host data and, on the monitoring primary, dashboards and scrape targets. For clusters without Pulumi, which brings all three itself.";
    };
    data = mkOption {
      type = types.nullOr (types.either types.path types.attrs);
      default = if cfg.rendered == null then null else cfg.rendered + "/host.json";
      defaultText = lib.literalExpression "host.json of server.monitoring.rendered";
      apply = data: if data == null || lib.isAttrs data then data else lib.importJSON data;
      description = "Host data of this host (a file host.json or its content). Options set on the host win over it.";
    };
    payloadHash = mkOption {
      type = types.nullOr types.str;
      default = null;
      apply = hash: if hash == null then null else lib.removeSuffix "\n" hash;
      description = "Hash of the pushed files that this configuration was made of; named in the manifest.";
    };
  };
}
