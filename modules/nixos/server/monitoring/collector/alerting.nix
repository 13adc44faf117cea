# Alertmanager. The rules that it gets alerts from are Prometheus' own (prometheus.nix).
{ config, lib, ... }:
let
  cfg = config.server.monitoring;
  row = cfg.running.alertmanager or null;
  told = cfg.data.collector.alertmanager or null;
  integrations = {
    home-assistant = { option = "homeAssistant"; inherit (cfg.collector.alerting.homeAssistant) enable; };
    heartbeat = { option = "heartbeat"; inherit (cfg.collector.alerting.heartbeat) enable; };
    nextcloud-talk = { option = "nextcloudTalk"; inherit (cfg.collector.alerting.nextcloudTalk) enable; };
  };
  # a receiver whose integration this host switches off stays, for the routes that name it, but tells nobody
  heed = receiver: if integrations.${receiver.name}.enable or true then receiver else { inherit (receiver) name; };
  receivers = if told == null then [ ] else map heed told.receivers;
  missing = lib.filterAttrs (name: i: i.enable && told != null && lib.all (r: r.name != name) receivers) integrations;

  # NixOS runs envsubst over the file: a `$` that is meant must be written twice
  literal = value: builtins.fromJSON (lib.replaceStrings [ "$" ] [ "$$" ] (builtins.toJSON value));
in
{
  config = lib.mkIf (row != null) {
    assertions = [
      {
        assertion = told != null;
        message = "server.monitoring.collector.alerting.enable is true, but the host data has no Alertmanager configuration: turn alerting on where the data is made, too.";
      }
    ] ++ lib.mapAttrsToList
      (name: i: {
        assertion = false;
        message = "server.monitoring.collector.alerting.${i.option}.enable is true, but the host data has no receiver ${name}: turn it on where the data is made, too.";
      })
      missing;
    services.prometheus.alertmanager = lib.mkIf (told != null) {
      enable = true;
      inherit (row) port;
      listenAddress = row.bind;
      # set here and nowhere else: of two definitions NixOS would keep one
      configuration = literal (told // { inherit receivers; });
      extraFlags = [
        # Silences and what was told are on disk within this time, not within the default of 15 minutes: after a crash nobody is
        # told twice, and no silence is lost.
        "--data.maintenance-interval=10s"
        # without this it opens port 9094 to everyone, for a cluster that is not there
        "--cluster.listen-address="
      ];
    };
  };
}
