# What the owner of a sandbox machine wrote: every machine starts with this. The pushed monitoring comes in by one import.
{ lib, ... }:
{
  imports = lib.optional (builtins.pathExists ./nixmon) ./nixmon;

  networking.hostName = lib.mkDefault (lib.head (lib.splitString "\n" (builtins.readFile /etc/hostname)));
  networking.nftables.enable = true;
  services.openssh.enable = true;
  services.openssh.settings.PasswordAuthentication = false;
}
