# The root of a pushed payload: the host's own configuration.nix imports it by `imports = [ ./nixmon ];`.
{
  imports = [ ./modules/nixos/server/monitoring ];
  server.monitoring.data = ./host.json;
  server.monitoring.payloadHash = builtins.readFile ./hash;
}
