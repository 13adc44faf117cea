# Each port is open to whom the catalog says, and to nobody else.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  inherit (cfg) network;
  sources = {
    primary = [ network.monitoringPrimary ];
    ioPrimary = [ network.ioPrimary ];
    lan = network.lan;
    nobody = [ ];
  };
  rules = lib.concatMap
    (row: map (source: { inherit source; inherit (row) port; })
      # what a host asks of itself goes over the loopback
      (lib.filter (source: source != null && source != network.address) sources.${row.openTo}))
    (lib.attrValues cfg.running ++ lib.optionals cfg.enable (map (scrape: scrape // { openTo = "primary"; }) cfg.scrapes));
  ipv6 = source: lib.hasInfix ":" source;
  nftables = rule: "${if ipv6 rule.source then "ip6" else "ip"} saddr ${rule.source} tcp dport ${toString rule.port} accept";
  iptables = rule: "${if ipv6 rule.source then "ip6tables" else "iptables"} -A nixos-fw -p tcp -s ${rule.source} --dport ${toString rule.port} -j nixos-fw-accept";
  lines = show: lib.concatMapStrings (rule: show rule + "\n") rules;
in
{
  networking.firewall = {
    extraInputRules = lib.mkIf config.networking.nftables.enable (lines nftables);
    extraCommands = lib.mkIf (!config.networking.nftables.enable) (lines iptables);
  };
}
