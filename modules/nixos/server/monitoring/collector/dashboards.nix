# Dashboards that came with the host data, or with the modules: a folder `dashboards` beside `modules`.
{ config, lib, ... }:
let
  inherit (config.server.monitoring) rendered;
  folder = if rendered == null then ../../../../../dashboards else rendered + "/dashboards";
  on = config.server.monitoring.running ? grafana;
  # in the source tree the folder of that name holds what they are made of
  made = builtins.pathExists folder && lib.any (lib.hasSuffix ".json") (lib.attrNames (builtins.readDir folder));
in
{
  config = lib.mkIf (on && made) {
    services.grafana.provision.dashboards.settings.providers = [
      {
        name = "nixmon";
        type = "file";
        # what is in the tree is the truth: changes by hand are not kept
        allowUiUpdates = false;
        options.path = folder;
      }
    ];
  };
}
