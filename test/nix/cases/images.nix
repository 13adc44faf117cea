# The machine templates: what they start with, and that what is pushed is imported once it is there. nixpkgs is a stand-in here
# (fixtures/nixpkgs): building an image needs nixpkgs, its packages and, for a VM, KVM. So no image is built or booted by these tests.
{ lib, same, holds, ... }:
let
  images = ../../../nixos/images;
  nixpkgs = ../fixtures/nixpkgs;
  evaluated = modules: (import (nixpkgs + "/nixos/lib/eval-config.nix") { system = "x86_64-linux"; inherit modules; }).config;
  image = kind: evaluated [ (import (images + "/configuration.nix") kind) ];
  vm = image "vm";
  lxc = image "lxc";
  flake = (import ../../../flake.nix).outputs { };
  # an input of a flake is a set that stands for its path
  files = flake.lib.templates { nixpkgs.outPath = toString nixpkgs; };
  rules = lib.concatStringsSep "\n" vm.systemd.tmpfiles.rules;
in
[
  (same "a VM template is a Proxmox image with guest agent and cloud-init" [ vm.proxmoxModule vm.services.qemuGuest.enable vm.services.cloud-init.enable ] [ "image" true true ])
  (same "a container template is Proxmox' kind, and sshd runs from the start" [ lxc.proxmoxModule lxc.services.openssh.startWhenNeeded ] [ "lxc" false ])
  (same "both take SSH keys only, and show one ed25519 host key" (map (c: [ c.services.openssh.enable c.services.openssh.settings.PasswordAuthentication (map (k: k.type) c.services.openssh.hostKeys) ]) [ vm lxc ])
    [ [ true false [ "ed25519" ] ] [ true false [ "ed25519" ] ] ])
  (holds "a machine keeps its own configuration, and the release it was born with" (lib.hasInfix "imports = [ ./vm.nix ];" rules && vm.system.stateVersion == "99.05" && lib.hasInfix "system.stateVersion = \"99.05\";" rules))
  (same "the flake makes the files for Proxmox, with the caller's nixpkgs" files
    { vm = "a backup"; lxc = "a container template"; qcow2 = "qcow2, legacy, born with 99.05"; })
  (same "its template modules are the same, to add to" (map (kind: (evaluated [ flake.nixosModules."${kind}-template" ]).proxmoxModule) [ "vm" "lxc" ]) [ "image" "lxc" ])
  (same "before the first push nothing is imported" ((evaluated [ (images + "/host.nix") ]).pushed or false) false)
  (same "and from the first push on it is" (evaluated [ (../../../build/nix-fixtures/etc-nixos/host.nix) ]).pushed true)
]
