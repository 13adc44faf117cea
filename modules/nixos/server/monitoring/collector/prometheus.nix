# Prometheus: scrape configs, rules and where alerts go are the host data's.
{ config, lib, pkgs, ... }:
let
  cfg = config.server.monitoring;
  row = cfg.running.prometheus or null;
  collector = cfg.data.collector or null;
  told = collector.prometheus;

  # who deploys without Pulumi brings the targets of all hosts as files
  folder = cfg.rendered + "/targets";
  rendered = lib.optionals (cfg.rendered != null && builtins.pathExists folder) (lib.filter (lib.hasSuffix ".json") (lib.attrNames (builtins.readDir folder)));

  # Probes of every host's sites name the port that the data was made with; this host may have moved its blackbox exporter.
  asked = cfg.data.monitoring.exporters.blackbox.port or null;
  moved = cfg.running.blackbox.port or asked;
  follow = job: job // lib.optionalAttrs (moved != asked) {
    relabel_configs = job.relabel_configs or [ ] ++ [
      { source_labels = [ "__address__" ]; regex = "127\\.0\\.0\\.1:${toString asked}"; target_label = "__address__"; replacement = "127.0.0.1:${toString moved}"; }
    ];
  };
in
{
  config = lib.mkIf (row != null && collector != null) {
    services.prometheus = {
      enable = true;
      inherit (row) port;
      listenAddress = row.bind;
      # a changed rule or target must not cost a restart
      enableReload = true;
      # token files are not there at build time; the rules are checked all the same
      checkConfig = "syntax-only";
      retentionTime = cfg.retention.metrics;
      extraFlags = [ "--storage.tsdb.retention.size=${cfg.retention.metricsSize}" ];
      globalConfig = told.global;
      scrapeConfigs = map follow told.scrape_configs;
      ruleFiles = lib.mapAttrsToList (name: groups: pkgs.writeText name (builtins.toJSON groups)) collector.rules;
      alertmanagers = lib.optionals cfg.collector.alerting.enable (told.alerting.alertmanagers or [ ]);
    };
    # one file for each host: a new host is a new file, without a rebuild
    systemd.tmpfiles.settings.nixmon = {
      "/var/lib/nixmon/targets".d = { mode = "0755"; user = "root"; group = "root"; };
    } // lib.genAttrs (map (name: "/var/lib/nixmon/targets/${name}") rendered) (path: { "L+".argument = "${folder + "/${baseNameOf path}"}"; });
  };
}
