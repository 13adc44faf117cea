#!/usr/bin/env bash
# A step of the Makefile that may take long: its output is shown when it fails, and one line each 20 s says that it still runs.
# Usage: quietly.sh NAME WHAT COMMAND...     (WHAT as in "still WHAT (20 s)")
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

name=$1 what=$2
shift 2
prepare_cache
say "$name: $what"
quietly "$cache/log/$name.log" "$what" "$@"
if ((code)); then
  cat "$cache/log/$name.log" >&2
  fail "$name failed; the log is $cache/log/$name.log"
fi
