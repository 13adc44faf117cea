#!/usr/bin/env bash
# The fault table, with the real engine on the sandbox's hosts. Needs root and a build.
#   run.sh               every fault; writes the lines of docs/faults.md for those that end well
#   run.sh --third       a representative third of them: each `make test` does this
#   run.sh --only NAME   one, by its name in test/faults/faults.ts; or several, with commas between; writes their lines
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
case ${1:-} in
"") export NIXMON_FAULTS=all ;;
--third) export NIXMON_FAULTS=third ;;
--only) export NIXMON_FAULTS=${2:?--only wants the name of a fault} ;;
*)
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
if [[ $(id -u) -ne 0 ]]; then
  echo "fault tests: not run, since the sandbox needs root (network namespaces, mounts); got uid $(id -u)"
  echo "0 passed, 1 failed"
  exit 1
fi
mkdir -p build/test
npx jest --config jest.faults.config.js --ci --json --outputFile=build/test/faults.json
code=$?
node test/count.js build/test/faults.json
exit "$code"
