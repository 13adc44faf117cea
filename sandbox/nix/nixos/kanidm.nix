# services.kanidm -> kanidm.service, its server.toml, and what is to be provisioned, as provision.json beside it
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.kanidm;
  toml = lib.concatLines (lib.mapAttrsToList (key: v: "${key} = ${builtins.toJSON v}") (lib.filterAttrs (_: v: v != null) cfg.server.settings));
  provision = builtins.toJSON { inherit (cfg.provision) groups persons systems; };
  client = {
    present = option t.bool true;
    public = option t.bool false;
    displayName = lib.mkOption { type = t.str; };
    originUrl = lib.mkOption { type = t.either t.str (t.listOf t.str); };
    originLanding = lib.mkOption { type = t.str; };
    basicSecretFile = option (t.nullOr t.path) null;
    preferShortUsername = option t.bool false;
    enableLegacyCrypto = option t.bool false;
    allowInsecureClientDisablePkce = option t.bool false;
    removeOrphanedClaimMaps = option t.bool true;
    scopeMaps = option (t.attrsOf (t.listOf t.str)) { };
    supplementaryScopeMaps = option (t.attrsOf (t.listOf t.str)) { };
    claimMaps = option
      (t.attrsOf (t.submodule { options = { joinType = option (t.enum [ "array" "csv" "ssv" ]) "array"; valuesByGroup = option (t.attrsOf (t.listOf t.str)) { }; }; }))
      { };
  };
  clients = lib.attrValues cfg.provision.systems.oauth2;
  named = lib.unique (lib.concatMap (c: lib.attrNames c.scopeMaps ++ lib.concatMap (m: lib.attrNames m.valuesByGroup) (lib.attrValues c.claimMaps)) clients);
  unknown = lib.filter (group: !(cfg.provision.groups ? ${group})) named;
in
{
  options.services.kanidm = {
    package = option t.package pkgs.kanidmWithSecretProvisioning_1_10;
    server.enable = option t.bool false;
    server.settings = option (t.attrsOf t.anything) { };
    provision = {
      enable = option t.bool false;
      instanceUrl = option t.str "https://localhost:8443";
      acceptInvalidCerts = option t.bool false;
      idmAdminPasswordFile = option (t.nullOr t.path) null;
      groups = option
        (t.attrsOf (t.submodule { options = { present = option t.bool true; members = option (t.listOf t.str) [ ]; overwriteMembers = option t.bool true; }; }))
        { };
      persons = option (t.attrsOf t.anything) { };
      systems.oauth2 = option (t.attrsOf (t.submodule { options = client; })) { };
    };
  };

  config = lib.mkIf cfg.server.enable {
    assertions = [
      {
        assertion = unknown == [ ];
        message = "services.kanidm.provision: a map names groups that provision.groups does not have: ${lib.concatStringsSep ", " unknown}.";
      }
    ];
    users.users.kanidm = { isSystemUser = true; group = "kanidm"; home = "/var/lib/kanidm"; };
    users.groups.kanidm = { };
    environment.etc = {
      "kanidm/server.toml".text = toml;
      "kanidm/provision.json" = lib.mkIf cfg.provision.enable { text = provision; };
    };
    systemd.services.kanidm = {
      description = "kanidm identity management daemon";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      restartTriggers = [ toml provision ];
      serviceConfig = {
        Type = "notify";
        ExecStart = "${cfg.package}/bin/kanidmd server -c /etc/kanidm/server.toml";
        User = "kanidm";
        Group = "kanidm";
        StateDirectory = "kanidm";
        StateDirectoryMode = "0700";
        RuntimeDirectory = "kanidmd";
        Restart = "on-failure";
        AmbientCapabilities = [ "CAP_NET_BIND_SERVICE" ];
        CapabilityBoundingSet = [ "CAP_NET_BIND_SERVICE" ];
        NoNewPrivileges = true;
        PrivateTmp = true;
        ProtectHome = true;
        ProtectSystem = "strict";
      };
    };
  };
}
