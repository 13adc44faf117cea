# The modules against names and types of the real NixOS options. Run by run.sh where nixpkgs' lib and the table of options are there:
#   nix-instantiate --eval --strict --json real-options.nix --arg check <check.nix> --arg libFolder <nixpkgs/lib>
{ check, libFolder }:
let
  lib = import libFolder;
  monitoring = ../../modules/nixos/server/monitoring;
  # what computed defaults would give, and what the owner of the host has
  owned = { pkgs, ... }: {
    services.postgresql = { enable = true; package = pkgs.postgresql; superUser = "postgres"; settings.port = 5432; };
    services.redis.servers."" = { enable = true; port = 6379; bind = "127.0.0.1"; unixSocket = null; group = "redis"; };
    services.redis.servers.sessions = { enable = true; port = 6380; bind = "127.0.0.1"; unixSocket = null; group = "redis-sessions"; requirePassFile = "/var/lib/secret"; };
    services.caddy = { enable = true; logDir = "/var/log/caddy"; group = "caddy"; };
  };
  identified.services.kanidm.server = { enable = true; settings.origin = (lib.importJSON ../../build/nix-fixtures/nixcloud.json).kanidm.url; };
  plain = { };
  run = host: module:
    let
      result = import check { inherit lib; modules = [ monitoring module { networking.hostName = host; server.monitoring.data = ../../build/nix-fixtures + "/${host}.json"; } ]; };
      inherit (result.config) services;
      used = [
        services.prometheus services.loki services.grafana services.alloy services.caddy services.kanidm
        result.config.networking.firewall result.config.systemd result.config.environment
      ];
    in
    { name = "every option that ${host} sets exists on NixOS, with that type"; ok = builtins.deepSeq used (result.failedAssertions == [ ]); got = result.failedAssertions; want = [ ]; };
  # the control: a name that is not there must be refused
  control = import check { inherit lib; modules = [ { services.prometheus.noSuchOption = true; } ]; };
in
{
  cases = [
    (run "nixmon" plain)
    (run "nixio" owned)
    (run "nixcloud" identified)
    (run "nixserv" plain)
    { name = "an option that does not exist on NixOS would be noticed"; ok = !(builtins.tryEval (builtins.deepSeq control.config.services.prometheus.enable true)).success; }
  ];
}
