# security.pki -> files below /etc/ssl/certs, where programs written in Go look beside the bundle of the root image.
{ config, lib, ... }:
let
  t = lib.types;
  all = config.security.pki.certificates;
in
{
  options.security.pki.certificates = lib.mkOption { type = t.listOf t.str; default = [ ]; };
  config.environment.etc = lib.mkIf (all != [ ]) { "ssl/certs/nixos-own-authorities.pem".text = lib.concatStrings all; };
}
