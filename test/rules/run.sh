#!/bin/sh
# Checks every alert rule and runs its promtool tests: test/rules/run.sh [subject...], for instance `run.sh redis`.
# promtool is taken from PATH, else from the tools that `make tools` built.
set -eu
cd "$(dirname "$0")/../.."
PATH="$PATH:${NIXMON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nixmon}/bin"
if ! command -v promtool >/dev/null; then
  echo "promtool: not found in PATH, wanted any 2.40 or newer; build it with 'make tools'" >&2
  exit 1
fi
node test/rules/render.js
promtool check rules --lint=none build/rules/*.yaml
if [ $# -eq 0 ]; then
  set -- alerts/tests/*.test.yaml
else
  for subject in "$@"; do
    shift
    set -- "$@" "alerts/tests/$subject.test.yaml"
  done
fi
promtool test rules "$@"
echo "$(cat "$@" | grep -c "^  - name:") passed, 0 failed"
