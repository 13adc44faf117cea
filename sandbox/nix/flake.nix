# What a flake on a sandbox host has as its input `nixpkgs`: path:/usr/share/nixmon-sandbox/nix.
{
  outputs = _: {
    lib.nixosSystem = { modules, specialArgs ? { }, system ? null }: import ./evaluate.nix { configuration = modules; inherit specialArgs; };
  };
}
