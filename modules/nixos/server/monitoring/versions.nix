# Versions below which a collector must not run: older ones have known holes, or lack what its configuration needs.
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  inherit (config.services) prometheus;
  talk = cfg.collector.alerting.nextcloudTalk.enable;
  floors = lib.filter (floor: cfg.running ? ${floor.name}) [
    {
      name = "prometheus";
      option = "services.prometheus.package";
      inherit (prometheus) package;
      least = "3.11.3";
      why = "older ones have holes that are known";
    }
    {
      name = "alertmanager";
      option = "services.prometheus.alertmanager.package";
      inherit (prometheus.alertmanager) package;
      # a webhook's `payload` is what speaks Nextcloud Talk's language
      least = if talk then "0.32.0" else "0.26.0";
      why = if talk then "older ones cannot post to Nextcloud Talk" else "older ones have holes that are known";
    }
  ];
  # wrapped packages often have it in their name alone
  versionOf = { package, ... }: package.version or (builtins.parseDrvName (package.name or "")).version;
in
{
  config = {
    assertions = map
      (floor: {
        assertion = builtins.compareVersions (versionOf floor) floor.least >= 0;
        message = "${floor.option} is version ${versionOf floor}, wanted ${floor.least} or newer: ${floor.why}. Update nixpkgs, or set the option to a newer package.";
      })
      (lib.filter (floor: versionOf floor != "") floors);
    # a package of one's own without a version is its owner's business
    warnings = map
      (floor: "${floor.option} does not say its version, so nobody checks that it is ${floor.least} or newer: ${floor.why}.")
      (lib.filter (floor: versionOf floor == "") floors);
  };
}
