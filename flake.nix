{
  description = "Monitoring of NixOS clusters: Prometheus, Loki, Grafana, Alertmanager and exporters, from host data that `make render` writes";

  outputs = _: {
    # Options: docs/options.md. What a cluster does with it without Pulumi: examples/flake.
    nixosModules.default = ./modules/nixos/server/monitoring;
  };
}
