#!/usr/bin/env bash
# The engine tests: a sandbox of their own, made before and removed after. Needs root; says so where it is not.
# usage: run.sh [alone|apart|rest], see jest.engine.config.js; default: all of them. `alone` makes no sandbox.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
if [[ $(id -u) -ne 0 ]]; then
  echo "engine tests: not run, since the sandbox needs root (network namespaces, mounts); got uid $(id -u)"
  echo "0 passed, 1 failed"
  exit 1
fi
mkdir -p build/test
export NIXMON_ENGINE_PART=${1:-}
if [[ $NIXMON_ENGINE_PART == alone ]]; then
  # the engine's state, and nothing else of a sandbox
  export NIXMON_SANDBOX=$PWD/build/engine/alone
  rm -rf "$NIXMON_SANDBOX" && mkdir -p "$NIXMON_SANDBOX/state"
fi
report=build/test/engine${1:+-$1}.json
npx jest --config jest.engine.config.js --ci --json --outputFile="$report"
code=$?
node test/count.js "$report"
exit "$code"
