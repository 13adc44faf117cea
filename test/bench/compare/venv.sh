#!/usr/bin/env bash
# Ansible and pyinfra in their pinned versions, in a folder of the cache; prints the folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${NIXMON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nixmon}
venv=$cache/bench-venv-$(sha256sum <"$here/requirements.txt" | cut -c1-12)
if [[ ! -e $venv/done ]]; then
  echo "bench: installing Ansible and pyinfra" >&2
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
  touch "$venv/done"
fi
echo "$venv"
