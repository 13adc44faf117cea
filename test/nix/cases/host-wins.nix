# An option set on the host wins over the host data.
{ lib, evaluate, same, holds, hosts, ... }:
let
  on = host: module: (evaluate [ hosts.${host} module ]).config;
  ports = config: map (e: e.port) (lib.filter (e: e.name == "node") (builtins.fromJSON config.environment.etc."nixmon/manifest.json".text).exporters);
  other = on "exporter" { server.monitoring.exporters.node.port = 9555; };
  without = on "exporter" { server.monitoring.exporters.node.enable = false; };
  retention = on "primary" { server.monitoring.retention = { metrics = "30d"; logs = "14d"; metricsSize = "1GB"; }; };
  quiet = on "primary" { server.monitoring.collector.alerting.homeAssistant.enable = false; };
  silent = on "primary" { server.monitoring.collector.alerting.enable = false; };
  local = on "primary" { server.monitoring.collector.grafana.kanidm.enable = false; };
  off = on "primary" { server.monitoring.enable = false; };
  logless = on "exporter" { server.monitoring.logs.enable = false; };
  receiver = name: config: lib.head (lib.filter (r: r.name == name) config.services.prometheus.alertmanager.configuration.receivers);
in
[
  (same "a port set on the host is the exporter's port" other.services.prometheus.exporters.node.port 9555)
  (same "a port set on the host is in the manifest" (ports other) [ 9555 ])
  (holds "a port set on the host is the one that the firewall opens" (lib.hasInfix "dport 9555 accept" other.networking.firewall.extraInputRules && !(lib.hasInfix "9100" other.networking.firewall.extraInputRules)))
  (holds "an exporter switched off on the host has no unit" (!(without.sandbox.system.units ? "prometheus-node-exporter.service")))
  (same "an exporter switched off on the host is not in the manifest" (ports without) [ ])
  (same "retention set on the host reaches Prometheus and Loki"
    {
      metrics = retention.services.prometheus.retentionTime;
      size = retention.services.prometheus.extraFlags;
      logs = retention.services.loki.configuration.limits_config.retention_period;
    }
    { metrics = "30d"; size = [ "--storage.tsdb.retention.size=1GB" ]; logs = "14d"; })
  (same "Home Assistant switched off on the host is told nothing" (receiver "home-assistant" quiet) { name = "home-assistant"; })
  (holds "and Nextcloud Talk still is" ((receiver "nextcloud-talk" quiet) ? webhook_configs))
  (same "alerting switched off on the host leaves Prometheus without an Alertmanager" silent.services.prometheus.alertmanagers [ ])
  (holds "and no Alertmanager unit" (!(silent.sandbox.system.units ? "alertmanager.service")))
  (holds "Kanidm switched off on the host leaves Grafana without its login" (!(local.services.grafana.settings ? "auth.generic_oauth")))
  (holds "logs switched off on the host leave no log shipper" (!(logless.sandbox.system.units ? "alloy.service")))
  (same "monitoring switched off on the host leaves an empty manifest" (builtins.fromJSON off.environment.etc."nixmon/manifest.json".text).exporters [ ])
  (holds "and none of its units" (lib.all (u: !(off.sandbox.system.units ? ${u})) [ "prometheus.service" "loki.service" "grafana.service" "alertmanager.service" "alloy.service" "prometheus-node-exporter.service" ]))
]
