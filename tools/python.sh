#!/usr/bin/env bash
# Installs prometheus-pve-exporter with its pinned dependencies into a folder of the
# cache, for the Python 3.11 of Debian 12 whatever Python this machine has. The folder
# can be copied or mounted into such a machine and run there:
#   PYTHONPATH=DIR python3.11 -m pve_exporter     or     DIR/run
# $NIXMON_CACHE/pve-exporter is a link to it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

requirements="$here/pve-exporter/requirements.txt"
python_wanted=3.8 for_python=3.11

# find_python: sets `python` to one that has pip.
find_python() {
  local candidate have
  for candidate in /usr/bin/python3 python3; do
    have=$("$candidate" -c 'import sys, pip; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    at_least "$have" "$python_wanted" || continue
    python=$candidate
    return 0
  done
  fail "no Python $python_wanted or newer with pip found: install python3 and python3-pip"
}

install() {
  local target=$1 machine tag platforms=()
  machine=$(uname -m)
  for tag in manylinux_2_34 manylinux_2_28 manylinux_2_17 manylinux2014; do
    platforms+=(--platform "${tag}_$machine")
  done
  "$python" -m pip install --quiet --disable-pip-version-check --no-warn-script-location \
    --no-cache-dir --no-compile --no-deps --require-hashes --only-binary=:all: \
    --python-version "$for_python" --implementation cp "${platforms[@]}" \
    --target "$target" --requirement "$requirements"
  rm -rf "${target:?}/bin"
  cat >"$target/run" <<EOF
#!/bin/sh
# Runs the exporter that is in this folder.
dir=\$(dirname "\$(readlink -f "\$0")")
PYTHONPATH=\$dir\${PYTHONPATH:+:\$PYTHONPATH} PYTHONDONTWRITEBYTECODE=1 exec python$for_python -m pve_exporter "\$@"
EOF
  chmod 755 "$target/run"
}

prepare_cache
version=$(sed -n 's/^prometheus-pve-exporter==\([0-9.]*\).*/\1/p' "$requirements")
pin=$(cat "$requirements" "${BASH_SOURCE[0]}" | sha256sum | cut -c1-12)
folder=pve-exporter-$pin

take_lock
if [[ -x $cache/$folder/run ]]; then
  link "$folder" "$cache/pve-exporter"
  say "pve-exporter $version cached"
  exit 0
fi
started=$SECONDS log="$cache/log/pve-exporter.log" work="$cache/.$folder.$$"
find_python
say "pve-exporter $version ... installing"
trap 'rm -rf "$work"' EXIT
install "$work" >"$log" 2>&1 9>&- &
pid=$! next=20
while kill -0 "$pid" 2>/dev/null; do
  sleep 1
  if ((SECONDS - started >= next)); then
    say "still installing pve-exporter ($((SECONDS - started)) s)"
    next=$((next + 20))
  fi
done
wait "$pid" || fail "pve-exporter $version was not installed: $(tail -n 1 "$log" | cut -c1-160); the log is $log"
mv "$work" "$cache/$folder"
link "$folder" "$cache/pve-exporter"
say "pve-exporter $version installed in $((SECONDS - started)) s"
