# postgres_exporter, as a role of its own that may read statistics and nothing else.
{ config, lib, ... }:
let
  postgresql = config.services.postgresql;
  # peer authentication: the system user of the exporter and the role must have one name
  role = config.services.prometheus.exporters.postgres.user;
  port = toString postgresql.settings.port;
in
{
  config = lib.mkIf (config.server.monitoring.running ? postgres) {
    assertions = [
      {
        assertion = postgresql.enable;
        message = "server.monitoring.exporters.postgres.enable is true, but this host has no PostgreSQL: set services.postgresql.enable, or the exporter to false.";
      }
    ];
    services.prometheus.exporters.postgres.dataSourceName =
      "user=${role} dbname=postgres host=/run/postgresql port=${port} sslmode=disable";
    systemd.services.prometheus-postgres-exporter = {
      requires = [ "nixmon-postgres-role.service" ];
      after = [ "nixmon-postgres-role.service" ];
    };
    # ensureUsers can make a role but not grant it another one
    systemd.services.nixmon-postgres-role = {
      description = "PostgreSQL role of the metrics exporter";
      requires = [ "postgresql.service" ];
      after = [ "postgresql.service" "postgresql.target" ];
      serviceConfig = { Type = "oneshot"; RemainAfterExit = true; User = postgresql.superUser; };
      script = ''
        ${postgresql.package}/bin/psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --port ${port} --host /run/postgresql --dbname postgres <<'SQL'
        SELECT 'CREATE ROLE "${role}" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') \gexec
        GRANT pg_monitor TO "${role}";
        SQL
      '';
    };
  };
}
