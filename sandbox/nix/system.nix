# A stand-in for NixOS in the sandbox: evaluates a configuration with real Nix and says, as JSON, what system it asks for.
#   nix-instantiate --eval --strict --json system.nix --arg configuration /etc/nixos/configuration.nix
# It knows the native options that this project's modules and the sandbox's templates set, by the names and types they have on
# NixOS, and makes units of the same names from them. Programs are where the sandbox's root image has them: /usr/local/bin.
# Nothing is built: what NixOS keeps in its store stands under /etc/nixmon-store, named by the hash of its text.
#
#   hostName          networking.hostName
#   etc               path below /etc -> { text, mode, user, group }
#   units             unit name -> text. X-Restart-Triggers and X-Reload-Triggers mean what they mean on NixOS
#   wanted            units to start with the system
#   users, groups     name -> { system, group, groups, home, uid?, keys } / { gid? }
#   tmpfiles          lines of tmpfiles.d
#   nftables          text for `nft -f -`, null when the firewall is off
#   checks            [{ name, command }]: validators to run at build, where /etc is as it would become
#   failedAssertions  texts; a build with any must fail
#   warnings          texts
{ configuration }:
import ./describe.nix (import ./evaluate.nix { inherit configuration; }).config
