#!/usr/bin/env bash
# Tests of one folder that need real programs: test/with-tools.sh routing|logs|property|trust. Says which program is missing.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
PATH="$PATH:${NIXMON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nixmon}/bin"
folder=${1:?which folder of test/}
for program in alertmanager amtool promtool alloy-syntax loki nix-instantiate; do
  if ! command -v "$program" >/dev/null; then
    echo "$program: not found in PATH; build or install it with 'make tools'" >&2
    echo "0 passed, 1 failed"
    exit 1
  fi
done
mkdir -p build/test
npx jest --config jest.tools.config.js --ci --json --outputFile="build/test/$folder.json" "test/$folder/"
code=$?
node test/count.js "build/test/$folder.json"
exit "$code"
