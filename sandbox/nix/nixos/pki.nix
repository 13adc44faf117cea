# security.pki -> the bundle below /etc/ssl/certs, where programs look first. NixOS adds to the public authorities; here a host's own take
# their place while there are any, since nothing that the sandbox reaches has a certificate of a public one.
{ config, lib, ... }:
let
  t = lib.types;
  all = config.security.pki.certificates;
in
{
  options.security.pki.certificates = lib.mkOption { type = t.listOf t.str; default = [ ]; };
  config.environment.etc = lib.mkIf (all != [ ]) { "ssl/certs/ca-certificates.crt".text = lib.concatStrings all; };
}
