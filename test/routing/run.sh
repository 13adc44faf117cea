#!/usr/bin/env bash
# The routes of alerts, by the real Alertmanager, to stand-ins of the services that refuse what the real ones would refuse.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
PATH="$PATH:${NIXMON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nixmon}/bin"
if ! command -v alertmanager >/dev/null || ! command -v amtool >/dev/null; then
  echo "alertmanager, amtool: not found in PATH; build them with 'make tools'" >&2
  echo "0 passed, 1 failed"
  exit 1
fi
mkdir -p build/test
npx jest --config jest.routing.config.js --ci --json --outputFile=build/test/routing.json
code=$?
jq -r '"\(.numPassedTests) passed, \(.numFailedTests + .numRuntimeErrorTestSuites) failed"' build/test/routing.json
exit "$code"
