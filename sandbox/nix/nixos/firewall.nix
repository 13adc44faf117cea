# networking.firewall -> one nftables table: drop what comes in, except answers, loopback, ping and what was opened.
{ config, lib, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.networking.firewall;
  ports = list: lib.concatMapStringsSep ", " toString (lib.unique list);
  accept = kind: list: lib.optionalString (list != [ ]) "    ${kind} dport { ${ports list} } accept\n";
  onInterface = name: i: lib.concatStrings (lib.mapAttrsToList
    (kind: list: lib.optionalString (list != [ ]) "    iifname \"${name}\" ${kind} dport { ${ports list} } accept\n")
    { tcp = i.allowedTCPPorts; udp = i.allowedUDPPorts; });
  indent = text: lib.concatMapStrings (line: lib.optionalString (line != "") "    ${line}\n") (lib.splitString "\n" text);
  portLists = { allowedTCPPorts = option (t.listOf t.port) [ ]; allowedUDPPorts = option (t.listOf t.port) [ ]; };
in
{
  options.networking = {
    nftables.enable = option t.bool false;
    firewall = portLists // {
      enable = option t.bool true;
      allowPing = option t.bool true;
      trustedInterfaces = option (t.listOf t.str) [ ];
      interfaces = option (t.attrsOf (t.submodule { options = portLists; })) { };
      extraInputRules = option t.lines "";
      extraCommands = option t.lines "";
      extraStopCommands = option t.lines "";
    };
  };

  config = {
    assertions = [
      {
        assertion = !cfg.enable || config.networking.nftables.enable;
        message = "The sandbox's hosts have nftables only: set networking.nftables.enable = true.";
      }
    ];
    # first made, then deleted, then made anew: one transaction that also works the first time
    sandbox.system.nftables = if !cfg.enable then null else ''
      table inet nixos-fw
      delete table inet nixos-fw
      table inet nixos-fw {
        chain input {
          type filter hook input priority filter; policy drop;
          iifname { ${lib.concatMapStringsSep ", " builtins.toJSON ([ "lo" ] ++ cfg.trustedInterfaces)} } accept
          ct state { established, related } accept
          ct state invalid drop
      ${lib.optionalString cfg.allowPing "    icmp type echo-request accept\n"}    meta l4proto { ipv6-icmp } accept
      ${accept "tcp" cfg.allowedTCPPorts}${accept "udp" cfg.allowedUDPPorts}${lib.concatStrings (lib.mapAttrsToList onInterface cfg.interfaces)}${indent cfg.extraInputRules}  }
      }
    '';
  };
}
