# The base of a system: names, files below /etc, users, assertions, and the result that `system.nix` prints.
{ config, lib, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  bag = option (t.submodule { freeformType = t.attrsOf t.anything; }) { };
  enabled = lib.filterAttrs (_: f: f.enable) config.environment.etc;
  stored = lib.listToAttrs (map
    (f: lib.nameValuePair (lib.removePrefix "/etc/" "${f}") { inherit (f) text mode; user = "root"; group = "root"; })
    config.sandbox.store);
in
{
  options = {
    assertions = option (t.listOf t.unspecified) [ ];
    warnings = option (t.listOf t.str) [ ];
    boot = bag;
    nix = bag;
    time = bag;
    programs = bag;
    services.journald = bag;
    system.stateVersion = option t.str "26.11";
    environment.systemPackages = option (t.listOf t.package) [ ];
    environment.etc = option
      (t.attrsOf (t.submodule ({ config, name, ... }: {
        options = {
          enable = option t.bool true;
          target = option t.str name;
          text = option (t.nullOr t.lines) null;
          source = option (t.nullOr t.path) null;
          mode = option t.str "0644";
          user = option t.str "root";
          group = option t.str "root";
        };
      })))
      { };
    networking = {
      hostName = option t.str "nixos";
      domain = option (t.nullOr t.str) null;
    };
    users.users = option
      (t.attrsOf (t.submodule ({ name, ... }: {
        options = {
          name = option t.str name;
          description = option t.str "";
          isSystemUser = option t.bool false;
          isNormalUser = option t.bool false;
          uid = option (t.nullOr t.int) null;
          group = option t.str "";
          extraGroups = option (t.listOf t.str) [ ];
          home = option t.path "/var/empty";
          createHome = option t.bool false;
          openssh.authorizedKeys.keys = option (t.listOf t.str) [ ];
        };
      })))
      { };
    users.groups = option
      (t.attrsOf (t.submodule {
        options = { gid = option (t.nullOr t.int) null; members = option (t.listOf t.str) [ ]; };
      }))
      { };
    sandbox = {
      store = option (t.listOf t.raw) [ ];
      checks = option (t.listOf t.raw) [ ];
      system = option (t.attrsOf t.raw) { };
    };
  };

  config.sandbox.system = {
    inherit (config.networking) hostName;
    inherit (config.sandbox) checks;
    etc = stored // lib.mapAttrs'
      (_: f: lib.nameValuePair f.target {
        inherit (f) mode user group;
        text = if f.text != null then f.text else f.source.text or (builtins.readFile f.source);
      })
      enabled;
    users = lib.mapAttrs
      (_: u: {
        system = u.isSystemUser;
        group = if u.group == "" then "nogroup" else u.group;
        groups = u.extraGroups;
        inherit (u) home uid createHome;
        keys = u.openssh.authorizedKeys.keys;
      })
      config.users.users;
    groups = lib.mapAttrs (_: g: { inherit (g) gid members; }) config.users.groups;
  };
}
