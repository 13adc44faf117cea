{
  description = "A cluster that is monitored without Pulumi: each host takes what `make render` wrote for it";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  # your checkout of nixmon, or where your forge has it
  inputs.nixmon.url = "path:../..";

  outputs = { nixpkgs, nixmon, ... }:
    let
      # build/rendered/STACK of `make render STACK=...`, copied here and added to git: one folder for each host
      rendered = ./rendered;
      folders = builtins.readDir rendered;
      hosts = builtins.filter (name: folders.${name} == "directory") (builtins.attrNames folders);
      system = host: nixpkgs.lib.nixosSystem {
        modules = [
          nixmon.nixosModules.default
          ./secrets.nix
          (./hosts + "/${host}.nix")
          {
            networking.hostName = host;
            server.monitoring.rendered = rendered + "/${host}";
          }
        ];
      };
    in
    {
      nixosConfigurations = builtins.listToAttrs (map (name: { inherit name; value = system name; }) hosts);
    };
}
