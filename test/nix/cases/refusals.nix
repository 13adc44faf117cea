# What is wrong is refused, in words that say what to do.
{ lib, evaluate, holds, hosts, ... }:
let
  failures = modules: map (a: a.message) (lib.filter (a: !a.assertion) (evaluate modules).config.assertions);
  refused = sentence: words: modules:
    let found = failures modules; in
    holds sentence (lib.any (message: lib.all (word: lib.hasInfix word message) words) found) // { got = found; };
  warnings = modules: (evaluate modules).config.warnings;
  monitoring = ../../../modules/nixos/server/monitoring;
  fixture = lib.importJSON ../../../build/nix-fixtures/nixmon.json;
  plain = module: [ monitoring { networking.nftables.enable = true; networking.hostName = "x"; } module ];
  thrown = v: !(builtins.tryEval (builtins.deepSeq v v)).success;
  pkgs = import ../../../sandbox/nix/packages.nix { inherit lib; };
  old = name: version: { services.prometheus = if name == "prometheus" then { package = pkgs.prometheus // { inherit version; }; } else { ${name}.package = pkgs.prometheus-alertmanager // { inherit version; }; }; };
  unversioned = name: { services.prometheus.package = lib.mkForce (removeAttrs pkgs.prometheus [ "version" ] // { inherit name; }); };
  noTalk = { server.monitoring.collector.alerting.nextcloudTalk.enable = false; };
  # name -> version that tools.sh takes from the PATH
  pins = lib.listToAttrs (map (row: lib.nameValuePair (lib.head row) (builtins.elemAt row 2))
    (lib.filter (row: lib.length row > 2) (map (lib.splitString "\t") (lib.splitString "\n" (builtins.readFile ../../../tools/pins.tsv)))));
  units = modules: (evaluate modules).config.sandbox.system.units;
in
[
  (refused "services.promtail is answered with what to do" [ "services.promtail" "services.alloy" "end of life" ] (plain { services.promtail.enable = true; }))
  (refused "so is server.monitoring.logs.promtail" [ "server.monitoring.logs.promtail" "services.alloy" ] (plain { server.monitoring.logs.promtail.enable = true; }))
  (holds "a host that sets neither hears nothing of Promtail" (failures [ hosts.exporter ] == [ ]))
  (refused "host data of another host is refused" [ "nixserv" "nixdev" ] [ hosts.exporter { networking.hostName = lib.mkForce "nixdev"; } ])
  (refused "host data of another version is refused" [ "schema 2" "wanted 1" ] [ hosts.primary { server.monitoring.data = lib.mkForce (fixture // { schema = 2; }); } ])
  (refused "a collector without host data is refused" [ "collector.enable" "render" ] (plain { server.monitoring.collector.enable = true; }))
  (refused "an exporter without its PostgreSQL is refused" [ "exporters.postgres.enable" "services.postgresql.enable" ] (plain { server.monitoring.exporters.postgres.enable = true; }))
  (refused "an exporter without its Redis is refused" [ "exporters.redis.enable" "services.redis.servers" ] (plain { server.monitoring.exporters.redis.enable = true; }))
  (refused "a Redis instance that the host does not have is refused" [ "sessions" "6399" "services.redis.servers" ]
    [ hosts.io { services.redis.servers.sessions.port = lib.mkForce 6399; } ])
  (refused "an exporter without its Caddy is refused" [ "exporters.caddy.enable" "services.caddy.enable" ] (plain { server.monitoring.exporters.caddy.enable = true; }))
  (refused "a LAN site without a LAN is refused" [ "access \"lan\"" "network.lan" ] (plain { server.proxy.virtualHosts."site.invalid".upstream = "127.0.0.1:1"; }))
  (refused "logs that the host data knows nothing of are refused" [ "logs.enable" "host data" ] [ hosts.primary { server.monitoring.data = lib.mkForce (fixture // { alloy = null; }); } ])
  (refused "an integration that the host data knows nothing of is refused" [ "homeAssistant.enable" "home-assistant" ]
    [ hosts.primary { server.monitoring.data = lib.mkForce (lib.recursiveUpdate fixture { collector.alertmanager.receivers = [ { name = "nobody"; } ]; }); } ])
  (refused "an identity host without Kanidm is refused" [ "identityHost" "services.kanidm serves nothing" "identity.external" ]
    [ hosts.identity { services.kanidm.server.enable = lib.mkForce false; } ])
  (refused "a Kanidm that calls itself otherwise is refused" [ "https://auth.sandbox.test" "https://idm.invalid" "identity.url" ]
    [ hosts.identity { services.kanidm.server.settings = lib.mkForce { domain = "idm.invalid"; origin = "https://idm.invalid"; }; } ])
  (refused "a redirect that Grafana does not send is refused" [ "https://grafana.example.test/login/generic_oauth" "https://grafana.invalid/" "originUrl" ]
    [ hosts.identity { services.kanidm.provision.systems.oauth2.grafana.originUrl = lib.mkForce "https://grafana.invalid/"; } ])
  (holds "a second redirect beside the right one is not" (failures [ hosts.identity {
    services.kanidm.provision.systems.oauth2.grafana.originUrl = lib.mkForce [ "https://grafana.invalid/" "https://grafana.example.test/login/generic_oauth" ];
  } ] == [ ]))
  (refused "a Prometheus with known holes is refused" [ "services.prometheus.package" "3.5.0" "3.11.3" ] [ hosts.primary (old "prometheus" "3.5.0") ])
  (refused "an Alertmanager that cannot post to Talk is refused" [ "alertmanager.package" "0.31.1" "Nextcloud Talk" ] [ hosts.primary (old "alertmanager" "0.31.1") ])
  (holds "and without Talk it is not" (failures [ hosts.primary (old "alertmanager" "0.31.1") noTalk ] == [ ]))
  (refused "an Alertmanager with known holes is refused, with Talk or without" [ "alertmanager.package" "0.25.0" "0.26.0" "holes" ] [ hosts.primary (old "alertmanager" "0.25.0") noTalk ])
  (holds "and the first without them is not" (failures [ hosts.primary (old "alertmanager" "0.26.0") noTalk ] == [ ]))
  (refused "a package that has its version in its name alone is judged by that" [ "services.prometheus.package" "2.55.1" "3.11.3" ] [ hosts.primary (unversioned "prometheus-2.55.1") ])
  (holds "of one that has none it is said that nobody checks it" (failures [ hosts.primary (unversioned "prometheus") ] == [ ] && lib.any (lib.hasInfix "services.prometheus.package does not say its version") (warnings [ hosts.primary (unversioned "prometheus") ])))
  (holds "and of one that has it nothing is said" (warnings [ hosts.primary ] == [ ]))
  (holds "the sandbox's packages are as old as the toolchain allows" (lib.all (p: pins.${p.name} == p.version) [
    { name = "prometheus"; inherit (pkgs.prometheus) version; }
    { name = "alertmanager"; inherit (pkgs.prometheus-alertmanager) version; }
  ]))
  (refused "two free scrapes of one job are refused" [ "scrapes" "app" ] (plain { server.monitoring.scrapes = [ { job = "app"; port = 1; } { job = "app"; port = 2; } ]; }))
  (refused "a free scrape with an exporter's job is refused" [ "scrapes" "node" ] (plain { server.monitoring.scrapes = [ { job = "node"; port = 1; } ]; }))
  (refused "a free scrape whose token the primary does not have is refused" [ "scrapes" "OTHER" ]
    [ hosts.exporter { server.monitoring.scrapes = [ { job = "other"; port = 1; bearerTokenSecret = "OTHER"; } ]; } ])
  (holds "and one without a token, set on the host, is not" (failures [ hosts.exporter { server.monitoring.scrapes = [ { job = "other"; port = 1; } ]; } ] == [ ]))
  (holds "an unknown option is refused" (thrown (units (plain { server.monitoring.exporter.node.enable = true; }))))
  (holds "an unknown exporter is refused" (thrown (units (plain { server.monitoring.exporters.nodes.enable = true; }))))
  (holds "a value of the wrong type is refused" (thrown (units (plain { server.monitoring.exporters.node.port = "9100"; }))))
  (holds "an unknown key of a scrape config is refused" (thrown (units (plain { services.prometheus = { enable = true; scrapeConfigs = [ { job_name = "x"; follow_redirects = true; } ]; }; }))))
  (holds "and the same configurations without the mistake are not" (!(thrown (units (plain { server.monitoring.exporters.node.port = 9100; })))))
]
