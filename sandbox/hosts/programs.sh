#!/bin/sh
# Collects the programs that sandbox hosts run into one folder and prints its path on stdout; hosts see it as /usr/local.
# Hard links: no copies of large programs, and no symbolic links that point outside of what a host can see.
# env: NIXMON_CACHE (tools are taken from its bin/); $1 = root image
set -eu
umask 022

CACHE=${NIXMON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nixmon}
ROOT=$1
SHARE=/usr/share/nixmon-sandbox
TARGET=$CACHE/host-programs

# share/grafana is where machine.sh mounts the home of a real Grafana
mkdir -p "$TARGET/bin" "$TARGET/lib" "$TARGET/share/grafana"
exec 9>"$CACHE/host-programs.lock"
flock 9

# place FILE NAME: in one step, so that a host that looks meanwhile sees the old program or the new one
place() {
  if [ "$(stat -c %d:%i:%s:%Y "$1")" = "$(stat -c %d:%i:%s:%Y "$TARGET/bin/$2" 2>/dev/null)" ] || cmp -s "$1" "$TARGET/bin/$2"; then return 0; fi
  rm -f "$TARGET/bin/.$2.new"
  ln "$1" "$TARGET/bin/.$2.new" 2>/dev/null || cp "$1" "$TARGET/bin/.$2.new"
  mv -f "$TARGET/bin/.$2.new" "$TARGET/bin/$2"
}

for tool in "$CACHE"/bin/*; do
  [ -x "$tool" ] || continue
  case ${tool##*/} in pulumi*) ;; *) place "$(readlink -f "$tool")" "${tool##*/}" ;; esac
done

# NixOS has these on PATH; Debian hides them in a folder per version.
for program in "$ROOT"/usr/lib/postgresql/*/bin/*; do
  [ -e "$program" ] && ln -sfn "${program#"$ROOT"}" "$TARGET/bin/${program##*/}"
done
ln -sfn "$SHARE/guest/nixos-rebuild" "$TARGET/bin/nixos-rebuild"
printf '#!/bin/sh\ncat /run/current-system/nixos-version\n' >"$TARGET/bin/.nixos-version.new"
chmod 0755 "$TARGET/bin/.nixos-version.new"
mv -f "$TARGET/bin/.nixos-version.new" "$TARGET/bin/nixos-version"

# The exporter for Proxmox VE is a Python package in a folder of its own, with a `run` in it.
if [ -x "$CACHE/pve-exporter/run" ]; then
  package=$(readlink -f "$CACHE/pve-exporter")
  name=${package##*/}
  if [ ! -d "$TARGET/lib/$name" ]; then
    rm -rf "$TARGET/lib/.$name.new"
    cp -al "$package" "$TARGET/lib/.$name.new" 2>/dev/null || cp -a "$package" "$TARGET/lib/.$name.new"
    mv "$TARGET/lib/.$name.new" "$TARGET/lib/$name"
  fi
  ln -sfn "../lib/$name/run" "$TARGET/bin/pve_exporter"
fi
echo "$TARGET"
