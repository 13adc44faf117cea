# The owner's configuration of an identity machine: Kanidm. The sandbox has a stand-in in its place.
{
  imports = [ ./base.nix ];

  services.kanidm = {
    server.enable = true;
    server.settings = {
      domain = "auth.sandbox.test";
      origin = "https://auth.sandbox.test";
      bindaddress = "0.0.0.0:443";
      # made by the stand-in where they are missing
      tls_chain = "/var/lib/kanidm/chain.pem";
      tls_key = "/var/lib/kanidm/key.pem";
    };
    provision.enable = true;
  };
  networking.firewall.allowedTCPPorts = [ 443 ];
}
