# pve_exporter: metrics of the Proxmox VE API. Runs on the monitoring primary, for its own Prometheus.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  file = "/run/nixmon-pve/pve.yml";
  # an authority of one's own may be the one that Proxmox VE made for itself
  lenient = cfg.collector.proxmox.verifyTls && cfg.data.collector.authorities or [ ] != [ ];
  secret = name: "/var/lib/nixmon/secrets/MONITORING/PROXMOX/${name}";
in
{
  config = lib.mkIf (cfg.running ? pve) {
    services.prometheus.exporters.pve.configFile = file;
    # The exporter wants one file with the login in it. It is put together from the secrets each time the exporter starts, in memory,
    # for root alone: so it is never in the Nix store, and a new token needs no rebuild.
    systemd.services.nixmon-pve-config = {
      description = "Login of the Proxmox VE exporter";
      partOf = [ "prometheus-pve-exporter.service" ];
      serviceConfig = {
        Type = "oneshot";
        LoadCredential = map (name: "${name}:${secret name}") [ "USER" "TOKEN_ID" "TOKEN_SECRET" ];
        RuntimeDirectory = "nixmon-pve";
        RuntimeDirectoryMode = "0700";
        # lives and ends with the exporter, and the file with it
        RemainAfterExit = true;
      };
      script = ''
        umask 077
        # single quotes are YAML's way to take text as it is
        value() { printf "'%s'\n" "$(sed "s/'/'''/g" "$CREDENTIALS_DIRECTORY/$1")"; }
        {
          echo "default:"
          echo "  user: $(value USER)"
          echo "  token_name: $(value TOKEN_ID)"
          echo "  token_value: $(value TOKEN_SECRET)"
          echo "  verify_ssl: ${lib.boolToString cfg.collector.proxmox.verifyTls}"
        } > ${file}
      '';
    };
    systemd.services.prometheus-pve-exporter = {
      requires = [ "nixmon-pve-config.service" ];
      after = [ "nixmon-pve-config.service" ];
      # The exporter is Python, whose requests trust a list of their own and not the system's (security.pki). Only where it verifies:
      # some releases of requests would verify by this in spite of verify_ssl: false.
      environment = lib.mkIf cfg.collector.proxmox.verifyTls ({ REQUESTS_CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"; }
        // lib.optionalAttrs lenient { PYTHONPATH = "/etc/nixmon/python"; });
    };
    environment.etc."nixmon/python/sitecustomize.py" = lib.mkIf lenient { source = ./python/sitecustomize.py; };
  };
}
