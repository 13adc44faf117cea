# redis_exporter. The first instance is what /metrics shows; every instance is at /scrape?target=URL.
{ config, lib, pkgs, ... }:
let
  cfg = config.server.monitoring;
  unit = "prometheus-redis-exporter";
  watch = "${unit}-passwords";
  instances = lib.filterAttrs (_: server: server.enable) config.services.redis.servers;
  # the plan names the instances in this order, too
  first = lib.head (lib.filter (name: instances ? ${name}) (lib.attrNames config.server.database.redis) ++ lib.attrNames instances);
  address = server:
    if server.port != 0 then "redis://${if server.bind == null then "127.0.0.1" else lib.head (lib.splitString " " server.bind)}:${toString server.port}"
    else "unix://${toString server.unixSocket}";
  sockets = lib.filter (server: server.port == 0) (lib.attrValues instances);
  credential = name: "password-${if name == "" then "default" else name}";
  locked = lib.filterAttrs (_: server: server.requirePassFile != null) instances;
  passwords = "/run/${unit}/passwords.json";
  # instances that were announced but are not there, or not at that port
  wrong = lib.filterAttrs (name: told: !(instances ? ${name}) || told.port != instances.${name}.port) config.server.database.redis;
  # the exporter's own page has the first; each further one is a target of the plan's
  unnamed = lib.filter (name: name != first && !(cfg.data.redisInstances ? ${name})) (lib.attrNames instances);
  # quotes and backslashes of a password must survive JSON
  entry = name: server: ''printf '%s"%s":"%s"' "$separator" '${address server}' "$(sed 's/[\\"]/\\&/g' "$CREDENTIALS_DIRECTORY/${credential name}")"; separator=,'';
in
{
  config = lib.mkIf (cfg.running ? redis) {
    assertions = [
      {
        assertion = instances != { };
        message = "server.monitoring.exporters.redis.enable is true, but this host has no Redis: add one to services.redis.servers, or set the exporter to false.";
      }
      {
        assertion = instances == { } || wrong == { };
        message = "server.database.redis names ${lib.concatStringsSep ", " (lib.mapAttrsToList (name: told: "\"${name}\" at port ${toString told.port}") wrong)}, but services.redis.servers has ${lib.concatStringsSep ", " (lib.mapAttrsToList (name: server: "\"${name}\" at port ${toString server.port}") instances)}: make the two agree.";
      }
    ];
    warnings = lib.optional (cfg.data != null && unnamed != [ ])
      "services.redis.servers has ${lib.concatStringsSep ", " unnamed} beside ${first}, but the host data does not name them: they are not scraped. Add them to this host's redisInstances where the host data is made.";
    services.prometheus.exporters.redis.extraFlags = lib.optional (instances != { }) "--redis.addr=${address instances.${first}}"
      ++ lib.optional (locked != { }) "--redis.password-file=${passwords}";
    # who gives Redis another password need not know of the exporter
    systemd.paths.${watch} = lib.mkIf (locked != { }) {
      wantedBy = [ "multi-user.target" ];
      pathConfig.PathChanged = lib.mapAttrsToList (_: server: toString server.requirePassFile) locked;
    };
    systemd.services.${watch} = lib.mkIf (locked != { }) {
      serviceConfig = {
        Type = "oneshot";
        ExecStart = "${pkgs.systemd}/bin/systemctl try-restart ${unit}.service";
      };
    };
    systemd.services.${unit} = {
      after = map (name: "redis${lib.optionalString (name != "") "-${name}"}.service") (lib.attrNames instances);
      serviceConfig = {
        RuntimeDirectory = unit;
        RuntimeDirectoryMode = "0700";
        SupplementaryGroups = map (server: server.group) sockets;
        LoadCredential = lib.mapAttrsToList (name: server: "${credential name}:${toString server.requirePassFile}") locked;
      };
      # passwords by address, as the exporter wants them, in a folder of its own that is gone when it stops
      preStart = lib.mkIf (locked != { }) ''
        umask 077
        separator=
        { printf '{'; ${lib.concatStringsSep "; " (lib.mapAttrsToList entry locked)}; printf '}'; } > ${passwords}
      '';
    };
  };
}
