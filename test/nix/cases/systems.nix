# What the four kinds of hosts get.
{ lib, evaluate, same, holds, hosts, ... }:
let
  systemOf = host: (evaluate [ hosts.${host} ]).config.sandbox.system;
  primary = systemOf "primary";
  io = systemOf "io";
  identity = systemOf "identity";
  exporter = systemOf "exporter";
  trusting = (evaluate [ hosts.primary { server.monitoring.data = lib.mkForce (lib.recursiveUpdate (lib.importJSON ../../../build/nix-fixtures/nixmon.json) { collector.authorities = [ "a certificate" ]; }); } ]).config.sandbox.system;
  units = system: lib.attrNames system.units;
  lines = system: file: lib.filter (l: l != "") (lib.splitString "\n" system.etc."nixmon/${file}".text);
  manifest = system: builtins.fromJSON system.etc."nixmon/manifest.json".text;
  has = text: system: unit: lib.hasInfix text system.units.${unit};
  stored = system: part: lib.concatStrings (lib.mapAttrsToList (name: f: lib.optionalString (lib.hasInfix part name) f.text) system.etc);
  rules = system: lib.filter (lib.hasInfix "saddr") (map lib.trim (lib.splitString "\n" system.nftables));
  caddyfile = io.etc."caddy/caddy_config".text;
  dollars = (evaluate [ hosts.primary { server.monitoring.data = lib.mkForce (lib.recursiveUpdate (lib.importJSON ../../../build/nix-fixtures/nixmon.json) { collector.alertmanager.global.note = "{{ $x }} $$"; }); } ]).config;
  ipv6 = (evaluate [ hosts.exporter { server.monitoring.network = { address = "fd00::5"; monitoringPrimary = "fd00::2"; }; } ]).config.sandbox.system;
  iptables = (evaluate [ hosts.exporter { networking.nftables.enable = lib.mkForce false; } ]).config;
