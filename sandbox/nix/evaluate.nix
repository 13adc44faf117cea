# A configuration, evaluated with the sandbox's own options and `pkgs`: what system.nix prints and what the tests look into.
{ configuration, specialArgs ? { } }:
let
  lib = import ./lib;
  modules = map (name: ./nixos + "/${name}") (builtins.attrNames (builtins.readDir ./nixos));
in
lib.evalModules {
  class = "nixos";
  specialArgs = { modulesPath = "/etc/nixmon-store"; } // specialArgs;
  modules = modules ++ [ { _module.args.pkgs = import ./packages.nix { inherit lib; }; } ]
    ++ (if builtins.isList configuration then configuration else [ configuration ]);
}
