#!/bin/sh
# Sandbox hosts: systemd containers, each with its own copy-on-write root, network namespace and sshd.
#
# usage: machine.sh up NAME --ip ADDRESS[/LENGTH] [--gateway A] [--mac M] [--template T] [--authorized-keys FILE] [--host-key FILE]
#                                     makes the host when it is new, boots it when it is off, waits until its sshd answers
#        machine.sh up NAME [OPTIONS] boots a host that was stopped, with what the options change
#        machine.sh stop NAME...      shuts down, keeps the disk
#        machine.sh down NAME...      removes the host and everything it had; no error when there is none
#        machine.sh down --all        every host, then the bridge
#        machine.sh list              name, state, address, template and PID, one line each
#        machine.sh exec NAME COMMAND...   runs a command inside, as root
#        machine.sh unplug NAME       takes the host's network cable out; `plug NAME` puts it back
#        machine.sh cut-power NAME    ends every process at once and boots it again, without shutting anything down
#        machine.sh host-key NAME     public SSH host key (made now when the host does not exist yet)
#        machine.sh check             says what would be in the way of a sandbox: not root, bridge, addresses or port in use
#        machine.sh root | bridge     fails when this is not root on Linux | makes the bridge
# env:   NIXMON_SANDBOX (state folder), NIXMON_SANDBOX_BRIDGE, NIXMON_SANDBOX_ADDRESS (both only for a second sandbox), NIXMON_CACHE,
#        NIXPKGS_LIB (evaluate with this nixpkgs lib), NIXMON_ROOT (image; default: root-image.sh)
set -eu
umask 022

HERE=$(cd "$(dirname "$0")" && pwd)
STATE=${NIXMON_SANDBOX:-/var/lib/nixmon-sandbox}
BOOT_SECONDS=60

fail() {
  echo "sandbox: $*" >&2
  exit 1
}

# shellcheck source=sandbox/hosts/net.sh
. "$HERE/net.sh"
# shellcheck source=sandbox/hosts/cgroup.sh
. "$HERE/cgroup.sh"

demand_root() {
  [ "$(uname -s)" = Linux ] || fail "the sandbox needs Linux (network namespaces, systemd containers), this is $(uname -s)"
  [ "$(id -u)" = 0 ] || fail "the sandbox needs root (network namespaces, mounts, containers), this runs as uid $(id -u): use sudo"
}

dir_of() { printf '%s/machines/%s' "$STATE" "$1"; }

valid_name() {
  case $1 in
  "" | -* | *[!a-z0-9-]*) fail "host name '$1' is not valid: lower-case letters, digits and '-' only, not '-' first" ;;
  esac
  [ "${#1}" -le 48 ] || fail "host name '$1' has ${#1} characters, at most 48"
}

