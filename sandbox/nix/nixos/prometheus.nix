# services.prometheus -> prometheus.service
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.prometheus;

  # strict as on NixOS: a misspelt or unknown key of a scrape config is refused
  optional = names: type: lib.genAttrs names (_: option (t.nullOr type) null);
  scrapeConfig = t.submodule {
    options = { job_name = lib.mkOption { type = t.str; }; }
      // optional [ "scrape_interval" "scrape_timeout" "metrics_path" "bearer_token_file" "body_size_limit" "proxy_url" "fallback_scrape_protocol" ] t.str
      // optional [ "honor_labels" "honor_timestamps" ] t.bool
      // optional [ "sample_limit" "label_limit" "target_limit" "label_name_length_limit" "label_value_length_limit" ] t.int
      // optional [ "authorization" "basic_auth" "tls_config" ] (t.attrsOf t.anything)
      // optional [ "static_configs" "file_sd_configs" "http_sd_configs" "dns_sd_configs" "relabel_configs" "metric_relabel_configs" ] (t.listOf (t.attrsOf t.anything))
      // optional [ "scrape_protocols" ] (t.listOf t.str)
      // optional [ "params" ] (t.attrsOf (t.listOf t.str))
      // optional [ "scheme" ] (t.enum [ "http" "https" ]);
  };

  # options that nobody set do not appear in the file
  plain = v:
    if lib.isAttrs v then lib.mapAttrs (_: plain) (lib.filterAttrs (_: x: x != null) v)
    else if lib.isList v then map plain v
    else v;
  rules = cfg.ruleFiles ++ lib.optional (cfg.rules != [ ]) (pkgs.writeText "prometheus.rules" (lib.concatStringsSep "\n" cfg.rules));
  text = builtins.toJSON (plain {
    global = cfg.globalConfig;
    scrape_configs = cfg.scrapeConfigs;
    rule_files = map toString rules;
    alerting.alertmanagers = cfg.alertmanagers;
  });
  file = pkgs.writeText "prometheus.yml" text;
  path = if cfg.enableReload then "/etc/prometheus/prometheus.yaml" else "${file}";
in
{
  options.services.prometheus = {
    enable = option t.bool false;
    package = option t.package pkgs.prometheus;
    port = option t.port 9090;
    listenAddress = option t.str "0.0.0.0";
    stateDir = option t.str "prometheus2";
    extraFlags = option (t.listOf t.str) [ ];
    enableReload = option t.bool false;
    checkConfig = option (t.either t.bool (t.enum [ "syntax-only" ])) true;
    webExternalUrl = option (t.nullOr t.str) null;
    webConfigFile = option (t.nullOr t.path) null;
    retentionTime = option (t.nullOr t.str) null;
    ruleFiles = option (t.listOf t.path) [ ];
    rules = option (t.listOf t.str) [ ];
    alertmanagers = option (t.listOf t.attrs) [ ];
    scrapeConfigs = option (t.listOf scrapeConfig) [ ];
    globalConfig = option
      (t.submodule {
        options = optional [ "scrape_interval" "scrape_timeout" "evaluation_interval" "query_log_file" ] t.str
          // { external_labels = option (t.nullOr (t.attrsOf t.str)) null; };
      })
      { };
  };

  config = lib.mkIf cfg.enable {
    users.users.prometheus = { isSystemUser = true; group = "prometheus"; };
    users.groups.prometheus = { };
    environment.etc = lib.mkIf cfg.enableReload { "prometheus/prometheus.yaml".text = text; };
    sandbox.store = lib.optional (!cfg.enableReload) file ++ lib.filter lib.isAttrs rules;
    sandbox.checks = map (rule: { name = "promtool check rules ${rule.name}"; command = [ "promtool" "check" "rules" "${rule}" ]; }) (lib.filter lib.isAttrs rules)
      ++ lib.optional (cfg.checkConfig != false) {
        name = "promtool check config";
        command = [ "promtool" "check" "config" ] ++ lib.optional (cfg.checkConfig == "syntax-only") "--syntax-only" ++ [ path ];
      };
    systemd.services.prometheus = {
      description = "Prometheus";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      reloadTriggers = lib.optional cfg.enableReload file;
      serviceConfig = {
        ExecStart = lib.concatStringsSep " " ([
          "${cfg.package}/bin/prometheus"
          "--config.file=${path}"
          "--storage.tsdb.path=/var/lib/${cfg.stateDir}/data"
          "--web.listen-address=${cfg.listenAddress}:${toString cfg.port}"
        ]
        ++ lib.optional (cfg.retentionTime != null) "--storage.tsdb.retention.time=${cfg.retentionTime}"
        ++ lib.optional (cfg.webExternalUrl != null) "--web.external-url=${cfg.webExternalUrl}"
        ++ lib.optional (cfg.webConfigFile != null) "--web.config.file=${cfg.webConfigFile}"
        ++ cfg.extraFlags);
        ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
        User = "prometheus";
        Restart = "always";
        RuntimeDirectory = "prometheus";
        RuntimeDirectoryMode = "0700";
        StateDirectory = cfg.stateDir;
        StateDirectoryMode = "0700";
        WorkingDirectory = "/var/lib/${cfg.stateDir}";
        NoNewPrivileges = true;
        PrivateTmp = true;
        ProtectHome = true;
        ProtectSystem = "full";
      };
    };
  };
}
