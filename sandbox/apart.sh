#!/usr/bin/env bash
# Runs a command with a sandbox of its own beside another one: same names, addresses and paths, in network and mount namespaces of its own.
# Its network leads nowhere. usage: apart.sh NAME COMMAND...
set -euo pipefail
name=$1
shift
# the command itself says that it needs root
[[ $(id -u) -eq 0 ]] || exec "$@"
export NIXMON_SANDBOX_NAME=$name NIXMON_SANDBOX=/var/lib/nixmon-sandbox
state=/var/tmp/nixmon-sandbox-$name
mkdir -p "$state"
code=0
# `ip netns` keeps its names in /run/netns; /sys shows the network interfaces of whoever mounted it. A /var/lib of its own, since the other
# sandbox removes its folder, and with it what is mounted there.
# shellcheck disable=SC2016 # for the inner shell
unshare --net --mount --propagation slave sh -ec '
  ip link set lo up
  mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns
  mount -t tmpfs tmpfs /var/lib && mkdir "$2" /var/lib/cgroup && mount --bind "$1" "$2"
  mount --rbind /sys/fs/cgroup /var/lib/cgroup && mount -t sysfs sysfs /sys && mount --rbind /var/lib/cgroup /sys/fs/cgroup
  shift 2; exec "$@"' apart "$state" "$NIXMON_SANDBOX" "$@" || code=$?
rmdir "$state" 2>/dev/null || true
exit "$code"
