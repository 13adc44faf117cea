#!/bin/sh
# One host of hosts.sh, within its namespaces: sshd in the foreground, logging each connection.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
state=$1 number=$2 address=$3
mount -t proc proc /proc
mkdir -p /etc/nixos /nix
for folder in /etc/nixos /nix /run; do mount -t tmpfs tmpfs "$folder"; done
mkdir -p /run/sshd /run/fakes /run/timers /nix/store/plain-system/bin /nix/var/nix/profiles /nix/var/nix/gcroots
cp "$here"/../../agent/fake/* /run/fakes/
cp "$here/nixos-rebuild" "$here/systemd-run" /run/fakes/
cp /run/fakes/switch-to-configuration /nix/store/plain-system/bin/
ln -s /nix/store/plain-system /run/current-system
ln -s /nix/store/plain-system /nix/var/nix/profiles/system
echo node.service >/run/units
install -m 0600 "$state/keys/$number" /run/host_key
cp "$state/id_ed25519.pub" /run/authorized_keys
# hides the deployer's state folder too
mount -t tmpfs tmpfs /var/lib
node_exporter --web.listen-address="$address:9100" --log.level=error --collector.disable-defaults --collector.loadavg &
cat >/run/sshd_config <<CONFIG
HostKey /run/host_key
ListenAddress $address
PidFile none
AuthorizedKeysFile /run/authorized_keys
StrictModes no
PasswordAuthentication no
UsePAM no
LogLevel VERBOSE
Subsystem sftp internal-sftp
SetEnv PATH=/run/fakes:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin FAKES=/run/fakes HOME=/run
CONFIG
exec /usr/sbin/sshd -D -e -f /run/sshd_config
