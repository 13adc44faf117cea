# On the identity host: the OAuth2 client by which Grafana logs people in, made by Kanidm's provisioning.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  told = cfg.data.kanidm or null;
in
{
  config = lib.mkIf (cfg.enable && told != null) {
    # an empty group where there is nothing to say: Nix looks at the names in it before the condition
    services.kanidm.provision = if told == null then { } else told // { enable = lib.mkDefault true; };
  };
}
