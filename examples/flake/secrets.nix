# Without Pulumi nobody brings the secrets: rendered/HOST/secrets.json says which a host needs. Each must be a file of root below
# /var/lib/nixmon/secrets, mode 0400, under its own name. With sops-nix (add its module and `sops.defaultSopsFile`) that is all there is to do:
{ config, lib, options, ... }:
{
  config = lib.optionalAttrs (options ? sops) {
    sops.secrets = lib.listToAttrs (map
      (need: lib.nameValuePair need.key {
        path = "/var/lib/nixmon/secrets/${need.key}";
        restartUnits = need.consumers;
      })
      config.server.monitoring.data.secrets);
  };
}
