#!/usr/bin/env bash
# Builds the sandbox's stand-ins (sandbox/standins) into the cache, keyed by their files and the Go version, and links them into its bin.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

folder="$here/../sandbox/standins"
prepare_cache
take_lock
go=''
if command -v go >/dev/null; then go=$(go_version); fi
pin=$({ cd "$folder" && find . -type f ! -name '*_test.go' ! -name '*.md' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; echo "$go"; } |
  sha256sum | cut -c1-12)
store="$cache/store/standins-$pin"
state=cached
if [[ ! -d $store ]]; then
  demand "$(go_problem "$folder/go.mod")"
  work="$cache/store/.standins.$$"
  scraps=("$work")
  say "stand-ins for Loki, Grafana, Alloy and Kanidm ... building"
  quietly "$cache/log/standins.log" "building the stand-ins" "$folder/build.sh" "$work"
  ((code == 0)) || fail "the stand-ins did not build: $(tail -n 1 "$cache/log/standins.log" | cut -c1-160); the log is $cache/log/standins.log"
  mv "$work" "$store"
  state="built in $SECONDS s"
fi
for program in "$store"/*; do link "$program" "$cache/bin/${program##*/}"; done
say "stand-ins for Loki, Grafana, Alloy and Kanidm $state"
