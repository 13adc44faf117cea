# Promtail is past its end of life and gone from nixpkgs; its place has Grafana Alloy (alloy.nix). This file tells so whoever still asks for it.
{ lib, options, ... }@args:
let
  instead = "Promtail is past its end of life and gone from nixpkgs. Remove this setting: server.monitoring.logs.enable ships the journal by Grafana Alloy (services.alloy).";
  # where nixpkgs still has the module, its own options stand there
  gone = !(builtins.pathExists "${args.modulesPath or "/var/empty"}/services/logging/promtail.nix");
  old = lib.attrByPath [ "services" "promtail" ] { } options;
in
{
  imports = [ (lib.mkRemovedOptionModule [ "server" "monitoring" "logs" "promtail" ] instead) ];
  options = lib.optionalAttrs gone { services.promtail = lib.mkOption { visible = false; }; };
  config.assertions = [
    {
      assertion = if gone then !old.isDefined else !(old.enable.value or false);
      message = "services.promtail is set. ${instead}";
    }
  ];
}
