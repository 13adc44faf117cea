# services.openssh -> open port 22, and a drop-in for the sshd of the root image.
{ config, lib, ... }:
let
  t = lib.types;
  option = type: default: lib.mkOption { inherit type default; };
  cfg = config.services.openssh;
  show = v: if lib.isBool v then (if v then "yes" else "no") else toString v;
in
{
  options.services.openssh = {
    enable = option t.bool false;
    ports = option (t.listOf t.port) [ 22 ];
    openFirewall = option t.bool true;
    settings = option (t.attrsOf (t.nullOr (t.oneOf [ t.bool t.int t.str ]))) { };
  };

  config = lib.mkIf cfg.enable {
    networking.firewall.allowedTCPPorts = lib.optionals cfg.openFirewall cfg.ports;
    environment.etc."ssh/sshd_config.d/50-nixos.conf".text =
      lib.concatLines (lib.mapAttrsToList (key: v: "${key} ${show v}") (lib.filterAttrs (_: v: v != null) cfg.settings));
  };
}
