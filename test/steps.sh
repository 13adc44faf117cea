#!/usr/bin/env bash
# Sourced by all.sh, in the checkout: `step NAME COMMAND...` runs one kind of test, `finish` says what came of all of them and ends.
# A kind that cannot run here, or not as a whole, prints `skip - WHAT: WHY` for each test or group that it left out.
logs=${NIXMON_TEST_LOGS:-build/test}
mkdir -p "$logs"
# A line for each kind: NAME PASSED FAILED SKIPPED
results=$logs/results
: >"$results"

# step NAME COMMAND...: a last line `N passed, N failed` or `N passed, N failed, N skipped` counts as printed, else the exit code counts as one test.
step() {
  local name=$1 log="$logs/$1.log" code=0 counts p f s start=$SECONDS
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
  echo "$name $p $f ${s:-0}" >>"$results"
  printf -- '--- %s: %s (%d s)\n' "$name" "$(counted "$p" "$f" "${s:-0}")" "$((SECONDS - start))"
  return "$code"
}

# aside FUNCTION: runs its steps beside what follows; `rejoin` waits for them and shows what they printed.
asides=()
aside() {
  rm -f "$logs/$1.ended"
  (
    "$1"
    : >"$logs/$1.ended"
  ) >"$logs/$1.aside" 2>&1 &
  asides+=("$1")
}
rejoin() {
  wait
  for name in "${asides[@]}"; do
    cat "$logs/$name.aside"
    [[ -e $logs/$name.ended ]] || echo "$name 0 1 0" >>"$results"
  done
}

counted() { # PASSED FAILED SKIPPED
  printf '%d passed, %d failed' "$1" "$2"
  if [[ $3 -gt 0 ]]; then printf ', %d skipped' "$3"; fi
}

finish() {
  local name p f s passed=0 failed=0 skipped=0
  printf '\n'
  while read -r name p f s; do
    [[ ! -e $logs/$name.log ]] || sed -n "s/^skip - /skipped: $name: /p" "$logs/$name.log"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  done <"$results"
  awk -v logs="$logs" '$3 > 0 { print $1 ": " $3 " failed, see " logs "/" $1 ".log" }' "$results"
  printf '%s\n' "$(counted "$passed" "$failed" "$skipped")"
  [[ $failed -eq 0 ]]
  exit
}
