# Puts a machine's own configuration into /etc/nixos when it boots for the first time: `nixos-rebuild` then gives the same system again.
# `kind` is the file beside this one that says what the machine is, vm or lxc.
kind:
{ config, pkgs, ... }:
let
  # The release that the machine was born with, and keeps (system.stateVersion), whatever it is upgraded to.
  born = config.system.nixos.release;
  own = pkgs.writeText "configuration.nix" ''
    {
      imports = [ ./${kind}.nix ];
      system.stateVersion = "${born}";
    }
  '';
in
{
  imports = [ (./. + "/${kind}.nix") ];
  system.stateVersion = born;
  # C copies what is not there, and leaves what is.
  systemd.tmpfiles.rules = [
    "d /etc/nixos 0755 root root -"
    "C /etc/nixos/configuration.nix 0644 root root - ${own}"
    "C /etc/nixos/${kind}.nix 0644 root root - ${./. + "/${kind}.nix"}"
    "C /etc/nixos/host.nix 0644 root root - ${./host.nix}"
  ];
}
