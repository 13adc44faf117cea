# Caddy: the sites of server.proxy.virtualHosts, and their metrics.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  row = cfg.running.caddy or null;
  sites = config.server.proxy.virtualHosts;

  site = name: { upstream, access, ... }: {
    # Caddy's own default would keep the log shipper, which is in Caddy's group, out
    logFormat = ''
      output file ${config.services.caddy.logDir}/access-${name}.log {
        mode 0640
      }
    '';
    extraConfig = lib.optionalString (access == "lan") ''
      @outside not remote_ip ${lib.concatStringsSep " " cfg.network.lan}
      respond @outside "This site is for the local network." 403
    '' + "reverse_proxy ${upstream}";
  };
in
{
  config = lib.mkIf cfg.enable (lib.mkMerge [
    (lib.mkIf (sites != { }) {
      services.caddy.enable = lib.mkDefault true;
      services.caddy.virtualHosts = lib.mapAttrs site sites;
      networking.firewall.allowedTCPPorts = [ 80 443 ];
      assertions = [
        {
          assertion = cfg.network.lan != [ ] || lib.all (s: s.access != "lan") (lib.attrValues sites);
          message = "server.proxy.virtualHosts: a site with access \"lan\" needs the ranges of the LAN: set server.monitoring.network.lan.";
        }
      ];
    })
    (lib.mkIf (row != null) {
      assertions = [
        {
          assertion = config.services.caddy.enable;
          message = "server.monitoring.exporters.caddy.enable is true, but this host has no Caddy: set services.caddy.enable, or the exporter to false.";
        }
      ];
      services.caddy.globalConfig = ''
        metrics {
          per_host
        }
      '';
      # Caddy's own metrics page is part of its admin API on localhost:2019, which must stay closed: it can change everything.
      # So a site that can only show metrics stands on the host's address, on the same port.
      services.caddy.virtualHosts = lib.mkIf (row.address != "127.0.0.1") {
        "http://${row.bind}:${toString row.port}" = {
          listenAddresses = [ row.bind ];
          logFormat = "output discard";
          extraConfig = "metrics /metrics";
        };
      };
    })
  ]);
}
