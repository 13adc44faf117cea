# A virtual machine on Proxmox VE, cloned of a template or imported: cloud-init gives it address, name and SSH keys, the guest agent answers.
{ modulesPath, ... }:
{
  imports = [
    ./host.nix
    # disk, boot loader, cloud-init, guest agent and serial console as Proxmox wants them
    (modulesPath + "/virtualisation/proxmox-image.nix")
  ];

  services.qemuGuest.enable = true;
  services.cloud-init = {
    enable = true;
    network.enable = true;
  };
}
