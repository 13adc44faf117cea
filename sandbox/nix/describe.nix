# An evaluated configuration -> the system that it asks for, as data: what system.nix says, and what a flake's host is asked for.
config:
config.sandbox.system // {
  failedAssertions = map (a: a.message) (builtins.filter (a: !a.assertion) config.assertions);
  inherit (config) warnings;
}
