# A small `lib` of the sandbox's own: as much of nixpkgs' as this project's modules use, with the same names and meanings,
# written for this project. It is scaffolding: real hosts use nixpkgs' lib.
let
  lib = import ./basics.nix
    // import ./strings.nix
    // import ./priorities.nix
    // import ./options.nix { inherit lib; }
    // import ./merge.nix { inherit lib; }
    // import ./modules.nix { inherit lib; }
    // { types = import ./types.nix { inherit lib; }; };
in
lib
