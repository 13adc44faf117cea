#!/bin/sh
# One control group per sandbox host, in each hierarchy that systemd would use: it keeps the hosts' process trees apart (two
# systemd that share a group would see each other's units) and names every process of a host for the end. Sourced by machine.sh.

# Unified layout: one tree. Legacy or hybrid layout: systemd's own named tree, and the second-generation tree beside it.
cgroup_trees() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    echo /sys/fs/cgroup
  else
    for tree in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
      if [ -e "$tree/cgroup.procs" ]; then echo "$tree"; fi
    done
  fi
}

# The folder of this sandbox in each tree. NIXMON_SANDBOX_NAME: of one that runs beside another, see ../apart.sh.
cgroup_folder() { printf '%s-sandbox%s' "$PREFIX" "${NIXMON_SANDBOX_NAME:+-$NIXMON_SANDBOX_NAME}"; }

# cgroup_enter NAME: moves the calling shell, or subshell, into the group of the host.
cgroup_enter() {
  for tree in $(cgroup_trees); do
    mkdir -p "$tree/$(cgroup_folder)/$1"
    # 0 is whoever writes it: in a subshell $$ would be its parent
    echo 0 >"$tree/$(cgroup_folder)/$1/cgroup.procs"
  done
}

cgroup_pids() {
  for tree in $(cgroup_trees); do
    find "$tree/$(cgroup_folder)/$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done | sort -un
}

# Ends every process of the host and removes its groups. Kills again until none is left: a process may fork meanwhile.
cgroup_kill() {
  for _ in $(seq 50); do
    pids=$(cgroup_pids "$1")
    [ -n "$pids" ] || break
    # shellcheck disable=SC2086  # one argument per process
    kill -s KILL $pids 2>/dev/null || true
    sleep 0.1
  done
  for tree in $(cgroup_trees); do
    find "$tree/$(cgroup_folder)/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

cgroup_names() {
  for tree in $(cgroup_trees); do
    find "$tree/$(cgroup_folder)" -mindepth 1 -maxdepth 1 -type d -exec basename {} \; 2>/dev/null || true
  done | sort -u
}

cgroup_remove_all() {
  for tree in $(cgroup_trees); do
    rmdir "$tree/$(cgroup_folder)" 2>/dev/null || true
  done
}
