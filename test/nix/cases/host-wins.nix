# What an option does that is set on the host, against host data that says otherwise: units, manifest, health gate and firewall follow.
{ lib, evaluate, same, holds, hosts, ... }:
let
  on = host: module: (evaluate [ hosts.${host} module ]).config;
  offered = c: map (e: e.name) (builtins.fromJSON c.environment.etc."nixmon/manifest.json".text).exporters;
  runs = unit: c: c.sandbox.system.units ? ${unit};
  gate = c: c.environment.etc."nixmon/gate".text;
  absent = name: unit: c: !(lib.elem name (offered c)) && !(lib.hasInfix "\t${name}\t" (gate c)) && !(runs unit c) && !(lib.hasInfix unit (gate c));
  receiver = name: c: lib.head (lib.filter (r: r.name == name) c.services.prometheus.alertmanager.configuration.receivers);
  silent = name: c: receiver name c == { inherit name; };
  script = c: c.systemd.services.nixmon-pve-config.script or "";

  # option -> on which kind of host, the value, and what shows that it works
  effects = {
    "enable" = { host = "primary"; value = false; shows = c: offered c == [ ] && lib.all (unit: !(runs unit c)) [ "prometheus.service" "loki.service" "grafana.service" "alertmanager.service" "alloy.service" "prometheus-node-exporter.service" ]; };
    "retention.metrics" = { host = "primary"; value = "30d"; shows = c: c.services.prometheus.retentionTime == "30d"; };
    "retention.metricsSize" = { host = "primary"; value = "1GB"; shows = c: c.services.prometheus.extraFlags == [ "--storage.tsdb.retention.size=1GB" ]; };
    "retention.logs" = { host = "primary"; value = "14d"; shows = c: c.services.loki.configuration.limits_config.retention_period == "14d"; };
    "exporters.node.enable" = { host = "exporter"; value = false; shows = absent "node" "prometheus-node-exporter.service"; };
    "exporters.caddy.enable" = { host = "io"; value = false; shows = c: !(lib.elem "caddy" (offered c)) && !(c.services.caddy.virtualHosts ? "http://10.0.0.3:2019"); };
    "exporters.postgres.enable" = { host = "io"; value = false; shows = absent "postgres" "prometheus-postgres-exporter.service"; };
    "exporters.redis.enable" = { host = "io"; value = false; shows = absent "redis" "prometheus-redis-exporter.service"; };
    "exporters.alloy.enable" = { host = "exporter"; value = false; shows = c: !(lib.elem "alloy" (offered c)) && runs "alloy.service" c; };
    "exporters.pve.enable" = { host = "primary"; value = false; shows = absent "pve" "prometheus-pve-exporter.service"; };
    "exporters.blackbox.enable" = { host = "primary"; value = false; shows = absent "blackbox" "prometheus-blackbox-exporter.service"; };
    "logs.enable" = { host = "exporter"; value = false; shows = absent "alloy" "alloy.service"; };
    "collector.enable" = { host = "primary"; value = false; shows = c: absent "prometheus" "prometheus.service" c && absent "blackbox" "prometheus-blackbox-exporter.service" c && absent "pve" "prometheus-pve-exporter.service" c; };
    "collector.grafana.kanidm.enable" = { host = "primary"; value = false; shows = c: !(c.services.grafana.settings ? "auth.generic_oauth"); };
    "collector.alerting.enable" = { host = "primary"; value = false; shows = c: absent "alertmanager" "alertmanager.service" c && c.services.prometheus.alertmanagers == [ ]; };
    "collector.alerting.homeAssistant.enable" = { host = "primary"; value = false; shows = c: silent "home-assistant" c && !(silent "nextcloud-talk" c); };
    "collector.alerting.nextcloudTalk.enable" = { host = "primary"; value = false; shows = c: silent "nextcloud-talk" c && !(silent "home-assistant" c); };
    "collector.alerting.heartbeat.enable" = { host = "primary"; value = false; shows = silent "heartbeat"; };
    "collector.proxmox.enable" = { host = "primary"; value = false; shows = absent "pve" "prometheus-pve-exporter.service"; };
    "collector.proxmox.verifyTls" = { host = "primary"; value = false; shows = c: lib.hasInfix "verify_ssl: false" (script c); };
  };
  set = option: value: { server.monitoring = lib.setAttrByPath (lib.splitString "." option) value; };
  run = option: { host, value, shows }: [
    (holds "${option} = ${builtins.toJSON value} set on the host does what it says" (shows (on host (set option value))))
    (holds "and without it the host data's ${option} does" (!(shows (on host { }))))
    (same "and no assertion fails: ${option}" (map (a: a.message) (lib.filter (a: !a.assertion) (on host (set option value)).assertions)) [ ])
  ];

  # each exporter's port, on a host that has it
  homes = { node = "exporter"; caddy = "io"; postgres = "io"; redis = "io"; alloy = "exporter"; pve = "primary"; blackbox = "primary"; };
  port = name: host:
    let c = on host (set "exporters.${name}.port" 9555); row = c.server.monitoring.running.${name}; in
    holds "exporters.${name}.port set on the host is the exporter's, the manifest's, the gate's and the firewall's"
      (lib.all (e: e.port == 9555) (lib.filter (e: e.job == row.job) (builtins.fromJSON c.environment.etc."nixmon/manifest.json".text).exporters)
        && lib.hasInfix ":9555/" (gate c)
        && lib.hasInfix "dport 9555 accept" c.networking.firewall.extraInputRules == (row.openTo == "primary")
        && lib.hasInfix ":9555" (lib.concatStrings (lib.attrValues c.sandbox.system.units) + builtins.toJSON c.services.caddy.virtualHosts));
  moved = on "primary" (set "exporters.blackbox.port" 9555);
  mine = on "io" {
    allocations.server.identityHost = "other";
    server.monitoring.network = { address = "10.0.0.33"; lan = [ "10.9.0.0/16" ]; };
    server.proxy.virtualHosts."app.example.test".access = "lan";
    server.database.postgres.own = { };
    server.monitoring.scrapes = [ { job = "own"; port = 8089; } ];
  };
  unnamed = on "io" { server.monitoring.data = lib.mkForce (lib.importJSON ../../../build/nix-fixtures/nixio.json // { postgresDatabases = [ ]; redisInstances = { }; targets = [ ]; }); };
  known = map (row: row.option) (lib.importJSON ../../cases/options.json);
in
lib.concatLists (lib.mapAttrsToList run effects)
++ lib.mapAttrsToList port homes
++ [
  (same "roles, addresses, sites, databases and scrapes set on the host win, too"
    {
      inherit (mine.allocations.server) identityHost;
      inherit (mine.server.monitoring.network) address lan;
      listens = mine.services.prometheus.exporters.node.listenAddress;
      inherit (mine.server.proxy.virtualHosts."app.example.test") access upstream;
      databases = lib.attrNames mine.server.database.postgres;
      scrapes = map (scrape: scrape.job) mine.server.monitoring.scrapes;
    }
    { identityHost = "other"; address = "10.0.0.33"; lan = [ "10.9.0.0/16" ]; listens = "10.0.0.33"; access = "lan"; upstream = "127.0.0.1:8080"; databases = [ "own" ]; scrapes = [ "own" ]; })
  (same "where the stack names no database or Redis, the host's own turn the exporters on" (lib.filter (name: lib.elem name [ "postgres" "redis" ]) (offered unnamed)) [ "postgres" "redis" ])
  (holds "and it is told that of several Redis instances one alone is scraped" (lib.any (lib.hasInfix "sessions") unnamed.warnings && (on "io" { }).warnings == [ ]))
  (same "each option of the table is tried on a host" (lib.filter (option: !(effects ? ${option})) known) [ ])
  (holds "probes find a blackbox exporter that was moved" (lib.all (job: (lib.last job.relabel_configs).replacement == "127.0.0.1:9555") moved.services.prometheus.scrapeConfigs))
  (holds "and one that was not needs no help" (lib.all (job: !((lib.last job.relabel_configs).replacement or "" == "127.0.0.1:9115")) (on "primary" { }).services.prometheus.scrapeConfigs))
]
