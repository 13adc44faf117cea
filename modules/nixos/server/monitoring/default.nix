# Monitoring of a server cluster: every host offers metrics and ships its log, one host collects, shows and alerts.
# Importable alone; what is to be collected and shown comes as host data (`server.monitoring.data`), made by Pulumi or by `render`.
{
  imports = [
    ./options.nix
    ./roles.nix
    ./data.nix
    ./inventory.nix
    ./manifest.nix
    ./credentials.nix
    ./firewall.nix
    ./versions.nix
    ./checks.nix
    ./scrapes.nix
    ./exporters
    ./collector
    ./logs/alloy.nix
    ./logs/promtail.nix
    ./integrations/proxmox.nix
    ./integrations/kanidm.nix
  ];
}
