# The machine templates: what they start with, and that what is pushed is imported once it is there. nixpkgs' own image modules are
# stand-ins here (fixtures/modules-path): building an image needs nixpkgs, its packages and a Linux machine with KVM.
{ lib, same, holds, ... }:
let
  images = ../../../nixos/images;
  evaluated = modules:
    (lib.evalModules {
      class = "nixos";
      specialArgs = {
        modulesPath = ../fixtures/modules-path;
        pkgs = { path = "/nixpkgs"; writeText = name: text: "/store/${name}:${text}"; };
      };
      modules = modules ++ [ {
        freeformType = lib.types.attrsOf lib.types.anything;
        options.system = {
          nixos.release = lib.mkOption { type = lib.types.str; default = "99.05"; };
          stateVersion = lib.mkOption { type = lib.types.str; default = ""; };
        };
      } ];
    }).config;
  image = kind: evaluated [ (import (images + "/configuration.nix") kind) ];
  vm = image "vm";
  lxc = image "lxc";
  rules = lib.concatStringsSep "\n" vm.systemd.tmpfiles.rules;
in
[
  (same "a VM template is a Proxmox image with guest agent and cloud-init" [ vm.proxmoxModule vm.services.qemuGuest.enable vm.services.cloud-init.enable ] [ "image" true true ])
  (same "a container template is Proxmox' kind, and sshd runs from the start" [ lxc.proxmoxModule lxc.services.openssh.startWhenNeeded ] [ "lxc" false ])
  (same "both take SSH keys only, and show one ed25519 host key" (map (c: [ c.services.openssh.enable c.services.openssh.settings.PasswordAuthentication (map (k: k.type) c.services.openssh.hostKeys) ]) [ vm lxc ])
    [ [ true false [ "ed25519" ] ] [ true false [ "ed25519" ] ] ])
  (holds "a machine keeps its own configuration, and the release it was born with" (lib.hasInfix "imports = [ ./vm.nix ];" rules && vm.system.stateVersion == "99.05" && lib.hasInfix "system.stateVersion = \"99.05\";" rules))
  (same "before the first push nothing is imported" ((evaluated [ (images + "/host.nix") ]).pushed or false) false)
  (same "and from the first push on it is" (evaluated [ (../../../build/nix-fixtures/etc-nixos/host.nix) ]).pushed true)
]
