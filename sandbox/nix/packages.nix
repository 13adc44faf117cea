# `pkgs` of the sandbox: where the root image has each program, and files that NixOS would keep in its store.
{ lib }:
let
  package = outPath: name: { type = "derivation"; inherit name outPath; pname = name; meta.mainProgram = name; };
  local = package "/usr/local";
  debian = package "/usr";

  # the hash in the name makes a changed text a changed path, as in a real store
  file = mode: name: text: {
    type = "derivation";
    inherit name mode text;
    outPath = "/etc/nixmon-store/${builtins.substring 0 16 (builtins.hashString "sha256" text)}-${name}";
  };
in
lib.genAttrs [ "caddy" "grafana" "kanidm" ] local
// lib.genAttrs [ "coreutils" "gnused" "gnugrep" "gawk" "bash" "jq" "curl" "redis" "util-linux" ] debian
// {
  # at least: what tools/pins.tsv takes from the PATH
  prometheus = local "prometheus" // { version = "3.11.3"; };
  prometheus-alertmanager = local "alertmanager" // { version = "0.32.0"; };
  prometheus-node-exporter = local "node_exporter";
  prometheus-postgres-exporter = local "postgres_exporter";
  prometheus-redis-exporter = local "redis_exporter";
  prometheus-blackbox-exporter = local "blackbox_exporter";
  prometheus-pve-exporter = local "pve_exporter";
  grafana-loki = local "loki";
  grafana-alloy = local "alloy";
  kanidmWithSecretProvisioning_1_10 = local "kanidmd";
  systemd = package "" "systemctl";
  postgresql = package "/usr/lib/postgresql/15" "postgres" // { psqlSchema = "15"; };
  runtimeShell = "/bin/sh";

  writeText = file "0444";
  writeShellScript = name: text: file "0555" name "#!/bin/sh\n${text}";
  formats = lib.genAttrs [ "json" "yaml" ] (_: _: {
    type = lib.types.anything;
    generate = name: value: file "0444" name (builtins.toJSON value);
  });
}
