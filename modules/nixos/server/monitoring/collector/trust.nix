# Certificate authorities of one's own, beside the public ones: for Kanidm, Proxmox VE, probed sites and webhooks behind certificates that
# no public authority signed.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  authorities = cfg.data.collector.authorities or [ ];
  # these look at the bundle once, when they start
  readers = lib.filter (name: cfg.running ? ${name}) [ "grafana" "blackbox" "alertmanager" "pve" ];
in
{
  config = lib.mkIf (cfg.enable && authorities != [ ]) {
    security.pki.certificates = authorities;
    systemd.services = lib.listToAttrs (map
      (name: lib.nameValuePair (lib.removeSuffix ".service" cfg.running.${name}.unit) { restartTriggers = authorities; })
      readers);
  };
}
