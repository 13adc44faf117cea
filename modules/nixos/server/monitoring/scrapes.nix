# server.monitoring.scrapes: what would never be scraped is refused. Ports are opened in firewall.nix, targets offered in manifest.nix.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  jobs = map (scrape: scrape.job) cfg.scrapes;
  twice = lib.unique (lib.filter (job: lib.length (lib.filter (other: other == job) jobs) > 1) jobs);
  reserved = [ "probe" ] ++ map (row: row.job) (lib.importJSON ./exporters/catalog.json);
  taken = lib.filter (job: lib.elem job reserved) jobs;
  tokens = list: lib.filter (token: token != null) (map (scrape: scrape.bearerTokenSecret or null) list);
  unknown = lib.subtractLists (tokens (if cfg.data == null then [ ] else cfg.data.scrapes)) (tokens cfg.scrapes);
  names = lib.concatStringsSep ", ";
in
{
  config.assertions = [
    {
      assertion = twice == [ ] && taken == [ ];
      message = "server.monitoring.scrapes: two of one job, or the job of an exporter: ${names (lib.unique (twice ++ taken))}. Give each a name of its own.";
    }
    {
      assertion = unknown == [ ];
      message = "server.monitoring.scrapes: the monitoring primary has no bearer token ${names unknown}, so it would never scrape: name it in this host's scrapes where the host data is made.";
    }
  ];
}
