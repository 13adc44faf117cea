#!/usr/bin/env bash
# `make sandbox-down`: removes machines, network, simulated API, state. Works after a crash half-way, and without a build.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=sandbox/env.sh
. sandbox/env.sh
[[ -f dist/cli/sandbox.js ]] || make --no-print-directory build
exec node dist/cli/sandbox.js down
