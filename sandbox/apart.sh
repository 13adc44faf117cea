#!/usr/bin/env bash
# Runs a command with a sandbox of its own beside another one: same names and addresses, in network and mount namespaces of its own that go
# with the command. usage: apart.sh NAME COMMAND...
set -euo pipefail
name=$1
shift
export NIXMON_SANDBOX_NAME=$name NIXMON_SANDBOX=${NIXMON_SANDBOX:-/var/lib/nixmon-sandbox}-$name
# the command itself says that it needs root
[[ $(id -u) -eq 0 ]] || exec "$@"
# `ip netns` keeps its names in /run/netns
exec unshare --net --mount --propagation slave \
  sh -c 'ip link set lo up && mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && exec "$@"' apart "$@"