in
[
  (same "an ordinary host gets node exporter, state of NixOS and log shipper, nothing else" (units exporter)
    [ "alloy.service" "nixmon-nixos-state.service" "nixmon-nixos-state.timer" "nixmon-recover.service" "prometheus-node-exporter.service" ])
  (same "the primary gets the collectors, probes and the Proxmox exporter" (units primary) [
    "alertmanager.service" "alloy.service" "grafana.service" "loki.service" "nixmon-nixos-state.service" "nixmon-nixos-state.timer" "nixmon-pve-config.service" "nixmon-recover.service" "prometheus-blackbox-exporter.service"
    "prometheus-node-exporter.service" "prometheus-pve-exporter.service" "prometheus.service"
  ])
  # nixpkgs' image modules leave the name to Proxmox
  (same "a machine made of a template, without a name in its configuration, gets what its host data is for" (map (h: units (evaluate [ hosts.${h} { networking.hostName = lib.mkForce ""; } ]).config.sandbox.system) (lib.attrNames hosts))
    (map (h: units (systemOf h)) (lib.attrNames hosts)))
  (holds "the identity host gets Grafana's client" (lib.hasInfix "grafana_role" identity.etc."kanidm/provision.json".text))
  (holds "and Kanidm reads its secret by credential" (has "LoadCredential=KANIDM_OAUTH2_GRAFANA_SECRET:/var/lib/nixmon/secrets/KANIDM/OAUTH2/GRAFANA_SECRET" identity "kanidm.service"))
  (holds "an authority of one's own is trusted by the primary" (lib.hasInfix "a certificate" trusting.etc."ssl/certs/ca-certificates.crt".text))
  (same "and whoever looks at the bundle is restarted by another one" (lib.filter (unit: trusting.units.${unit} != primary.units.${unit}) (units trusting))
    [ "alertmanager.service" "grafana.service" "prometheus-blackbox-exporter.service" "prometheus-pve-exporter.service" ])
  (holds "the Proxmox exporter, whose Python has a list of its own, verifies by the system's" (has "\"REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt\"" primary "prometheus-pve-exporter.service"))
  (holds "with an authority of one's own, it does not ask of it what Proxmox' own lacks" (has "\"PYTHONPATH=/etc/nixmon/python\"" trusting "prometheus-pve-exporter.service" && lib.hasInfix "VERIFY_X509_STRICT" trusting.etc."nixmon/python/sitecustomize.py".text))
  (holds "and otherwise it does" (!(has "PYTHONPATH" primary "prometheus-pve-exporter.service") && !(primary.etc ? "nixmon/python/sitecustomize.py")))
  (holds "and is told of none where it must not verify" (!(has "REQUESTS_CA_BUNDLE" (evaluate [ hosts.primary { server.monitoring.collector.proxmox.verifyTls = false; } ]).config.sandbox.system "prometheus-pve-exporter.service")))
  (holds "without one nothing is set" (!(primary.etc ? "ssl/certs/ca-certificates.crt")))
  (same "no assertion fails on any of them" (lib.concatMap (h: lib.filter (a: !a.assertion) (evaluate [ hosts.${h} ]).config.assertions) (lib.attrNames hosts)) [ ])

  (same "the manifest names host and payload" { inherit (manifest primary) schema host hash; } { schema = 1; host = "nixmon"; hash = "0000"; })
  (same "the manifest lists each Redis instance" (map (e: [ e.name e.path (e.params.target or null) ]) (lib.filter (e: e.job == "redis") (manifest io).exporters))
    [ [ "redis" "/metrics" null ] [ "redis:sessions" "/scrape" "redis://127.0.0.1:6380" ] ])
  (same "the gate of an ordinary host" (lines exporter "gate") [
    "unit\ttolerated\talloy.service"
    "unit\tgating\tprometheus-node-exporter.service"
    "metric\ttolerated\talloy\thttp://10.0.0.5:12345/metrics\talloy_build_info"
    "metric\tgating\tnode\thttp://10.0.0.5:9100/metrics\tnode_load1"
    "ready\ttolerated\talloy\thttp://10.0.0.5:12345/-/ready"
  ])
  (holds "the gate of the primary waits for the collectors" (lib.all (l: lib.elem l (lines primary "gate")) [
    "ready\tgating\tprometheus\thttp://10.0.0.2:9090/-/ready"
    "ready\tgating\talertmanager\thttp://127.0.0.1:9093/-/ready"
    "ready\tgating\tloki\thttp://10.0.0.2:3100/ready"
    "ready\tgating\tgrafana\thttp://10.0.0.2:3000/api/health"
  ]))
  (holds "the table of secrets names who picks up a new value" (lib.elem "MONITORING/GRAFANA/SECRET_KEY\troot\t0400\tgrafana.service" (lines primary "secrets")))
  (same "a host without secrets has an empty table" (lines exporter "secrets") [ ])

  (same "exporters and free scrapes are open to the primary alone" (rules exporter)
    [ "ip saddr 10.0.0.2 tcp dport 12345 accept" "ip saddr 10.0.0.2 tcp dport 9100 accept" "ip saddr 10.0.0.2 tcp dport 8080 accept" ])
  (same "the manifest offers each free scrape, and names its token" (lib.filter (e: e.job == "app") (manifest exporter).exporters) [
    {
      name = "scrape:app"; job = "app"; host = "nixserv"; address = "10.0.0.5"; port = 8080; path = "/internal/metrics"; scheme = "http";
      labels.__nixmon_token__ = "APP"; params = { };
    }
  ])
  (same "on the primary Grafana and Prometheus are open to the proxy, Loki to the LAN" (rules primary)
    [ "ip saddr 10.0.0.3 tcp dport 3000 accept" "ip saddr 10.0.0.0/24 tcp dport 3100 accept" "ip saddr 10.0.0.3 tcp dport 9090 accept" ])
  (same "without nftables the same rules are iptables'" iptables.networking.firewall.extraCommands
    "iptables -A nixos-fw -p tcp -s 10.0.0.2 --dport 12345 -j nixos-fw-accept\niptables -A nixos-fw -p tcp -s 10.0.0.2 --dport 9100 -j nixos-fw-accept\niptables -A nixos-fw -p tcp -s 10.0.0.2 --dport 8080 -j nixos-fw-accept\n")
  (holds "an IPv6 address is bracketed where a port follows" (has "--web.listen-address=[fd00::5]:9100" ipv6 "prometheus-node-exporter.service"))
  (same "and has rules of its own family" (lib.head (rules ipv6)) "ip6 saddr fd00::2 tcp dport 12345 accept")
  (holds "node exporter listens on the host's own address" (has "--web.listen-address=10.0.0.5:9100" exporter "prometheus-node-exporter.service"))
  (holds "Alertmanager opens no cluster port" (has "--web.listen-address=127.0.0.1:9093" primary "alertmanager.service" && has "--cluster.listen-address=\n" primary "alertmanager.service"))
  (same "a dollar sign reaches Alertmanager through envsubst" dollars.services.prometheus.alertmanager.configuration.global.note "{{ $$x }} $$$$")
  (holds "Prometheus keeps metrics by time and by size" (has "--storage.tsdb.retention.time=90d --storage.tsdb.retention.size=50GB" primary "prometheus.service"))
  (holds "a changed Prometheus configuration is a reload" (has "X-Reload-Triggers=" primary "prometheus.service" && has "--config.file=/etc/prometheus/prometheus.yaml" primary "prometheus.service"))
  (holds "Grafana reads its key by credential" (lib.hasInfix "secret_key=$__file{/run/credentials/grafana.service/MONITORING_GRAFANA_SECRET_KEY}" (stored primary "config.ini")))

  (holds "Caddy's admin API stays on localhost, its metrics have a site on the host's address" (lib.hasInfix "http://10.0.0.3:2019 {\nbind 10.0.0.3\n" caddyfile && !(lib.hasInfix "admin" caddyfile)))
  (holds "a LAN site refuses others" (lib.hasInfix "@outside not remote_ip 10.0.0.0/24\nrespond @outside" caddyfile))
  (holds "the IO primary serves every site of the cluster" (lib.all (s: lib.hasInfix "${s} {" caddyfile) [ "app.example.test" "grafana.example.test" "prometheus.example.test" "loki.example.test" "http://app.sandbox.test" ]))
  (holds "the PostgreSQL role has the system user's name and may read statistics" (lib.hasInfix "GRANT pg_monitor TO \"postgres-exporter\"" (stored io "postgres-role") && has "User=postgres-exporter" io "prometheus-postgres-exporter.service"))
  (holds "Redis' password stays in a file" (has "LoadCredential=password-default:/var/lib/app-secrets/redis" io "prometheus-redis-exporter.service"))
  (holds "another password of Redis restarts its exporter" (has "PathChanged=/var/lib/app-secrets/redis" io "prometheus-redis-exporter-passwords.path" && has "try-restart prometheus-redis-exporter.service" io "prometheus-redis-exporter-passwords.service"))
  (holds "the Proxmox login is made at start, from credentials" (has "LoadCredential=configFile:/run/nixmon-pve/pve.yml" primary "prometheus-pve-exporter.service" && has "LoadCredential=TOKEN_SECRET:" primary "nixmon-pve-config.service"))
]
