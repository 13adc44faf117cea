# services.loki -> loki.service
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.loki;
  file = if cfg.configFile != null then cfg.configFile else pkgs.writeText "config.json" (builtins.toJSON cfg.configuration);
in
{
  options.services.loki = {
    enable = option t.bool false;
    package = option t.package pkgs.grafana-loki;
    user = option t.str "loki";
    group = option t.str "loki";
    dataDir = option t.path "/var/lib/loki";
    configuration = option t.anything { };
    configFile = option (t.nullOr t.path) null;
    extraFlags = option (t.listOf t.str) [ ];
  };

  config = lib.mkIf cfg.enable {
    users.users.${cfg.user} = { isSystemUser = true; inherit (cfg) group; home = cfg.dataDir; createHome = true; };
    users.groups.${cfg.group} = { };
    sandbox.store = lib.optional (lib.isAttrs file) file;
    # as on NixOS, flags of one's own switch the check off
    sandbox.checks = lib.optional (cfg.extraFlags == [ ]) { name = "loki -verify-config"; command = [ "loki" "-verify-config" "-config.file=${file}" ]; };
    systemd.services.loki = {
      description = "Loki";
      wantedBy = [ "multi-user.target" ];
      serviceConfig = {
        ExecStart = "${cfg.package}/bin/loki --config.file=${file} ${lib.concatStringsSep " " cfg.extraFlags}";
        Restart = "always";
        PrivateTmp = true;
        ProtectHome = true;
        ProtectSystem = "full";
        NoNewPrivileges = true;
        User = cfg.user;
        Group = cfg.group;
        StateDirectory = lib.removePrefix "/var/lib/" cfg.dataDir;
        WorkingDirectory = cfg.dataDir;
      };
    };
  };
}
