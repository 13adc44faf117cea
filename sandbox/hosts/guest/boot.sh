#!/bin/sh
# What the boot loader and stage 2 do on NixOS, for a sandbox host: the system that was made the default is activated. One that
# was only tried (`test`) is gone after a reboot, exactly because nothing here knows of it.
set -eu
PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
DEFAULT=/boot/default-system

# When even the template's configuration cannot be evaluated, the host is reachable for repair and for nothing else.
ssh_only() {
  nft -f - <<'NFT'
table inet nixos-fw
delete table inet nixos-fw
table inet nixos-fw {
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state { established, related } accept
    icmp type echo-request accept
    meta l4proto { ipv6-icmp } accept
    tcp dport 22 accept
  }
}
NFT
}

case ${1:-} in
system)
  # A new host has no system yet: its template's configuration becomes the first generation.
  if [ ! -e "$DEFAULT/system.json" ] && ! nixos-rebuild boot; then
    ssh_only
    exit 1
  fi
  for link in /run/booted-system /run/current-system; do ln -sfn "$(readlink -f "$DEFAULT")" "$link"; done
  if [ -s "$DEFAULT/nftables" ]; then nft -f "$DEFAULT/nftables"; fi
  ;;
activate) exec "$DEFAULT/bin/switch-to-configuration" test ;;
*)
  echo "usage: boot.sh system|activate" >&2
  exit 2
  ;;
esac
