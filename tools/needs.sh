#!/usr/bin/env bash
# What this machine must bring itself. All that is missing is told at once, before anything is installed or built: Go and Node
# (Debian's are too old), and, where we can't install them (not root, or no apt-get), the packages. As root on Debian the
# packages are installed. PostgreSQL and Redis are not among them: the hosts of the sandbox install their own.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

# Package of Debian 12, a program it brings, what for.
packages='
nix-bin            nix-instantiate  evaluates the NixOS modules
systemd-container  systemd-nspawn   the hosts of the sandbox
debootstrap        debootstrap      their root file system
nftables           nft              their firewall
iproute2           ip               their network
procps             pgrep            finds their processes
util-linux         unshare          keeps the tests apart
openssh-client     ssh              pushes to the hosts
openssh-server     sshd             the hosts of the tests
openssl            openssl          certificate of the simulated Proxmox API
git                git              lists the files to check
shellcheck         shellcheck       checks the shell scripts
jq                 jq               reads what the tools print
curl               curl             asks the servers
python3-pip        pip              installs the PVE exporter
python3-jinja2     jinja2           renders the example for Home Assistant
'

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
have() {
  case $1 in
  pip) find_python ;;
  jinja2) /usr/bin/python3 -c 'import jinja2' 2>/dev/null || python3 -c 'import jinja2' 2>/dev/null ;;
  *) command -v "$1" >/dev/null ;;
  esac
}

missing=() lines=()
while read -r package program purpose; do
  if [[ -z $package ]] || have "$program"; then continue; fi
  missing+=("$package")
  lines+=("$(printf '%-18s for %s (%s)' "$package" "$program" "$purpose")")
done <<<"$packages"

wrong=()
for problem in go_problem node_problem; do
  said=$("$problem")
  [[ -z $said ]] || wrong+=("$said")
done
if ((${#missing[@]})); then
  why=''
  [[ $EUID -eq 0 ]] || why='not root'
  command -v apt-get >/dev/null || why='there is no apt-get'
  [[ -z $why ]] || wrong+=("packages missing and $why, so install them yourself (names are those of Debian 12):" "${lines[@]/#/  }")
fi
if ((${#wrong[@]})); then
  printf 'tools: error: nothing was installed or built, because this is missing:\n' >&2
  printf '  %s\n' "${wrong[@]}" >&2
  exit 1
fi
((${#missing[@]})) || exit 0

# No service of theirs may start: invoke-rc.d asks this file, unless there is one.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  scraps+=("$policy")
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
install() {
  set -e
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -q
  apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "${missing[@]}"
}
prepare_cache
log="$cache/log/debian.log"
say "Debian packages ${missing[*]} ... installing"
quietly "$log" "installing Debian packages" install
if ((code)); then
  tail -n 15 "$log" >&2
  fail "apt-get did not install ${missing[*]}; the log is $log"
fi
say "Debian packages installed in $SECONDS s"
