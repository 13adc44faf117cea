# Exporters that NixOS knows under services.prometheus.exporters get port and address from their row in catalog.json; a file of its
# own has only what a row cannot say. pve has more in ../integrations/proxmox.nix; alloy is in ../logs.
{ config, lib, ... }:
let
  native = lib.filterAttrs (name: row: row.unit == "prometheus-${name}-exporter.service") config.server.monitoring.running;
in
{
  imports = [
    ./node.nix
    ./nixos.nix
    ./caddy.nix
    ./postgres.nix
    ./redis.nix
    ./blackbox.nix
  ];

  config.services.prometheus.exporters = lib.mapAttrs
    (_: row: {
      enable = true;
      inherit (row) port;
      listenAddress = row.bind;
    })
    native;
}
