#!/bin/sh
# Builds the four stand-ins into a folder, static and without cgo. Usage: build.sh DIR
# tools/standins.sh decides whether a build is needed.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: build.sh DIR" >&2
  exit 2
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"
for name in loki grafana alloy kanidmd; do
  started=$(date +%s)
  # Built beside and moved: a running copy of the old program must not be written to.
  CGO_ENABLED=0 nice go build -trimpath -ldflags "-s -w" -o "$out/.$name.new" "./cmd/$name"
  mv -f "$out/.$name.new" "$out/$name"
  echo "stand-in $name: built in $(($(date +%s) - started)) s"
done
