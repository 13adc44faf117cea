# A container on Proxmox VE: Proxmox itself writes its address, its name and root's SSH keys.
{ modulesPath, ... }:
{
  imports = [
    ./host.nix
    (modulesPath + "/virtualisation/proxmox-lxc.nix")
  ];

  # sshd is there before anybody asks: its host key is made at boot, and learned then.
  services.openssh.startWhenNeeded = false;
  # An unprivileged container can not set up the namespaces that Nix builds in.
  nix.settings.sandbox = false;
}
