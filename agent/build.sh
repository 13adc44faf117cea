# shellcheck shell=sh
# How the host's own configuration, which imports ours, is built. A part of nixmon-agent.
take_how() { case $1 in flake=?*) FLAKE=${1#*=} ;; impure=yes) IMPURE=yes ;; input=?*) INPUT=${1#*=} ;; build-host=?*) BUILD_HOST=${1#*=} ;; *) return 1 ;; esac; }
import_line() { # what the host's own configuration needs, once
  if [ -z "$FLAKE" ]; then echo 'Add to /etc/nixos/configuration.nix:  imports = [ ./nixmon ];'
  elif [ -n "$INPUT" ]; then echo "Add to the host's modules in $FLAKE:  imports = [ inputs.$INPUT.outPath ];  where inputs.$INPUT = { url = \"path:$CURRENT\"; flake = false; }"
  else echo "Add to the host's modules in $FLAKE:  imports = [ $LINK ];"; fi
}
build_here() { # SECONDS [INPUT-FOLDER]: nixos-rebuild in $STATE/build; the built system is $STATE/build/result
  folders "$STATE/build" || return 1
  [ ! -L "$STATE/build/result" ] || rm -f "$STATE/build/result" || return 1
  # A session without login shell has no NIX_PATH.
  # shellcheck source=/dev/null
  if [ -z "${NIX_PATH:-}" ] && [ -r /etc/set-environment ]; then set +u; . /etc/set-environment; set -u; fi
  seconds=$1 folder=${2:-$CURRENT}; set -- build
  if [ -n "$FLAKE" ]; then
    set -- "$@" --flake "$FLAKE"
    [ -z "$IMPURE" ] || set -- "$@" --impure
    [ -z "$INPUT" ] || { resolve "$folder"; set -- "$@" --override-input "$INPUT" "path:$PLACE"; }
  fi
  [ -z "$BUILD_HOST" ] || set -- "$@" --build-host "$BUILD_HOST"
  IN=$STATE/build; limited "$seconds" nixos-rebuild "$@"; rc=$?; IN=.; return "$rc"
}
