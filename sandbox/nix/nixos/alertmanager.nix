# services.prometheus.alertmanager -> alertmanager.service
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.prometheus.alertmanager;
  text = if cfg.configText != null then cfg.configText else builtins.toJSON cfg.configuration;
  file = pkgs.writeText "alertmanager.yml" text;
  # what the envsubst of NixOS does: a variable becomes its value (nothing, as none is set here), `$$` becomes `$`
  mark = "@dollar@";
  substitute = "sed -e 's/[$][$]/${mark}/g' -e 's/[$]{[A-Za-z_][A-Za-z0-9_]*}//g' -e 's/[$][A-Za-z_][A-Za-z0-9_]*//g' -e 's/${mark}/$/g'";
in
{
  options.services.prometheus.alertmanager = {
    enable = option t.bool false;
    package = option t.package pkgs.prometheus-alertmanager;
    configuration = option (t.nullOr t.attrs) null;
    configText = option (t.nullOr t.lines) null;
    checkConfig = option t.bool true;
    listenAddress = option t.str "";
    port = option t.port 9093;
    webExternalUrl = option (t.nullOr t.str) null;
    clusterPeers = option (t.listOf t.str) [ ];
    extraFlags = option (t.listOf t.str) [ ];
    environmentFile = option (t.nullOr t.path) null;
    openFirewall = option t.bool false;
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.configuration != null || cfg.configText != null;
        message = "services.prometheus.alertmanager needs configuration or configText.";
      }
    ];
    networking.firewall.allowedTCPPorts = lib.optional cfg.openFirewall cfg.port;
    sandbox.store = [ file ];
    sandbox.checks = lib.optional cfg.checkConfig { name = "amtool check-config"; command = [ "amtool" "check-config" "${file}" ]; };
    systemd.services.alertmanager = {
      description = "Alertmanager";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];
      preStart = "${substitute} ${file} > /tmp/alert-manager-substituted.yaml";
      serviceConfig = {
        ExecStart = lib.concatStringsSep " " ([
          "${cfg.package}/bin/alertmanager"
          "--config.file=/tmp/alert-manager-substituted.yaml"
          "--web.listen-address=${cfg.listenAddress}:${toString cfg.port}"
          "--storage.path=/var/lib/alertmanager"
        ]
        ++ lib.optional (cfg.webExternalUrl != null) "--web.external-url=${cfg.webExternalUrl}"
        ++ map (peer: "--cluster.peer=${peer}") cfg.clusterPeers
        ++ cfg.extraFlags);
        ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
        EnvironmentFile = lib.optional (cfg.environmentFile != null) cfg.environmentFile;
        DynamicUser = true;
        PrivateTmp = true;
        Restart = "always";
        StateDirectory = "alertmanager";
        WorkingDirectory = "/tmp";
        NoNewPrivileges = true;
        ProtectHome = true;
        ProtectSystem = "strict";
      };
    };
  };
}
