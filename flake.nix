{
  description = "Monitoring of NixOS clusters: Prometheus, Loki, Grafana, Alertmanager and exporters, from host data that `make render` writes";

  outputs = _: {
    # Options: docs/options.md. What a cluster does with it without Pulumi: examples/flake.
    nixosModules.default = { imports = [ ./modules/nixos/server/monitoring ]; };
    # What machines on Proxmox VE are made of, to add one's own to: docs/machines.md.
    nixosModules.vm-template = import ./nixos/images/configuration.nix "vm";
    nixosModules.lxc-template = import ./nixos/images/configuration.nix "lxc";
    # The files to upload, { vm, lxc, qcow2 }, of the caller's nixpkgs: this flake has none.
    #   packages.x86_64-linux = nixmon.lib.templates { inherit nixpkgs; };     and then: nix build .#vm
    lib.templates = import ./nixos/images;
  };
}
