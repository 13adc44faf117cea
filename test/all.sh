#!/usr/bin/env bash
# Runs every kind of test and ends with one line: `N passed, N failed`. A kind that cannot run here is a failure or prints its reason.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
logs=build/test
mkdir -p "$logs"
passed=0
failed=0
failures=()

# step NAME COMMAND...: a last line `N passed, N failed` counts as printed, else the exit code counts as one test.
step() {
  local name=$1 log="$logs/$1.log" code=0 counts start=$SECONDS
  shift
  printf '\n=== %s\n' "$name"
  "$@" 2>&1 | tee "$log"
  code=${PIPESTATUS[0]}
  counts=$(grep -oE '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
  if [[ -n $counts ]]; then
    read -r p _ f _ <<<"${counts//,/}"
    # a runner that failed without naming a failed test still failed
    [[ $code -ne 0 && $f -eq 0 ]] && f=1
  elif [[ $code -eq 0 ]]; then
    p=1 f=0
  else
    p=0 f=1
  fi
  passed=$((passed + p))
  failed=$((failed + f))
  [[ $f -gt 0 ]] && failures+=("$name: $f failed, see $log")
  printf -- '--- %s: %d passed, %d failed (%d s)\n' "$name" "$p" "$f" "$((SECONDS - start))"
  return "$code"
}

finish() {
  printf '\n'
  for line in "${failures[@]:-}"; do [[ -n $line ]] && printf '%s\n' "$line"; done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [[ $failed -eq 0 ]]
  exit
}

step tools make --no-print-directory tools || finish
step build make --no-print-directory build || finish
export PATH="${NIXMON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nixmon}/bin:$PATH"

step types npm run --silent types
step lint npm run --silent lint
step unit test/unit/run.sh
step shell test/shell.sh
step preflight test/preflight/run.sh
step go test/go.sh
step nix test/nix/run.sh
step docs node dist/cli/docs.js --check
step rules test/rules/run.sh
step routing test/with-tools.sh routing
step logs test/with-tools.sh logs
step property test/with-tools.sh property
step render test/render/run.sh
step agent test/agent/run.sh
step engine test/engine/run.sh
step faults test/faults/run.sh --third
finish
