#!/bin/sh
# The network of the sandbox: one bridge that all hosts hang on. Sourced by machine.sh.
# shellcheck disable=SC2034  # the variables are used by machine.sh

BRIDGE=${NIXMON_SANDBOX_BRIDGE:-nixmon0}
BRIDGE_ADDRESS=${NIXMON_SANDBOX_ADDRESS:-10.231.77.1/24}
# Names of what a sandbox makes on this machine. A second sandbox, on another bridge, has names of its own.
PREFIX=nixmon
[ "$BRIDGE" = nixmon0 ] || PREFIX=$BRIDGE
# The bridge carries this text, so that it is known as ours even when the state folder is lost.
BRIDGE_ALIAS="nixmon sandbox"

bridge_exists() { [ -e "/sys/class/net/$BRIDGE" ]; }

bridge_is_ours() { [ "$(cat "/sys/class/net/$BRIDGE/ifalias" 2>/dev/null)" = "$BRIDGE_ALIAS" ]; }

# The routes of this machine that overlap the sandbox's range and do not belong to its bridge.
foreign_routes() {
  prefix=${BRIDGE_ADDRESS%.*}
  ip -4 route show | awk -v prefix="$prefix." -v bridge="$BRIDGE" 'index($1, prefix) == 1 && !index($0, "dev " bridge) { print }'
  ip -4 -o addr show | awk -v prefix="$prefix." -v bridge="$BRIDGE" 'index($4, prefix) == 1 && $2 != bridge { print $2 " has " $4 }'
}

# Says what is in the way and how to get round it, before anything is made.
bridge_check() {
  if bridge_exists && ! bridge_is_ours; then
    fail "network interface $BRIDGE exists and was not made by this sandbox ($(ip -br link show "$BRIDGE")). Remove it, or choose another name with NIXMON_SANDBOX_BRIDGE"
  fi
  taken=$(foreign_routes)
  [ -z "$taken" ] || fail "addresses ${BRIDGE_ADDRESS%.*}.0/24 are in use on this machine: $taken. The sandbox needs this range for its bridge; remove what uses it"
  if [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null)" = 1 ] && nft list ruleset 2>/dev/null | grep -q 'hook forward.*policy drop'; then
    echo "sandbox: warning: this machine drops forwarded packets and applies that to bridges (net.bridge.bridge-nf-call-iptables=1, as Docker sets it): hosts may not reach each other. 'sysctl net.bridge.bridge-nf-call-iptables=0' lets them" >&2
  fi
}

bridge_up() {
  bridge_check
  if ! bridge_exists; then
    ip link add "$BRIDGE" type bridge
    ip link set "$BRIDGE" alias "$BRIDGE_ALIAS"
  fi
  ip addr replace "$BRIDGE_ADDRESS" dev "$BRIDGE"
  ip link set "$BRIDGE" up
}

bridge_down() {
  if bridge_exists && bridge_is_ours; then ip link del "$BRIDGE"; fi
}

# Interface names hold 15 characters and host names may be longer: a checksum of the name is short and steady.
veth_of() { printf 'nxm%08x' "$(printf %s "${PREFIX#nixmon}$1" | cksum | cut -d' ' -f1)"; }

netns_of() { printf '%s-%s' "$PREFIX" "$1"; }

# network_up NAME ADDRESS/LENGTH MAC GATEWAY
network_up() {
  ns=$(netns_of "$1")
  veth=$(veth_of "$1")
  network_down "$1"
  ip netns add "$ns"
  ip link add "$veth" type veth peer name eth0 address "$3" netns "$ns"
  ip link set "$veth" master "$BRIDGE" up
  ip -n "$ns" link set lo up
  ip -n "$ns" addr add "$2" dev eth0
  ip -n "$ns" link set eth0 up
  [ -z "$4" ] || ip -n "$ns" route add default via "$4"
}

network_down() {
  ip link del "$(veth_of "$1")" 2>/dev/null || true
  if [ -e "/run/netns/$(netns_of "$1")" ]; then ip netns del "$(netns_of "$1")" 2>/dev/null || rm -f "/run/netns/$(netns_of "$1")"; fi
}
