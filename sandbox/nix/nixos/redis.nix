# services.redis.servers.* -> redis.service (name "") and redis-<name>.service, with Debian's redis-server
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.redis;
  named = name: "redis${lib.optionalString (name != "") "-${name}"}";
  servers = lib.filterAttrs (_: s: s.enable) cfg.servers;

  server = { name, config, ... }: {
    options = {
      enable = option t.bool false;
      user = option t.str (named name);
      group = option t.str config.user;
      port = option t.port (if name == "" then 6379 else 0);
      bind = option (t.nullOr t.str) "127.0.0.1";
      unixSocket = option (t.nullOr t.path) "/run/${named name}/redis.sock";
      unixSocketPerm = option t.int 660;
      databases = option t.int 16;
      maxclients = option t.int 10000;
      appendOnly = option t.bool false;
      save = option (t.listOf (t.listOf t.int)) [ [ 900 1 ] [ 300 10 ] [ 60 10000 ] ];
      requirePassFile = option (t.nullOr t.path) null;
      openFirewall = option t.bool false;
      extraParams = option (t.listOf t.str) [ ];
      settings = option (t.attrsOf (t.oneOf [ t.bool t.int t.str (t.listOf t.str) ])) { };
    };
    config.settings = {
      inherit (config) port databases maxclients;
      daemonize = false;
      supervised = "systemd";
      dir = "/var/lib/${named name}";
      appendonly = config.appendOnly;
      save = map (s: lib.concatMapStringsSep " " toString s) config.save;
    } // lib.optionalAttrs (config.bind != null) { inherit (config) bind; }
    // lib.optionalAttrs (config.unixSocket != null) { unixsocket = toString config.unixSocket; unixsocketperm = toString config.unixSocketPerm; };
  };

  show = v: if lib.isBool v then (if v then "yes" else "no") else toString v;
  conf = name: s: pkgs.writeText "redis.conf" (lib.concatStrings
    (lib.mapAttrsToList (key: v: lib.concatMapStrings (one: "${key} ${show one}\n") (if lib.isList v then v else [ v ])) s.settings));
  # root writes the file that the server reads: the password file may be root's alone
  prepare = name: s: pkgs.writeShellScript "${named name}-prep-conf" ''
    set -e
    umask 077
    at=/var/lib/${named name}/redis.conf
    { echo "include ${conf name s}"; ${lib.optionalString (s.requirePassFile != null) "echo \"requirepass $(cat ${s.requirePassFile})\";"} } > "$at"
    chown ${s.user}:${s.group} "$at"
  '';
in
{
  options.services.redis = {
    package = option t.package pkgs.redis;
    vmOverCommit = option t.bool true;
    servers = option (t.attrsOf (t.submodule server)) { };
  };

  config = {
    users.users = lib.mapAttrs' (name: s: lib.nameValuePair s.user { isSystemUser = true; inherit (s) group; }) servers;
    users.groups = lib.mapAttrs' (name: s: lib.nameValuePair s.group { }) servers;
    networking.firewall.allowedTCPPorts = lib.concatLists (lib.mapAttrsToList (_: s: lib.optional s.openFirewall s.port) servers);
    sandbox.store = lib.concatLists (lib.mapAttrsToList (name: s: [ (conf name s) (prepare name s) ]) servers);
    systemd.services = lib.mapAttrs'
      (name: s: lib.nameValuePair (named name) {
        description = "Redis Server - ${named name}";
        wantedBy = [ "multi-user.target" ];
        after = [ "network.target" ];
        serviceConfig = {
          ExecStartPre = [ "+${prepare name s}" ];
          ExecStart = "${cfg.package}/bin/redis-server /var/lib/${named name}/redis.conf ${lib.concatStringsSep " " s.extraParams}";
          Type = "notify";
          User = s.user;
          Group = s.group;
          RuntimeDirectory = named name;
          RuntimeDirectoryMode = "0750";
          StateDirectory = named name;
          StateDirectoryMode = "0700";
          UMask = "0077";
          Restart = "always";
          NoNewPrivileges = true;
          PrivateTmp = true;
          ProtectHome = true;
          ProtectSystem = "strict";
        };
      })
      servers;
  };
}
