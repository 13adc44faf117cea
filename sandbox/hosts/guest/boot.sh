#!/bin/sh
# What the boot loader and stage 1 do on NixOS, for a sandbox host: the system that was made the default is activated. One that
# was only tried (`test`) is gone after a reboot, exactly because nothing here knows of it.
set -eu
DEFAULT=/boot/default-system

case ${1:-} in
firewall)
  if [ -s "$DEFAULT/nftables" ]; then
    nft -f "$DEFAULT/nftables"
  else
    # First boot: nothing but ssh until the template's configuration has been activated.
    nft -f - <<'NFT'
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
  fi
  ;;
activate)
  if [ -e "$DEFAULT" ]; then
    ln -sfn "$(readlink -f "$DEFAULT")" /run/booted-system
    exec "$DEFAULT/bin/switch-to-configuration" test
  fi
  exec /usr/local/bin/nixos-rebuild switch
  ;;
*)
  echo "usage: boot.sh firewall|activate" >&2
  exit 2
  ;;
esac
