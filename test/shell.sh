#!/usr/bin/env bash
# Shellcheck over every shell file that git knows or would know; one test a file.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
while IFS= read -r file; do
  if [[ ! -f $file ]] || ! head -n 1 "$file" | grep -qE '^#!.*\b(ba)?sh\b'; then continue; fi
  if shellcheck -x "$file"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done < <(git ls-files --cached --others --exclude-standard)
# The agent's parts are one script on a host, and are checked as one.
if cat agent/*.sh agent/nixmon-agent | shellcheck --shell=sh --exclude=SC2015 -; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
