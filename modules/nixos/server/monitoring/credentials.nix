# Secrets reach a unit by LoadCredential: files of root below /var/lib/nixmon/secrets, seen by that unit alone while it runs,
# as /run/credentials/UNIT/KEY with every `/` of the key as `_`.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  units = map (row: row.unit) (lib.attrValues cfg.running) ++ lib.optional (cfg.enable && cfg.data.kanidm or null != null) "kanidm.service";
  # a unit that is off on this host must not come to life by a credential alone
  secrets = map (need: { inherit (need) key; units = lib.filter (unit: lib.elem unit units) need.consumers; })
    (if cfg.data == null then [ ] else cfg.data.secrets);
  credential = secret: "${lib.replaceStrings [ "/" ] [ "_" ] secret.key}:/var/lib/nixmon/secrets/${secret.key}";
  # this one reads a file made of its secrets, see integrations/proxmox.nix
  direct = lib.filter (unit: unit != "prometheus-pve-exporter.service") (lib.unique (lib.concatMap (secret: secret.units) cfg.secrets));
in
{
  options.server.monitoring.secrets = lib.mkOption {
    type = lib.types.listOf lib.types.raw;
    internal = true;
    readOnly = true;
    description = "Secrets that units of this host read: { key, units }.";
  };

  config = {
    server.monitoring.secrets = lib.filter (secret: secret.units != [ ]) secrets;
    systemd.services = lib.listToAttrs (map
      (unit: lib.nameValuePair (lib.removeSuffix ".service" unit) {
        serviceConfig.LoadCredential = map credential (lib.filter (secret: lib.elem unit secret.units) cfg.secrets);
      })
      direct);
  };
}
