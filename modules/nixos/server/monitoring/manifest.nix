# The host's own word on what it runs, for the deployer (manifest.json) and for the agent's health gate (gate, secrets).
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  planned = if cfg.data == null then [ ] else cfg.data.targets;
  host = if cfg.data == null then config.networking.hostName else cfg.data.host;

  bare = row: {
    inherit (row) name job path;
    inherit host;
    scheme = "http";
    labels = { };
    params = { };
  };
  # one exporter may have several targets (`redis`, `redis:sessions`); what was not planned is offered plainly
  targetsOf = row:
    let told = lib.filter (target: target.name == row.name || lib.hasPrefix "${row.name}:" target.name) planned; in
    map (target: target // { inherit (row) address port; }) (if told == [ ] then [ (bare row) ] else told);
  rows = lib.attrValues cfg.running;
  scrapes = map
    (scrape: {
      name = "scrape:${scrape.job}";
      inherit (scrape) job port path scheme;
      inherit host;
      address = if cfg.network.address == null then "127.0.0.1" else cfg.network.address;
      # tells Prometheus which of its credentials to send
      labels = lib.optionalAttrs (scrape.bearerTokenSecret != null) { __nixmon_token__ = scrape.bearerTokenSecret; };
      params = { };
    })
    (lib.optionals cfg.enable cfg.scrapes);

  query = params: lib.optionalString (params != { }) "?${lib.concatStringsSep "&" (lib.mapAttrsToList (key: value: "${key}=${value}") params)}";
  url = row: target: "${target.scheme}://${row.bind}:${toString row.port}${target.path}${query target.params}";

  tabs = lib.concatStringsSep "\t";
  weight = row: if row.gating then "gating" else "tolerated";
  gate =
    map (row: tabs [ "unit" (weight row) row.unit ]) rows
    ++ lib.concatMap (row: map (target: tabs [ "metric" (weight row) row.name (url row target) row.proofMetric ]) (targetsOf row)) rows
    ++ map (row: tabs [ "ready" (weight row) row.name "http://${row.bind}:${toString row.port}${row.ready}" ]) (lib.filter (row: row.ready != null) rows);
in
{
  # also where monitoring is off: the deployer asks every host what it has, and "nothing" is an answer
  config = {
    environment.etc = {
      "nixmon/manifest.json".text = builtins.toJSON {
        schema = 1;
        inherit host;
        hash = cfg.payloadHash;
        exporters = lib.concatMap targetsOf rows ++ scrapes;
      };
      "nixmon/gate".text = lib.concatMapStrings (line: line + "\n") (lib.unique gate);
      "nixmon/secrets".text = lib.concatMapStrings
        (secret: tabs [ secret.key "root" "0400" (lib.concatStringsSep "," secret.units) ] + "\n")
        cfg.secrets;
    };
    # A reboot in the middle of a deployment brings the old system back by itself, since a trial is never the boot default. This puts
    # right what lies on disk. During a trial the condition holds, too: then the agent sees that somebody is at work, and does nothing.
    systemd.services.nixmon-recover = {
      description = "Clear away what a deployment that was cut short left behind";
      wantedBy = [ "multi-user.target" ];
      unitConfig.ConditionPathExists = "/var/lib/nixmon/state/pending";
      restartIfChanged = false;
      serviceConfig = { Type = "oneshot"; RemainAfterExit = true; ExecStart = "/bin/sh /var/lib/nixmon/agent recover"; };
    };
    # what is staged and kept between deployments
    systemd.tmpfiles.settings.nixmon = {
      "/var/lib/nixmon".d = { mode = "0755"; user = "root"; group = "root"; };
      "/var/lib/nixmon/secrets".d = { mode = "0700"; user = "root"; group = "root"; };
    };
  };
}
