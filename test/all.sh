#!/usr/bin/env bash
# Runs every kind of test. Last line: `N passed, N failed`, and `, N skipped` where something was left out; why is said above it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=test/steps.sh
. test/steps.sh

step tools make --no-print-directory tools || finish
step build make --no-print-directory build || finish
export PATH="${NIXMON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nixmon}/bin:$PATH"

# It takes the sandbox's own addresses, so before there is one.
step preflight test/preflight/run.sh

# agent first: it is as idle as the tests of an alert's path, which begin at the same time and have a clock
# shellcheck disable=SC2317 # `aside` calls it
mostly_without_sandbox() {
  step agent test/agent/run.sh
  step render test/render/run.sh
  step docs node dist/cli/docs.js --check
  step nix test/nix/run.sh
  step rules test/rules/run.sh
  step types npm run --silent types
  step lint npm run --silent lint
  step unit test/unit/run.sh
  step shell test/shell.sh
  step go test/go.sh
  step routing test/with-tools.sh routing
  step logs test/with-tools.sh logs
  step property test/with-tools.sh property
  step trust test/with-tools.sh trust
  step engine-alone test/engine/run.sh alone
  step faults sandbox/apart.sh faults test/faults/run.sh --third
}

# shellcheck disable=SC2317 # `aside` calls it
on_another_sandbox() {
  step engine-apart sandbox/apart.sh tests test/engine/run.sh apart
}

# Tests on hosts wait more than they work, so three kinds run beside each other; what those aside print comes after the rest.
aside mostly_without_sandbox
aside on_another_sandbox
step engine test/engine/run.sh rest
rejoin
finish
