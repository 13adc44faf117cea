#!/usr/bin/env bash
# Sourced by all.sh, in the checkout: `step NAME COMMAND...` runs one kind of test, `finish` says what came of all of them and ends.
# A kind that cannot run here, or not as a whole, prints `skip - WHAT: WHY` for each test or group that it left out.
logs=${NIXMON_TEST_LOGS:-build/test}
mkdir -p "$logs"
passed=0 failed=0 skipped=0
failures=() skips=()

# step NAME COMMAND...: a last line `N passed, N failed` or `N passed, N failed, N skipped` counts as printed, else the exit code counts as one test.
step() {
  local name=$1 log="$logs/$1.log" code=0 counts p f s line start=$SECONDS
  shift
  printf '\n=== %s\n' "$name"
  "$@" 2>&1 | tee "$log"
  code=${PIPESTATUS[0]}
  counts=$(grep -oE '[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?' "$log" | tail -n 1)
  if [[ -n $counts ]]; then
    read -r p _ f _ s _ <<<"${counts//,/}"
    # a runner that failed without naming a failed test still failed
    [[ $code -ne 0 && $f -eq 0 ]] && f=1
  elif [[ $code -eq 0 ]]; then
    p=1 f=0
  else
    p=0 f=1
  fi
  s=${s:-0}
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  [[ $f -gt 0 ]] && failures+=("$name: $f failed, see $log")
  while IFS= read -r line; do skips+=("$name: ${line#skip - }"); done < <(grep '^skip - ' "$log")
  printf -- '--- %s: %s (%d s)\n' "$name" "$(counted "$p" "$f" "$s")" "$((SECONDS - start))"
  return "$code"
}

counted() { # PASSED FAILED SKIPPED
  printf '%d passed, %d failed' "$1" "$2"
  if [[ $3 -gt 0 ]]; then printf ', %d skipped' "$3"; fi
}

finish() {
  printf '\n'
  for line in "${skips[@]:-}"; do [[ -n $line ]] && printf 'skipped: %s\n' "$line"; done
  for line in "${failures[@]:-}"; do [[ -n $line ]] && printf '%s\n' "$line"; done
  printf '%s\n' "$(counted "$passed" "$failed" "$skipped")"
  [[ $failed -eq 0 ]]
  exit
}
