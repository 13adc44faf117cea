# What every machine made of our templates starts with: reachable over SSH, and ready to import what is pushed. It is also the host's own
# configuration afterwards (/etc/nixos), so all of it stays yours to change.
{ lib, pkgs, ... }:
{
  # The folder is there from the first push on.
  imports = lib.optional (builtins.pathExists ./nixmon) ./nixmon;

  services.openssh = {
    enable = true;
    # One key is enough to pin, and ed25519 is the one that is looked for.
    hostKeys = [
      {
        type = "ed25519";
        path = "/etc/ssh/ssh_host_ed25519_key";
      }
    ];
    settings = {
      PasswordAuthentication = lib.mkDefault false;
      PermitRootLogin = lib.mkDefault "prohibit-password";
    };
  };

  # A push builds here, with the nixpkgs that the template was built with; no channel is needed.
  nix.nixPath = [
    "nixpkgs=${pkgs.path}"
    "nixos-config=/etc/nixos/configuration.nix"
  ];

  networking.firewall.enable = lib.mkDefault true;
}
