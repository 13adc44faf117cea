#!/bin/sh
# supervise.sh NAME PREFIX NSPAWN_OPTION...: keeps one host running through its reboots, as the process that its PID file names.
set -u
HERE=$(dirname "$0")
NAME=$1
PREFIX=$2
shift 2
# shellcheck source=sandbox/hosts/cgroup.sh
. "$HERE/cgroup.sh"

# 133: the guest asked for a reboot, and nspawn leaves it to its caller to start again.
status=133
while [ "$status" = 133 ]; do
  (
    cgroup_enter "$NAME"
    exec systemd-nspawn "$@"
  )
  status=$?
done
exit "$status"
