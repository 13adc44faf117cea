# The templates as files for Proxmox VE; docs/machines.md says how to upload them.
# From a flake: lib.templates { inherit nixpkgs; }, see ../../flake.nix; without one:
#   nix-build nixos/images -A vm       a backup to restore and make a template of (.vma.zst)
#   nix-build nixos/images -A qcow2    a disk image to import by URL
#   nix-build nixos/images -A lxc      a container template (.tar.xz)
{
  nixpkgs ? <nixpkgs>,
  system ? "x86_64-linux",
}:
let
  machine =
    kind:
    import (nixpkgs + "/nixos/lib/eval-config.nix") {
      inherit system;
      modules = [ (import ./configuration.nix kind) ];
    };
  vm = machine "vm";
in
{
  vm = vm.config.system.build.VMA;
  lxc = (machine "lxc").config.system.build.tarball;
  qcow2 = import (nixpkgs + "/nixos/lib/make-disk-image.nix") {
    inherit (vm) config pkgs;
    inherit (vm.pkgs) lib;
    format = "qcow2";
    partitionTableType = "legacy";
    diskSize = "auto";
    additionalSpace = "1G";
  };
}
