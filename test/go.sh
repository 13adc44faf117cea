#!/usr/bin/env bash
# `go vet` and the tests of every Go module with sources of our own.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
while IFS= read -r module; do
  folder=$(dirname "$module")
  git ls-files --cached --others --exclude-standard "$folder" | grep -q '\.go$' || continue
  if (cd "$folder" && go vet ./... && go test ./...); then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done < <(git ls-files --cached --others --exclude-standard '*go.mod')
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
