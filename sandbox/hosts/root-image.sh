#!/bin/sh
# Makes the root file system that every sandbox host is a copy-on-write layer over, and prints its path on stdout.
# It is a plain Debian with systemd, sshd, Nix, PostgreSQL and Redis in which nothing but sshd is enabled: what runs on a
# host comes from the NixOS configuration that is evaluated there.
#
# usage: root-image.sh            progress goes to stderr, one line at least every 20 s
# env:   NIXMON_CACHE             folder that keeps the image and the packages (default ~/.cache/nixmon)
#        NIXMON_DEBIAN_MIRROR     Debian mirror (default: the one this machine's apt uses, else debootstrap's own)
set -eu
umask 022

SUITE=bookworm
PACKAGES=systemd,systemd-sysv,libnss-systemd,dbus,openssh-server,nix-bin,libdbi-perl,postgresql,redis-server,nftables,iproute2,iputils-ping,curl,python3,ca-certificates,tar,gzip,procps,util-linux

fail() {
  echo "root image: $*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail "needs root (debootstrap makes device nodes and file owners), runs as uid $(id -u): use sudo"
command -v debootstrap >/dev/null || fail "debootstrap is not installed: run 'make tools' or install the package debootstrap"

CACHE=${NIXMON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nixmon}
PIN=$(sha256sum "$0" | cut -c1-12)
ROOT=$CACHE/root-$PIN
mkdir -p "$CACHE/debs"

# One builder at a time: the second caller waits, then finds the image made.
exec 9>"$CACHE/root.lock"
flock 9

if [ -e "$ROOT/.complete" ]; then
  echo "$ROOT"
  exit 0
fi

# What a build that was killed left behind. debootstrap mounts /proc and /sys in there: unmount, or rm would walk into them.
for left in "$CACHE"/root-*.partial; do
  [ -d "$left" ] || continue
  awk -v at="$left/" 'index($2, at) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mounted; do umount -l "$mounted"; done
  rm -rf --one-file-system "$left"
done

mirror=${NIXMON_DEBIAN_MIRROR:-}
if [ -z "$mirror" ] && command -v apt-get >/dev/null; then
  # shellcheck disable=SC2016  # apt-get, not the shell, fills these in
  mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
    awk -v suite="$SUITE" '$2 == suite && $3 == "main" { print $1; exit }')
fi

WORK=$ROOT.partial
echo "root image: debootstrap of Debian $SUITE into $ROOT (about a minute)" >&2
(
  while sleep 15; do echo "root image: still at it, $(du -sm "$WORK" 2>/dev/null | cut -f1) MB so far" >&2; done
) 9>&- &
ticker=$!
trap 'kill $ticker 2>/dev/null || true' EXIT
debootstrap --variant=minbase --include="$PACKAGES" --cache-dir="$CACHE/debs" "$SUITE" "$WORK" ${mirror:+"$mirror"} \
  >"$CACHE/root.log" 2>&1 9>&- || {
  tail -n 15 "$CACHE/root.log" >&2
  fail "debootstrap failed (whole log: $CACHE/root.log). Check that the Debian mirror ${mirror:-of debootstrap} answers, then run again"
}

# Nothing that Debian packages ship is started but sshd and dbus: PostgreSQL, Redis and the firewall become units of the
# NixOS configuration, under NixOS' names and with NixOS' data folders.
rm -rf "$WORK"/etc/systemd/system/*.wants/* "$WORK/etc/systemd/system/redis.service" "$WORK"/lib/systemd/system/postgresql*.service \
  "$WORK"/lib/systemd/system/redis-server*.service "$WORK"/lib/systemd/system-generators/postgresql-generator \
  "$WORK"/lib/systemd/system/nftables.service "$WORK"/lib/systemd/system/rc-local.service \
  "$WORK"/etc/init.d/postgresql "$WORK"/etc/init.d/redis-server
for unit in getty.target console-getty.service systemd-logind.service systemd-timesyncd.service systemd-networkd.service \
  systemd-resolved.service systemd-firstboot.service systemd-update-utmp.service ldconfig.service \
  systemd-udevd.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer; do
  ln -sf /dev/null "$WORK/etc/systemd/system/$unit"
done
mkdir -p "$WORK/etc/systemd/system/multi-user.target.wants"
ln -s /lib/systemd/system/ssh.service "$WORK/etc/systemd/system/multi-user.target.wants/ssh.service"
ln -sf /lib/systemd/system/multi-user.target "$WORK/etc/systemd/system/default.target"
# The data of the one cluster that the package made, and Debian's wrappers around the programs: NixOS has the programs on PATH.
rm -rf "$WORK"/var/lib/postgresql/* "$WORK"/etc/postgresql/* "$WORK"/etc/redis/*
for program in "$WORK"/usr/lib/postgresql/*/bin/*; do
  ln -sf "${program#"$WORK"}" "$WORK/usr/local/bin/${program##*/}"
done

# Each host gets its own: a shared host key would make a pinned key mean nothing.
rm -f "$WORK"/etc/ssh/ssh_host_* "$WORK/etc/machine-id" "$WORK/etc/hostname" "$WORK/etc/resolv.conf"
cat >"$WORK/etc/ssh/sshd_config" <<'SSHD'
# nixmon sandbox host. A NixOS configuration adds to it through sshd_config.d.
Include /etc/ssh/sshd_config.d/*.conf
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
UsePAM no
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
SSHD
mkdir -p "$WORK/etc/nix" "$WORK/etc/nixos" "$WORK/etc/systemd/journald.conf.d"
# Root owns the store itself, without a daemon and without build users.
printf 'build-users-group =\nsandbox = false\nsubstitute = false\n' >"$WORK/etc/nix/nix.conf"
# There is no udev in a container: socket units that wait for it would only fail.
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=64M\nForwardToConsole=no\nReadKMsg=no\n' >"$WORK/etc/systemd/journald.conf.d/sandbox.conf"
printf '#!/bin/sh\nexit 101\n' >"$WORK/usr/sbin/policy-rc.d"
chmod 0755 "$WORK/usr/sbin/policy-rc.d"
rm -rf "$WORK"/var/cache/apt/archives/*.deb "$WORK"/var/lib/apt/lists/* "$WORK"/usr/share/doc/* "$WORK"/usr/share/man/*

date -u +%Y-%m-%dT%H:%M:%SZ >"$WORK/.complete"
mv "$WORK" "$ROOT"
echo "root image: made, $(du -sm "$ROOT" | cut -f1) MB" >&2
echo "$ROOT"