# The number is taken again by other programs after a crash: it counts only while it still is our supervisor.
running_pid() {
  pid=$(cat "$(dir_of "$1")/pid" 2>/dev/null) || return 1
  [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "--directory=$(dir_of "$1")/root " && echo "$pid"
}

nspawn_pid() { supervisor=$(running_pid "$1") && pgrep -x -P "$supervisor" systemd-nspawn; }

# Value of KEY in the spec that was written when the host was made.
spec() { sed -n "s/^$2=//p" "$(dir_of "$1")/spec" 2>/dev/null || true; }

host_key() {
  valid_name "$1"
  store=$STATE/hostkeys
  mkdir -p "$store" && chmod 0700 "$store"
  [ -s "$store/$1" ] || ssh-keygen -q -t ed25519 -N "" -C "$1" -f "$store/$1"
  cut -d' ' -f1,2 "$store/$1.pub"
}

# Reads the options into the variables below; those that were not given keep what the spec says.
read_options() {
  name=$1
  shift
  ip=$(spec "$name" ip) gateway=$(spec "$name" gateway) mac=$(spec "$name" mac) template=$(spec "$name" template) keys="" given=""
  while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || fail "host $name: option $1 needs a value"
    case $1 in
    --ip) ip=$2 ;;
    --gateway) gateway=$2 ;;
    --mac) mac=$2 ;;
    --template) template=$2 ;;
    --authorized-keys) keys=$2 ;;
    --host-key) given=$2 ;;
    *) fail "host $name: unknown option $1 (see the head of $0)" ;;
    esac
    shift 2
  done
  [ -n "$ip" ] || fail "host $name does not exist yet: give --ip ADDRESS"
  case $ip in */*) ;; *) ip=$ip/${BRIDGE_ADDRESS#*/} ;; esac
  [ -n "$gateway" ] || gateway=${BRIDGE_ADDRESS%/*}
  [ -n "$mac" ] || mac=$(printf %s "$name" | sha256sum | sed 's/^\(..\)\(..\)\(..\)\(..\).*/02:77:\1:\2:\3:\4/')
  [ -n "$template" ] || template=nixos-base
  for other in "$STATE"/machines/*/spec; do
    if [ "$other" = "$(dir_of "$name")/spec" ] || [ ! -e "$other" ]; then continue; fi
    if grep -qxF "ip=$ip" "$other"; then fail "host $name: address $ip belongs to host $(basename "$(dirname "$other")")"; fi
  done
}

# The disk of a new host: its keys, its name, and the configuration that its template brings.
create() {
  source=$HERE/../nix/templates/${template#nixos-}.nix
  [ -f "$source" ] || fail "host $name: no template $template; there are: $(cd "$HERE/../nix/templates" && for each in *.nix; do printf 'nixos-%s ' "${each%.nix}"; done)"
  dir=$(dir_of "$name")
  # Without its spec a folder is what a creation that was cut short left behind.
  rm -rf --one-file-system "$dir"
  upper=$dir/upper
  mkdir -p "$upper/etc/ssh" "$upper/etc/nixos" "$upper/root/.ssh" "$dir/work" "$dir/root" "$dir/nix"
  chmod 0700 "$upper/root" "$upper/root/.ssh" "$dir"
  cp -R "$HERE/guest/etc/." "$upper/etc/"
  if [ -n "$given" ]; then
    install -m 0600 "$given" "$upper/etc/ssh/ssh_host_ed25519_key"
  else
    host_key "$name" >/dev/null
    install -m 0600 "$STATE/hostkeys/$name" "$upper/etc/ssh/ssh_host_ed25519_key"
  fi
  ssh-keygen -y -f "$upper/etc/ssh/ssh_host_ed25519_key" >"$upper/etc/ssh/ssh_host_ed25519_key.pub"
  printf %s "$name" | sha256sum | cut -c1-32 >"$upper/etc/machine-id"
  echo "$name" >"$upper/etc/hostname"
  for nix in "$HERE/../nix/templates"/*.nix; do install -m 0644 "$nix" "$upper/etc/nixos/"; done
  mv "$upper/etc/nixos/${template#nixos-}.nix" "$upper/etc/nixos/configuration.nix"
  "$HERE/owner.sh" "$name" "$template" "$upper"
}

# What cloud-init tells a guest at each start: its address and who may log in.
configure() {
  dir=$(dir_of "$name")
  upper=$dir/upper
  if [ -n "$keys" ]; then cat "$keys" >"$upper/root/.ssh/authorized_keys"; fi
  touch "$upper/root/.ssh/authorized_keys"
  chmod 0600 "$upper/root/.ssh/authorized_keys"
  { printf '127.0.0.1 localhost\n::1 localhost\n%s %s\n' "${ip%/*}" "$name" && grep -v '^#' "$HERE/hosts.txt"; } >"$upper/etc/hosts"
  printf 'ip=%s\ngateway=%s\nmac=%s\ntemplate=%s\n' "$ip" "$gateway" "$mac" "$template" >"$dir/spec.new"
  mv "$dir/spec.new" "$dir/spec"
}

boot() {
  name=$1
  dir=$(dir_of "$name")
  clean_runtime "$name"
  root=${NIXMON_ROOT:-$("$HERE/root-image.sh")}
  programs=$("$HERE/programs.sh" "$root")
  bridge_up
  network_up "$name" "$(spec "$name" ip)" "$(spec "$name" mac)" "$(spec "$name" gateway)"
  mount -t overlay nixmon-sandbox -o "lowerdir=$root,upperdir=$dir/upper,workdir=$dir/work" "$dir/root" ||
    fail "host $name: cannot mount an overlay in $dir (file system: $(stat -f -c %T "$dir")). Set NIXMON_SANDBOX to a folder on ext4, xfs or btrfs"

  set -- --quiet --directory="$dir/root" --machine="$(netns_of "$name")" --hostname="$name" --register=no --keep-unit \
    --network-namespace-path="/run/netns/$(netns_of "$name")" --capability=CAP_NET_ADMIN,CAP_NET_RAW \
    --boot --console=interactive --link-journal=no --resolv-conf=off --timezone=off \
    --bind-ro="$programs:/usr/local" --bind="$dir/nix:/nix" --system-call-filter="adjtimex clock_adjtime" \
    --bind-ro="$HERE/guest:/usr/share/nixmon-sandbox/guest" --bind-ro="$(cd "$HERE/../nix" && pwd):/usr/share/nixmon-sandbox/nix"
  home=${programs%/*}/grafana-home
  [ ! -e "$home" ] || set -- "$@" --bind-ro="$(readlink -f "$home"):/usr/local/share/grafana"
  [ -z "${NIXPKGS_LIB:-}" ] || set -- "$@" --bind-ro="$NIXPKGS_LIB:/usr/share/nixmon-sandbox/nixpkgs-lib"

  # Detached, so that it outlives this script; everything in it can be found again by its control group.
  setsid "$HERE/supervise.sh" "$name" "$PREFIX" "$@" </dev/null >"$dir/console.log" 2>&1 &
  echo $! >"$dir/pid"
}

wait_for_ssh() {
  address=$(spec "$1" ip)
  address=${address%/*}
  end=$(($(date +%s) + BOOT_SECONDS))
  until ssh-keyscan -T 1 -t ed25519 "$address" 2>/dev/null | grep -q ssh-ed25519; do
    if ! running_pid "$1" >/dev/null && [ "$(($(date +%s) + BOOT_SECONDS - end))" -gt 3 ]; then boot_failed "$1" "stopped while it booted"; fi
    [ "$(date +%s)" -lt "$end" ] || boot_failed "$1" "has no sshd on $address after $BOOT_SECONDS s"
    sleep 0.1
  done
}

boot_failed() { # NAME WHAT
  console=$(dir_of "$1")/console.log
  tail -n 20 "$console" >&2
  if grep -q 'Too many open files' "$console"; then
    fail "host $1 $2: this machine's limit of $(cat /proc/sys/fs/inotify/max_user_instances) inotify instances is used up; each host takes about 7. 'sysctl fs.inotify.max_user_instances=1024' allows more"
  fi
  fail "host $1 $2 (console: $console)"
}

clean_runtime() {
  if pid=$(running_pid "$1"); then kill -s KILL "$pid" 2>/dev/null || true; fi
  cgroup_kill "$1"
  root=$(dir_of "$1")/root
  # tried, not looked up: the list of mounts also names those of another sandbox, below a folder that hides them (../apart.sh)
  while umount "$root" 2>/dev/null; do :; done
  umount -l "$root" 2>/dev/null || true
  network_down "$1"
  rm -f "$(dir_of "$1")/pid"
}

up() {
  name=$1
  shift
  valid_name "$name"
  demand_root
  mkdir -p "$STATE/machines"
  exec 8>"$STATE/machines/.$name.lock"
  flock 8
  if ! running_pid "$name" >/dev/null; then
    read_options "$name" "$@"
    [ -f "$(dir_of "$name")/spec" ] || create
    configure
    boot "$name" 8>&-
  fi
  wait_for_ssh "$name"
}

stop() {
  valid_name "$1"
  if pid=$(nspawn_pid "$1"); then
    kill -s TERM "$pid" 2>/dev/null || true # nspawn passes it on as an orderly power-off
    for _ in $(seq 100); do
      running_pid "$1" >/dev/null || break
      sleep 0.1
    done
  fi
  clean_runtime "$1"
}

down() {
  valid_name "$1"
  clean_runtime "$1"
  rm -rf --one-file-system "$(dir_of "$1")"
  rm -f "$STATE/machines/.$1.lock" "$STATE/hostkeys/$1" "$STATE/hostkeys/$1.pub"
}

down_all() {
  # Names come from every place where a host leaves something, because a crash may have lost any one of them.
  names=$({
    ls "$STATE/machines" 2>/dev/null
    ip netns list 2>/dev/null | sed -n "s/^$PREFIX-\\([a-z0-9-]*\\).*/\\1/p"
    cgroup_names
  } | sort -u)
  for each in $names; do down "$each"; done
  rm -f "$STATE"/machines/.*.lock
  rmdir "$STATE/machines" "$STATE/hostkeys" "$STATE" 2>/dev/null || true
  cgroup_remove_all
  bridge_down
}

list() {
  for folder in "$STATE"/machines/*/; do
    [ -f "$folder/spec" ] || continue
    name=$(basename "$folder")
    pid=$(running_pid "$name") && state=running || state=stopped
    printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$state" "$(spec "$name" ip)" "$(spec "$name" template)" "${pid:--}"
  done
}

inside() {
  name=$1
  shift
  pid=$(nspawn_pid "$name") || fail "host $name is not running"
  exec nsenter --target "$(pgrep -P "$pid" | head -n 1)" --all env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8 "$@"
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
up) up "${@:?name of the host is missing}" ;;
stop) for each in "$@"; do stop "$each"; done ;;
down) if [ "${1:-}" = --all ]; then down_all; else for each in "$@"; do down "$each"; done; fi ;;
list) list ;;
exec) inside "$@" ;;
host-key) host_key "$1" ;;
unplug) ip link set "$(veth_of "$1")" down ;;
plug) ip link set "$(veth_of "$1")" up ;;
cut-power) clean_runtime "$1" && up "$1" ;;
root) demand_root ;;
check)
  demand_root
  bridge_check
  port_check
  ;;
bridge) bridge_up ;;
*) sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0" ;;
esac
