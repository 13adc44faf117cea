# The `lib` that the sandbox evaluates modules with: nixpkgs' own where NIXPKGS_LIB names its folder, else the small one beside this file.
let
  named = builtins.getEnv "NIXPKGS_LIB";
in
if named != "" then import (/. + named) else import ./own.nix
