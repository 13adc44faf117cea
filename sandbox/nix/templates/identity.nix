# The owner's configuration of an identity machine: Kanidm. The sandbox has a stand-in in its place.
{ lib, ... }:
let
  people = lib.mapAttrs (name: person: person // { mailAddresses = [ "${name}@sandbox.test" ]; });
in
{
  imports = [ ./base.nix ];

  services.kanidm = {
    server.enable = true;
    server.settings = {
      domain = "auth.sandbox.test";
      origin = "https://auth.sandbox.test";
      bindaddress = "0.0.0.0:443";
      # of the owner's own authority, put there by hand (sandbox/hosts/owner.sh)
      tls_chain = "/var/lib/kanidm/chain.pem";
      tls_key = "/var/lib/kanidm/key.pem";
    };
    provision.enable = true;
    # The owner's people. Who sees what in Grafana is decided by these groups; nora is in none and is refused.
    provision.groups = lib.genAttrs [ "grafana_admins" "grafana_editors" "grafana_viewers" ] (_: { });
    provision.persons = people {
      ada = { displayName = "Ada Admin"; groups = [ "grafana_admins" ]; };
      erin = { displayName = "Erin Editor"; groups = [ "grafana_editors" ]; };
      victor = { displayName = "Victor Viewer"; groups = [ "grafana_viewers" ]; };
      nora = { displayName = "Nora Nobody"; groups = [ ]; };
    };
  };
  networking.firewall.allowedTCPPorts = [ 443 ];
}
