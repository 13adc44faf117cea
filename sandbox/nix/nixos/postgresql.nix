# services.postgresql -> postgresql.service and postgresql-setup.service, with Debian's programs
{ config, lib, pkgs, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.postgresql;
  show = v: if lib.isBool v then (if v then "yes" else "no") else if lib.isInt v then toString v else "'${lib.replaceStrings [ "'" ] [ "''" ] v}'";
  hba = pkgs.writeText "pg_hba.conf" cfg.authentication;
  ident = pkgs.writeText "pg_ident.conf" cfg.identMap;
  conf = pkgs.writeText "postgresql.conf" (lib.concatLines (lib.mapAttrsToList (key: v: "${key} = ${show v}") (lib.filterAttrs (_: v: v != null) cfg.settings)));
  psql = "${cfg.package}/bin/psql --no-psqlrc --port ${toString cfg.settings.port} --host /run/postgresql --dbname postgres -tA";
in
{
  options.services.postgresql = {
    enable = option t.bool false;
    package = option t.package pkgs.postgresql;
    dataDir = option t.path "/var/lib/postgresql/${cfg.package.psqlSchema}";
    superUser = option t.str "postgres";
    enableTCPIP = option t.bool false;
    authentication = option t.lines "";
    identMap = option t.lines "";
    ensureDatabases = option (t.listOf t.str) [ ];
    ensureUsers = option (t.listOf (t.submodule { options = { name = lib.mkOption { type = t.str; }; ensureDBOwnership = option t.bool false; }; })) [ ];
    settings = option
      (t.submodule {
        freeformType = t.attrsOf (t.oneOf [ t.bool t.float t.int t.str ]);
        options = { port = option t.port 5432; log_line_prefix = option t.str "[%p] "; shared_preload_libraries = option (t.nullOr t.commas) null; };
      })
      { };
  };

  config = lib.mkIf cfg.enable {
    services.postgresql = {
      authentication = lib.mkAfter ''
        local all postgres         peer map=postgres
        local all all              peer
        host  all all 127.0.0.1/32 scram-sha-256
        host  all all ::1/128      scram-sha-256
      '';
      identMap = lib.mkAfter "postgres postgres postgres";
      settings = {
        hba_file = "${hba}";
        ident_file = "${ident}";
        log_destination = "stderr";
        listen_addresses = if cfg.enableTCPIP then "*" else "localhost";
        unix_socket_directories = "/run/postgresql";
      };
    };
    users.users.postgres = { isSystemUser = true; group = "postgres"; home = "/var/lib/postgresql"; };
    users.groups.postgres = { };
    sandbox.store = [ hba ident conf ];
    systemd.services.postgresql = {
      description = "PostgreSQL Server";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      environment.PGDATA = cfg.dataDir;
      preStart = ''
        if ! test -e ${cfg.dataDir}/PG_VERSION; then
          ${cfg.package}/bin/initdb --username=${cfg.superUser} --pgdata=${cfg.dataDir} >/dev/null
        fi
        ln -sfn ${conf} ${cfg.dataDir}/postgresql.conf
      '';
      serviceConfig = {
        ExecStart = "${cfg.package}/bin/postgres";
        ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
        User = "postgres";
        Group = "postgres";
        Type = "notify";
        RuntimeDirectory = "postgresql";
        StateDirectory = "postgresql postgresql/${cfg.package.psqlSchema}";
        StateDirectoryMode = "0750";
        KillSignal = "SIGINT";
        KillMode = "mixed";
        TimeoutSec = 120;
      };
    };
    systemd.services.postgresql-setup = lib.mkIf (cfg.ensureDatabases != [ ] || cfg.ensureUsers != [ ]) {
      description = "PostgreSQL databases and roles";
      wantedBy = [ "multi-user.target" ];
      requires = [ "postgresql.service" ];
      after = [ "postgresql.service" ];
      serviceConfig = { Type = "oneshot"; RemainAfterExit = true; User = "postgres"; Group = "postgres"; };
      script = lib.concatMapStrings
        (name: "${psql} -c \"SELECT 1 FROM pg_database WHERE datname = '${name}'\" | grep -q 1 || ${psql} -c 'CREATE DATABASE \"${name}\"'\n")
        cfg.ensureDatabases
      + lib.concatMapStrings
        (user: "${psql} -c \"SELECT 1 FROM pg_roles WHERE rolname = '${user.name}'\" | grep -q 1 || ${psql} -c 'CREATE USER \"${user.name}\"'\n"
          + lib.optionalString user.ensureDBOwnership "${psql} -c 'ALTER DATABASE \"${user.name}\" OWNER TO \"${user.name}\"'\n")
        cfg.ensureUsers;
    };
  };
}
