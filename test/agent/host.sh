# shellcheck shell=sh
# A pretended NixOS host for the tests beside this file, to be sourced within a private mount and network namespace: empty folders in place of
# /var/lib, /etc/nixos, /nix and /run, and small fakes (fake/) of what only NixOS has. Real: sh, locks, files, curl, signals.
# shellcheck disable=SC2034,SC2154 # shared variables
work=$(mktemp -d)
cp "$here"/fake/* "$work"
cat "$here"/../../agent/*.sh "$here/../../agent/nixmon-agent" >"$work/nixmon-agent"
mount -t proc proc /proc
for d in /etc/nixos /nix /run; do mount -t tmpfs tmpfs "$d"; done
mount -t tmpfs -o size=4m tmpfs /var/lib
mkdir -p /run/timers /run/www /nix/store /nix/var/nix/profiles /nix/var/nix/gcroots
ip link set lo up
(cd /run/www && exec python3 -m http.server --bind 127.0.0.1 8000 >/dev/null 2>&1) &
export FAKES="$work" PATH="$work:$PATH"
passed=0 failed=0
trap 'rm -rf "$work"' EXIT

is() { # SENTENCE, then a command that must succeed
  sentence="$1 ($shell)"; shift
  if "$@"; then passed=$((passed + 1)); echo "ok - $sentence"; else failed=$((failed + 1)); echo "not ok - $sentence"; sed 's/^/#   /' /run/err; fi
}
code() { [ "$rc" = "$1" ] || { echo "#   exit code $rc, wanted $1"; false; }; }
says() { grep -qF -- "$1" /run/err || { echo "#   missing: $1"; false; }; }
answers() { grep -qF -- "$1" /run/out || { echo "#   missing: $1 in $(cat /run/out)"; false; }; }
called() { grep -qF -- "$1" /run/calls; }
not() { ! "$@"; }
generation() { [ "$(readlink /var/lib/nixmon/current)" = "generations/$1" ]; }
runs() { [ "$(basename "$(readlink /run/current-system)")" = "$1-system" ]; }
permanent() { [ "$(basename "$(readlink /nix/var/nix/profiles/system)")" = "$1-system" ]; }
idle() { [ ! -e /var/lib/nixmon/state/pending ] && [ -z "$(ls /run/timers)" ] && [ -z "$(find /var/lib/nixmon -maxdepth 1 -name 'incoming.*')" ]; }
until_true() { n=0; until "$@"; do n=$((n + 1)); [ $n -lt 100 ] || return 1; sleep 0.1; done; }
# healthy: what the next payload's host is to have: one unit, one proof metric, one readiness URL, one tolerated unit
healthy() {
  rm -rf /run/make; mkdir /run/make
  printf 'unit\tgating\tnode.service\nmetric\tgating\tnode\thttp://127.0.0.1:8000/metrics\tnode_load1\nready\tgating\tnode\thttp://127.0.0.1:8000/ready\nmetric\tgating\tpg\thttp://127.0.0.1:8000/pg\tpg_up\n' >/run/make/gate
  echo node.service >/run/make/units
  printf '# HELP node_load1 x\nnode_exporter_build_info{branch="x",version="1.10.2"} 1\nnode_load1 0.21\n' >/run/www/metrics
  printf 'pg_up{server="a b"} 1\n' >/run/www/pg
  : >/run/www/ready; : >/run/calls
  echo 'cp -a /run/good/. /run/www/' >/run/make/activation; rm -rf /run/good; cp -a /run/www /run/good
}
breaks() { echo "$1" >>/run/make/activation; } # what the next payload does when it is activated

mkdir -p /nix/store/plain-system/bin; cp "$work/switch-to-configuration" /nix/store/plain-system/bin
ln -s /nix/store/plain-system /run/current-system; ln -s /nix/store/plain-system /nix/var/nix/profiles/system; : >/run/units
until_true curl -sf -o /dev/null http://127.0.0.1:8000/
