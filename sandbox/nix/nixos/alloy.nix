# services.alloy -> alloy.service
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.alloy;
  files = lib.filterAttrs (name: _: lib.hasPrefix "alloy/" name && lib.hasSuffix ".alloy" name) config.environment.etc;
in
{
  options.services.alloy = {
    enable = option t.bool false;
    package = option t.package pkgs.grafana-alloy;
    configPath = option t.path "/etc/alloy";
    environmentFile = option (t.nullOr t.path) null;
    extraFlags = option (t.listOf t.str) [ ];
  };

  config = lib.mkIf cfg.enable {
    sandbox.checks = [ { name = "alloy validate"; command = [ "alloy" "validate" cfg.configPath ]; } ];
    systemd.services.alloy = {
      description = "Alloy";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];
      reloadTriggers = lib.mapAttrsToList (name: f: pkgs.writeText (baseNameOf name) f.text) files;
      serviceConfig = {
        Restart = "always";
        RestartSec = "2s";
        DynamicUser = true;
        StateDirectory = "alloy";
        WorkingDirectory = "%S/alloy";
        SupplementaryGroups = [ "systemd-journal" ];
        EnvironmentFile = lib.optional (cfg.environmentFile != null) cfg.environmentFile;
        ExecStart = "${cfg.package}/bin/alloy run ${cfg.configPath} ${lib.concatStringsSep " " cfg.extraFlags}";
        ExecReload = "${pkgs.coreutils}/bin/kill -SIGHUP $MAINPID";
      };
    };
  };
}
