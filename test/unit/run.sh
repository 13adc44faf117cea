#!/usr/bin/env bash
# The jest unit tests, with their count in the form that test/all.sh adds up.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/test
npx jest --ci --json --outputFile=build/test/jest.json
code=$?
node test/count.js build/test/jest.json
exit "$code"
