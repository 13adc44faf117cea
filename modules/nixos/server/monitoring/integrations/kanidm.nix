# On the identity host: the OAuth2 client by which Grafana logs people in, made by Kanidm's provisioning.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  told = cfg.data.kanidm or null;
  kanidm = config.services.kanidm;
  # nixpkgs renamed these options; an older one has only the second names
  serves = kanidm.server.enable or kanidm.enableServer or false;
  origin = lib.removeSuffix "/" (toString (kanidm.server.settings.origin or kanidm.serverSettings.origin or ""));
  redirects = lib.toList (kanidm.provision.systems.oauth2.grafana.originUrl or [ ]);
  wanted = told.provision.systems.oauth2.grafana.originUrl;
in
{
  config = lib.mkIf (cfg.enable && told != null) {
    # an empty group where there is nothing to say: Nix looks at the names in it before the condition
    services.kanidm.provision = if told == null then { } else told.provision // { enable = lib.mkDefault true; };

    # each of these would otherwise show as a login that fails, on the primary, days later
    assertions = [
      {
        assertion = serves;
        message = "allocations.server.identityHost names this host, but services.kanidm serves nothing here. Enable it, or name the host that has Kanidm, or set identity.external where somebody else runs it, or collector.grafana.kanidm.enable = false for a Grafana with its own login.";
      }
      {
        assertion = !serves || origin == told.url;
        message = "Grafana sends people to ${told.url}, but this host's Kanidm calls itself ${origin} (services.kanidm.server.settings.origin). Set identity.url in the stack's configuration to that, or change the origin.";
      }
      {
        assertion = !serves || lib.elem wanted redirects;
        message = "Kanidm would refuse Grafana's login: its client accepts the redirect ${lib.concatStringsSep ", " redirects}, and Grafana sends ${wanted}. Something on this host overrides services.kanidm.provision.systems.oauth2.grafana.originUrl: remove that.";
      }
    ];
  };
}
