# What else this host is: disks, boot loader, users. Whatever is set here wins over the rendered host data.
{
  networking.nftables.enable = true;
  system.stateVersion = "26.05";

  server.monitoring.retention.metrics = "30d";
}
