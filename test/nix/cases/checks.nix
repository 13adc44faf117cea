# Values that a host sets itself, in bad form: each is refused by option, value and wanted form. Every row has its control, the same with
# a good value. The forms themselves: values.nix.
{ lib, evaluate, holds, same, hosts, ... }:
let
  failures = modules: map (a: a.message) (lib.filter (a: !a.assertion) (evaluate modules).config.assertions);
  plain = module: [ ../../../modules/nixos/server/monitoring { networking.nftables.enable = true; networking.hostName = "x"; } module ];
  monitoring = path: value: { server.monitoring = lib.setAttrByPath (lib.splitString "." path) value; };
  site = name: upstream: { server.proxy.virtualHosts.${name} = { inherit upstream; access = "public"; }; };
  scrape = more: monitoring "scrapes" [ ({ job = "app"; port = 8080; } // more) ];

  # option as the message names it, how it is set, a bad value, a good one, the form as the message names it
  rows = [
    [ "server.monitoring.retention.metrics" (monitoring "retention.metrics") "90" "90d" "a duration of a day or more" ]
    [ "server.monitoring.retention.metrics" (monitoring "retention.metrics") "12h" "24h" "a duration of a day or more" ]
    [ "server.monitoring.retention.logs" (monitoring "retention.logs") "1d1w" "1w1d" "a duration of a day or more" ]
    [ "server.monitoring.retention.metricsSize" (monitoring "retention.metricsSize") "50 GB" "50GB" "a size such as 512MB" ]
    [ "server.monitoring.network.address" (monitoring "network.address") "nixserv" "192.0.2.1" "an IPv4 or IPv6 address" ]
    [ "server.monitoring.network.monitoringPrimary" (monitoring "network.monitoringPrimary") "192.0.2.1/24" "192.0.2.1" "an IPv4 or IPv6 address" ]
    [ "server.monitoring.network.ioPrimary" (monitoring "network.ioPrimary") "fd00:::1" "fd00::1" "an IPv4 or IPv6 address" ]
    [ "server.monitoring.network.lan" (range: monitoring "network.lan" [ range ]) "192.0.2.0" "192.0.2.0/24" "a range" ]
    [ "server.proxy.virtualHosts" (name: site name "127.0.0.1:80") "https://app.invalid" "app.invalid" "a domain name" ]
    [ "server.proxy.virtualHosts.\"app.invalid\".upstream" (site "app.invalid") "127.0.0.1" "127.0.0.1:80" "host:port" ]
    [ "server.monitoring.scrapes, job app: path" (path: scrape { inherit path; }) "metrics" "/metrics" "a path that begins with /" ]
    [ "server.monitoring.scrapes, job app: bearerTokenSecret" (bearerTokenSecret: scrape { inherit bearerTokenSecret; }) "A/B" "A" "a name of letters" ]
  ];
  run = row:
    let
      option = lib.head row;
      set = lib.elemAt row 1;
      bad = lib.elemAt row 2;
      good = lib.elemAt row 3;
      words = [ option "is ${builtins.toJSON bad}" "wanted ${lib.last row}" ];
      found = failures (plain (set bad));
    in
    [
      (holds "${builtins.toJSON bad} is refused: ${option}" (lib.any (message: lib.all (word: lib.hasInfix word message) words) found) // { got = found; })
      (same "and ${builtins.toJSON good} is not: ${option}" (lib.filter (lib.hasInfix " is ${builtins.toJSON good}, wanted") (failures (plain (set good)))) [ ])
    ];

  shared = sentence: wanted: modules: same sentence (lib.filter (lib.hasInfix "a port of its own") (failures modules)) wanted;
  ports = values: { server.monitoring.exporters = lib.mapAttrs (_: port: { inherit port; }) values; };
in
lib.concatMap run rows ++ [
  (shared "two exporters on one port are refused by both names" [ "server.monitoring.exporters.alloy.port and server.monitoring.exporters.node.port are all 9555, wanted a port of its own for each." ]
    (plain (ports { node = 9555; alloy = 9555; })))
  (shared "two ports are not, nor is one of an exporter that is off" [ ]
    (plain (ports { node = 9555; alloy = 9556; redis = 9555; })))
  (shared "an exporter on the port of a Redis instance is refused" [ "server.monitoring.exporters.redis.port and server.database.redis.\"sessions\".port are all 6380, wanted a port of its own for each." ]
    [ hosts.io (ports { redis = 6380; }) ])
  (shared "a free scrape of the port of a collector is refused" [ "prometheus of server.monitoring.collector and the port of job own in server.monitoring.scrapes are all 9090, wanted a port of its own for each." ]
    [ hosts.primary (monitoring "scrapes" [ { job = "own"; port = 9090; } ]) ])
  (holds "with monitoring off nothing is checked" (failures (plain { server.monitoring = { enable = false; retention.metrics = "90"; }; }) == [ ]))
]
