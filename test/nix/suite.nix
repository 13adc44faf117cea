# All cases in one evaluation: { cases = [ { name, ok, got, want } ]; systems; declared; }. Run by run.sh.
let
  lib = import ../../sandbox/nix/lib;
  evaluate = configuration: import ../../sandbox/nix/evaluate.nix { inherit configuration; };
  hosts = lib.genAttrs [ "primary" "io" "identity" "exporter" ] (name: ./fixtures + "/${name}.nix");
  tools = {
    inherit lib evaluate hosts;
    same = name: got: want: { inherit name got want; ok = got == want; };
    holds = name: ok: { inherit name ok; };
  };

  # paths of the native options that the sandbox declares, for the comparison with the real ones
  paths = prefix: tree:
    if lib.isOption tree then [ (lib.concatStringsSep "." prefix) ]
    else lib.concatMap (name: paths (prefix ++ [ name ]) tree.${name}) (lib.attrNames tree);
  inherit (evaluate [ ]) options;
in
{
  cases = lib.concatMap (file: import (./cases + "/${file}") tools) [ "auto-detection.nix" "options.nix" "host-wins.nix" "systems.nix" "refusals.nix" "checks.nix" "images.nix" "flake.nix" "rendered.nix" "values.nix" ];
  systems = lib.mapAttrs (_: host: import ../../sandbox/nix/system.nix { configuration = host; }) hosts;
  declared = lib.concatMap (name: paths [ "services" name ] options.services.${name}) [ "prometheus" "loki" "grafana" "alloy" "caddy" "postgresql" "redis" ]
    ++ paths [ "networking" "firewall" ] options.networking.firewall;
}
