# services.caddy -> caddy.service and its Caddyfile
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.caddy;
  block = head: body: "${head} {\n${body}\n}\n";
  fileName = lib.replaceStrings [ "/" " " ] [ "_" "_" ];

  site = { name, ... }: {
    options = {
      hostName = option t.str name;
      serverAliases = option (t.listOf t.str) [ ];
      listenAddresses = option (t.listOf t.str) [ ];
      useACMEHost = option (t.nullOr t.str) null;
      extraConfig = option t.lines "";
      logFormat = option (t.nullOr t.lines) "output file ${cfg.logDir}/access-${fileName name}.log";
    };
  };
  siteText = s: block (lib.concatStringsSep " " ([ s.hostName ] ++ s.serverAliases)) (
    lib.optionalString (s.listenAddresses != [ ]) "bind ${lib.concatStringsSep " " s.listenAddresses}\n"
    + lib.optionalString (s.logFormat != null) (block "log" s.logFormat)
    + s.extraConfig
  );
  text =
    block "" (lib.optionalString (cfg.email != null) "email ${cfg.email}\n" + block "log" cfg.logFormat + cfg.globalConfig)
    + cfg.extraConfig + lib.concatMapStrings siteText (lib.attrValues cfg.virtualHosts);
  path = "/etc/caddy/caddy_config";
in
{
  options.services.caddy = {
    enable = option t.bool false;
    package = option t.package pkgs.caddy;
    user = option t.str "caddy";
    group = option t.str "caddy";
    dataDir = option t.path "/var/lib/caddy";
    logDir = option t.path "/var/log/caddy";
    logFormat = option t.lines "level ERROR";
    email = option (t.nullOr t.str) null;
    enableReload = option t.bool true;
    openFirewall = option t.bool false;
    globalConfig = option t.lines "";
    extraConfig = option t.lines "";
    virtualHosts = option (t.attrsOf (t.submodule site)) { };
  };

  config = lib.mkIf cfg.enable {
    users.users.${cfg.user} = { isSystemUser = true; inherit (cfg) group; home = cfg.dataDir; createHome = true; };
    users.groups.${cfg.group} = { };
    networking.firewall.allowedTCPPorts = lib.optionals cfg.openFirewall [ 80 443 ];
    environment.etc."caddy/caddy_config".text = text;
    # `validate` would open the log files, as root: then Caddy could not
    sandbox.checks = [ { name = "caddy adapt"; command = [ "caddy" "adapt" "--config" path "--adapter" "caddyfile" ]; } ];
    systemd.services.caddy = {
      description = "Caddy";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];
      ${if cfg.enableReload then "reloadTriggers" else "restartTriggers"} = [ (pkgs.writeText "Caddyfile" text) ];
      serviceConfig = {
        Type = "notify";
        ExecStart = "${cfg.package}/bin/caddy run --config ${path} --adapter caddyfile";
        ExecReload = "${cfg.package}/bin/caddy reload --config ${path} --adapter caddyfile --force";
        User = cfg.user;
        Group = cfg.group;
        StateDirectory = "caddy";
        LogsDirectory = "caddy";
        Restart = "on-failure";
        RestartSec = "5s";
        TimeoutStopSec = "5s";
        NoNewPrivileges = true;
        PrivateDevices = true;
        ProtectHome = true;
        AmbientCapabilities = [ "CAP_NET_BIND_SERVICE" ];
        CapabilityBoundingSet = [ "CAP_NET_BIND_SERVICE" ];
      };
    };
  };
}
