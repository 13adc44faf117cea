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

# The port on which the simulated Proxmox API listens, as a real one does.
API_PORT=8006

# Whether something listens on the API's port, on its address or on all of them. /proc/net/tcp has state 0A for a listening socket,
# and addresses as hexadecimal words of this machine's byte order.
api_port_taken() {
  address=$(echo "${BRIDGE_ADDRESS%/*}" | awk -F. '{ printf "%02X%02X%02X%02X", $4, $3, $2, $1 }')
  awk -v port="$(printf '%04X' "$API_PORT")" -v address="$address" '
    $4 == "0A" { split($2, at, ":"); if (at[2] == port && (at[1] ~ /^0+$/ || at[1] ~ "^(0+FFFF0000)?" address "$")) found = 1 }
    END { exit !found }' /proc/net/tcp*
}

api_is_ours() {
  pid=$(cat "$STATE/proxmox/pid" 2>/dev/null) || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "sandbox/proxmox/main.js $STATE "
}

port_check() {
  if api_is_ours || ! api_port_taken; then return 0; fi
  fail "TCP port $API_PORT is in use on this machine ('ss -ltnp sport = :$API_PORT' shows by whom): the simulated Proxmox API needs it on ${BRIDGE_ADDRESS%/*}. Stop that program"
}

# Says what is in the way and how to get round it, before anything is made.
bridge_check() {
  if bridge_exists && ! bridge_is_ours; then
    fail "network interface $BRIDGE exists and was not made by this sandbox ($(ip -br link show "$BRIDGE")). Remove it, or choose another name with NIXMON_SANDBOX_BRIDGE"
  fi
  command -v ip >/dev/null || return 0 # a machine without it gets it by `make tools`, and is asked again
  taken=$(foreign_routes)
  [ -z "$taken" ] || fail "addresses ${BRIDGE_ADDRESS%.*}.0/24 are in use on this machine: $taken. The sandbox needs this range for its bridge; remove what uses it"
  if [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null)" = 1 ] && nft list ruleset 2>/dev/null | grep -q 'hook forward.*policy drop'; then
    echo "sandbox: warning: this machine drops forwarded packets and applies that to bridges (net.bridge.bridge-nf-call-iptables=1, as Docker sets it): hosts may not reach each other. 'sysctl net.bridge.bridge-nf-call-iptables=0' lets them" >&2
  fi
}

bridge_up() {
  bridge_check
  if ! bridge_exists; then
    # an address of its own: else it takes the lowest of its ports', and hosts send to the old one for seconds after that changes
    ip link add "$BRIDGE" address 02:00:0a:e7:4d:01 type bridge
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
