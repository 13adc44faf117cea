#!/usr/bin/env bash
# Installs the Debian packages that the sandbox and the tests need. Elsewhere, or
# without root, it lists what is missing and ends with 1. PostgreSQL and Redis are not
# among them: the hosts of the sandbox install their own.
set -euo pipefail

# Package, a program it brings (or a file), what for.
needs='
nix-bin            nix-instantiate    evaluates the NixOS modules
systemd-container  systemd-nspawn     the hosts of the sandbox
debootstrap        debootstrap        their root file system
nftables           nft                their firewall
iproute2           ip                 their network
openssh-client     ssh                pushes to the hosts
openssh-server     sshd               the hosts of the tests
shellcheck         shellcheck         checks the shell scripts
jq                 jq                 reads what the tools print
curl               curl               asks the servers
python3-venv       /usr/lib/python3.11/ensurepip   Python environments
python3-pip        /usr/lib/python3/dist-packages/pip   installs the PVE exporter
'

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
say() { printf 'tools: %s\n' "$*"; }

missing=() lines=()
while read -r package program purpose; do
  [[ -n $package ]] || continue
  if [[ $program == /* ]]; then
    # The folder's version differs between releases: any will do.
    compgen -G "${program/3.11/3*}" >/dev/null && continue
    program=${package#python3-}
  else
    command -v "$program" >/dev/null && continue
  fi
  missing+=("$package")
  lines+=("$(printf '  %-18s for %s (%s)' "$package" "$program" "$purpose")")
done <<<"$needs"
((${#missing[@]})) || exit 0

if [[ $EUID -ne 0 || ! -e /etc/debian_version ]] || ! command -v apt-get >/dev/null; then
  why='this is not Debian'
  [[ -e /etc/debian_version ]] && why='not root'
  {
    printf 'tools: error: missing here (%s, so install them yourself; names are those of Debian 12):\n' "$why"
    printf '%s\n' "${lines[@]}"
  } >&2
  exit 1
fi

# No service of theirs may start: invoke-rc.d asks this file, unless there is one.
policy=/usr/sbin/policy-rc.d
made_policy=
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  made_policy=1
fi
log=$(mktemp)
trap '[[ -z $made_policy ]] || rm -f "$policy"; rm -f "$log"' EXIT

started=$SECONDS
say "Debian packages ${missing[*]} ... installing"
install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -q
  apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "${missing[@]}"
}
install >"$log" 2>&1 </dev/null &
pid=$! next=20
while kill -0 "$pid" 2>/dev/null; do
  sleep 1
  if ((SECONDS - started >= next)); then
    say "still installing Debian packages ($((SECONDS - started)) s)"
    next=$((next + 20))
  fi
done
if ! wait "$pid"; then
  tail -n 15 "$log" >&2
  printf 'tools: error: apt-get did not install %s\n' "${missing[*]}" >&2
  exit 1
fi
say "Debian packages installed in $((SECONDS - started)) s"
