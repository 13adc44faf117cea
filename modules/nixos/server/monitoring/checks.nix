# What a host sets is checked as plan/validate.ts checks a stack: without Pulumi, or set on the host alone, a bad value would otherwise
# show as a service that does not start, or as data that are deleted too early.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  forms = import ./forms.nix { inherit lib; };
  check = form: option: value: { assertion = form.is value; message = "${option} is ${builtins.toJSON value}, wanted ${form.want}."; };
  set = form: option: value: lib.optional (value != null) (check form option value);
  each = set: f: lib.concatLists (lib.mapAttrsToList f set);

  site = name: { upstream, ... }: [
    (check forms.domain "a name in server.proxy.virtualHosts" name)
    (check forms.upstream "server.proxy.virtualHosts.\"${name}\".upstream" upstream)
  ];
  scrape = { job, path, bearerTokenSecret, ... }:
    let option = name: "server.monitoring.scrapes, job ${job}: ${name}"; in
    [ (check forms.path (option "path") path) ] ++ set forms.secretName (option "bearerTokenSecret") bearerTokenSecret;
  addresses = lib.concatMap (name: set forms.address "server.monitoring.network.${name}" cfg.network.${name}) [ "address" "monitoringPrimary" "ioPrimary" ];

  # Everything that wants a port here. Loopback counts: most daemons also listen there.
  claims = map
    (row: { inherit (row) port; by = if row.kind == "exporter" then "server.monitoring.exporters.${row.name}.port" else "${row.name} of server.monitoring.collector"; })
    (lib.attrValues cfg.running)
  ++ lib.mapAttrsToList (name: redis: { inherit (redis) port; by = "server.database.redis.\"${name}\".port"; })
    (lib.filterAttrs (_: redis: redis.port != 0) config.server.database.redis)
  ++ map ({ job, port, ... }: { inherit port; by = "the port of job ${job} in server.monitoring.scrapes"; }) cfg.scrapes;
  by = port: map (claim: claim.by) (lib.filter (claim: claim.port == port) claims);
  ports = map
    (port: {
      assertion = lib.length (by port) < 2;
      message = "${lib.concatStringsSep " and " (by port)} are all ${toString port}, wanted a port of its own for each.";
    })
    (lib.unique (map (claim: claim.port) claims));
in
{
  config.assertions = lib.mkIf cfg.enable (
    [
      (check forms.retention "server.monitoring.retention.metrics" cfg.retention.metrics)
      (check forms.retention "server.monitoring.retention.logs" cfg.retention.logs)
      (check forms.size "server.monitoring.retention.metricsSize" cfg.retention.metricsSize)
    ]
    ++ addresses
    ++ map (check forms.range "a range in server.monitoring.network.lan") cfg.network.lan
    ++ each config.server.proxy.virtualHosts site
    ++ lib.concatMap scrape cfg.scrapes
    ++ ports
  );
}
