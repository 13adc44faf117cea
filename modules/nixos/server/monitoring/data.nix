# Host data -> options, all at mkDefault strength: what a host sets itself wins.
{ config, lib, ... }:
let
  inherit (config.server.monitoring) data;
  soft = v: if lib.isAttrs v then lib.mapAttrs (_: soft) v else lib.mkDefault v;
  # the names of options must not depend on the data, or Nix would chase its own tail: so each group is listed
  told = read: if data == null then { } else soft (read data);
in
{
  config = {
    allocations.server = lib.genAttrs [ "monitoringPrimaryHost" "ioPrimaryHost" "identityHost" ]
      (role: lib.mkIf (data != null) (lib.mkDefault (data.allocations.${role} or null)));
    server.proxy.virtualHosts = told (d: lib.mapAttrs (_: site: { inherit (site) upstream access; }) d.virtualHosts);
    server.database = lib.mkIf (data != null) {
      # where the stack names none, what the host itself has counts (roles.nix)
      postgres = lib.mkIf (data.postgresDatabases != [ ]) (lib.mkDefault (lib.genAttrs data.postgresDatabases (_: { })));
      redis = lib.mkIf (data.redisInstances != { }) (lib.mkDefault (lib.mapAttrs (_: instance: { inherit (instance) port; }) data.redisInstances));
    };

    server.monitoring = lib.genAttrs [ "retention" "exporters" "logs" "collector" ] (name: told (d: d.monitoring.${name})) // {
      enable = lib.mkIf (data != null) (lib.mkDefault data.monitoring.enable);
      scrapes = lib.mkIf (data != null) (lib.mkDefault data.scrapes);
      network = told (d: { inherit (d) address lan; inherit (d.addresses) monitoringPrimary ioPrimary; });
    };

    assertions = [
      {
        assertion = data == null || data.schema or null == 1;
        message = "server.monitoring.data: found schema ${builtins.toJSON (data.schema or null)}, wanted 1. Render the host data again with the version of these modules.";
      }
      {
        assertion = data == null || data.host or null == config.networking.hostName || config.networking.hostName == "";
        message = "server.monitoring.data is for host ${data.host or "?"}, but this host is ${config.networking.hostName}. Give it its own host data.";
      }
    ];
  };
}
