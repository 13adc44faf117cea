#!/usr/bin/env bash
# The pins of tools/, and `go vet` and the tests of the sandbox's stand-ins.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
for check in tools/check.sh "go -C sandbox/standins vet ./..." "go -C sandbox/standins test ./..."; do
  # each is a plain list of words
  # shellcheck disable=SC2086
  if $check; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
