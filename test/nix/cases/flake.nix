# The flake's outputs, called as Nix would call them, and the example that deploys without Pulumi. Nix itself resolves inputs; here
# `nixpkgs` is the sandbox's evaluation.
{ lib, evaluate, same, holds, ... }:
let
  flake = (import ../../../flake.nix).outputs { };
  # run.sh lays out a copy of the example with rendered hosts in it
  example = ../../../build/nix-fixtures/flake;
  nixpkgs.lib.nixosSystem = { modules }: evaluate modules;
  systems = ((import (example + "/flake.nix")).outputs { inherit nixpkgs; nixmon = flake; }).nixosConfigurations;
  nixmon = systems.nixmon.config;
  targets = lib.filter (lib.hasInfix "/targets/") nixmon.sandbox.system.tmpfiles;
  withSops = evaluate [
    { options.sops.secrets = lib.mkOption { type = lib.types.attrsOf lib.types.raw; default = { }; }; }
    flake.nixosModules.default
    (example + "/secrets.nix")
    { networking.hostName = "nixmon"; networking.nftables.enable = true; server.monitoring.rendered = example + "/rendered/nixmon"; }
  ];
in
[
  (same "the flake's module is the tree of this project" (map toString flake.nixosModules.default.imports) [ (toString ../../../modules/nixos/server/monitoring) ])
  (same "the example has a system for each rendered host" (lib.attrNames systems) [ "nixmon" "nixserv" ])
  (same "the example's hosts have no failing assertion" (lib.concatMap (s: map (a: a.message) (lib.filter (a: !a.assertion) s.config.assertions)) (lib.attrValues systems)) [ ])
  (holds "the example's primary collects, the other host exports" (nixmon.sandbox.system.units ? "prometheus.service" && systems.nixserv.config.sandbox.system.units ? "prometheus-node-exporter.service" && !(systems.nixserv.config.sandbox.system.units ? "prometheus.service")))
  (same "an option of the example's host wins over what was rendered" nixmon.services.prometheus.retentionTime "30d")
  (same "the rendered targets are where Prometheus looks" (map (line: lib.elemAt (lib.splitString " " line) 1) targets) [ "/var/lib/nixmon/targets/nixmon.json" "/var/lib/nixmon/targets/nixserv.json" ])
  (holds "the rendered dashboards are provisioned" (lib.hasInfix "/flake/rendered/nixmon/dashboards" (toString (lib.head nixmon.services.grafana.provision.dashboards.settings.providers).options.path)))
  (same "with sops-nix every secret that the host needs has its place"
    (lib.mapAttrs (_: s: s.path) withSops.config.sops.secrets)
    (lib.listToAttrs (map (need: lib.nameValuePair need.key "/var/lib/nixmon/secrets/${need.key}") nixmon.server.monitoring.data.secrets)))
]
