#!/usr/bin/env bash
# Hosts for the comparison: each a network, mount and process namespace with a real sshd, a real node exporter and its own empty /etc/nixos,
# /nix, /run and /var/lib. Activation is a FAKE of equal cost for every tool (nixos-rebuild beside this file, and test/agent/fake).
#   hosts.sh up FROM TO | down | connections | address N | key N
# env: NIXMON_BENCH (state folder, default /var/lib/nixmon-bench)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=${NIXMON_BENCH:-/var/lib/nixmon-bench}
bridge=nixbench0
network=10.231.78

die() {
  echo "bench hosts: $*" >&2
  exit 1
}
address() { echo "$network.$(($1 + 10))"; }

prepare() {
  [[ $(id -u) -eq 0 ]] || die "need root for network namespaces, got uid $(id -u)"
  mkdir -p "$state/keys"
  [[ -e $state/id_ed25519 ]] || ssh-keygen -q -t ed25519 -N '' -f "$state/id_ed25519"
  [[ -e /sys/class/net/$bridge ]] || {
    # an address of its own: else it takes the lowest of its ports', and hosts lose it when another one comes
    ip link add "$bridge" address 02:00:0a:e7:4e:01 type bridge
    ip addr add "$network.1/24" dev "$bridge"
    ip link set "$bridge" up
  }
}

start() { # NUMBER
  local name=nixbench-$1 folder=$state/hosts/$1
  [[ ! -e $folder/pid || ! -d /proc/$(<"$folder/pid") ]] || return 0
  mkdir -p "$folder"
  [[ -e $state/keys/$1 ]] || ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$state/keys/$1"
  ip netns add "$name"
  ip link add "nxb$1" type veth peer name eth0 netns "$name"
  ip link set "nxb$1" master "$bridge" up
  ip -n "$name" link set lo up
  ip -n "$name" addr add "$(address "$1")/24" dev eth0
  ip -n "$name" link set eth0 up
  setsid ip netns exec "$name" unshare --mount --pid --fork --kill-child --propagation private \
    "$here/host.sh" "$state" "$1" "$(address "$1")" </dev/null >"$folder/log" 2>&1 &
  echo $! >"$folder/pid"
}

up() {
  prepare
  for ((i = $1; i <= $2; i++)); do start "$i"; done
  for ((i = $1; i <= $2; i++)); do
    for _ in $(seq 100); do
      ssh-keyscan -T 1 -t ed25519 "$(address "$i")" 2>/dev/null | grep -q . && continue 2
      sleep 0.2
    done
    die "host $i did not come up: $(tail -n 3 "$state/hosts/$i/log")"
  done
}

down() {
  for pid in "$state"/hosts/*/pid; do
    [[ ! -e $pid ]] || kill -KILL "-$(<"$pid")" 2>/dev/null || true
  done
  for name in $(ip netns list | awk '/^nixbench-/ { print $1 }'); do ip netns del "$name"; done
  # a namespace goes some time after its name, and its interface with it: the next host of that number wants the name
  for link in /sys/class/net/nxb*; do ip link del "${link##*/}" 2>/dev/null || true; done
  ip link del "$bridge" 2>/dev/null || true
  rm -rf "$state"
}

case ${1:-} in
  up) up "$2" "$3" ;;
  down) down ;;
  connections) cat "$state"/hosts/*/log | grep -c '^Connection from' || true ;;
  address) address "$2" ;;
  key) cut -d' ' -f1,2 "$state/keys/$2.pub" ;;
  *) die "usage: hosts.sh up FROM TO | down | connections | address N | key N" ;;
esac
