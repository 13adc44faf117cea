# What the automatic defaults look at: which host has which role, and what a host serves. A configuration that declares
# these options elsewhere takes its own: disabledModules = [ <this file> ].
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  role = what: mkOption { type = types.nullOr types.str; default = null; description = "Name of the host that ${what}."; };
  redis = lib.filterAttrs (_: server: server.enable) config.services.redis.servers;
in
{
  options.allocations.server = {
    monitoringPrimaryHost = role "collects, shows and alerts";
    ioPrimaryHost = role "has the reverse proxy and the databases";
    identityHost = role "has Kanidm";
  };

  options.server = {
    proxy.virtualHosts = mkOption {
      default = { };
      description = "Sites that this host's Caddy serves, by full domain name.";
      type = types.attrsOf (types.submodule {
        options = {
          upstream = mkOption { type = types.str; description = "Where requests go, host:port."; };
          access = mkOption {
            type = types.enum [ "public" "lan" ];
            default = "lan";
            description = "Who is served: anyone, or only addresses in server.monitoring.network.lan.";
          };
        };
      });
    };
    database.postgres = mkOption {
      default = lib.genAttrs (lib.optionals config.services.postgresql.enable config.services.postgresql.ensureDatabases) (_: { });
      defaultText = lib.literalExpression "services.postgresql.ensureDatabases";
      description = "PostgreSQL databases of this host, by name.";
      type = types.attrsOf (types.submodule { });
    };
    database.redis = mkOption {
      default = lib.mapAttrs (_: server: { inherit (server) port; }) redis;
      defaultText = lib.literalExpression "services.redis.servers";
      description = "Redis instances of this host, by the name they have in services.redis.servers.";
      type = types.attrsOf (types.submodule {
        options.port = mkOption { type = types.port; default = 0; description = "TCP port, 0 for none."; };
      });
    };
  };
}
