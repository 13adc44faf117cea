#!/usr/bin/env bash
# Puts Loki, Grafana, Alloy and Kanidm for the sandbox's hosts into the cache's bin, and says of each which it is: the real program where
# PATH has one that runs on those hosts, else our stand-in (sandbox/standins), built and kept by its files and the Go version.
#
#   standins.sh           resolve
#   standins.sh --list    show what would be used; builds nothing
# env: NIXMON_STANDINS    names of programs that shall be stand-ins even so, as in "loki grafana"
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

folder="$here/../sandbox/standins"

# Program, first version that reads what is written for it here.
programs='
loki     3.0.0
grafana  12.0.0
alloy    1.9.0
kanidmd  -
'

# The C library of the hosts' root image (Debian 12) and what belongs to it: all that a program may need there.
image_glibc=2.36
image_libraries=' /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 linux-vdso.so.1 libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 librt.so.1 libresolv.so.2 libutil.so.1 libgcc_s.so.1 '

# wont_run FILE: says why a program does not run on the sandbox's hosts, nothing where it does.
wont_run() {
  local file=$1 needs library version
  if [[ $(head -c 4 "$file" | tr -d '\177\0') != ELF ]]; then
    echo "$file is a script, whose program the hosts do not see: put the program itself on PATH"
    return 0
  fi
  # static programs need nothing, and ldd fails on them
  needs=$(ldd -v "$file" 2>/dev/null) || return 0
  # the first block is what is needed, the one after the file's own name the versions it needs
  while read -r library _ place _; do
    [[ ${place:-} != /nix/store/* ]] || library=$place
    if [[ $image_libraries != *" $library "* ]]; then
      echo "$file needs $library, which the hosts' image does not have"
      return 0
    fi
  done < <(sed '/Version information/,$d; /^\s*$/d; /statically linked/d' <<<"$needs")
  version=$(sed -n "\\|^\\s*$file:\$|,/^\\s*\\//{s/.*(GLIBC_\\([0-9.]*\\)).*/\\1/p}" <<<"$needs" | sort -V | tail -n 1)
  at_least "$image_glibc" "${version:-0}" || echo "$file needs the C library $version, the hosts have $image_glibc"
}

# home_of FILE: Grafana's home, which holds its defaults and pages.
home_of() {
  local candidate at
  at=$(dirname "$(readlink -f "$1")")/..
  for candidate in "$at" "$at/share/grafana"; do
    if [[ -e $candidate/conf/defaults.ini && -d $candidate/public ]]; then
      (cd "$candidate" && pwd)
      return 0
    fi
  done
  return 1
}

# real NAME MIN: sets `path` and `found` where the real program can be used; else fails and sets `why`.
real() {
  local name=$1 min=$2
  why=''
  if [[ " ${NIXMON_STANDINS:-} " == *" $name "* ]]; then
    why='NIXMON_STANDINS names it'
  elif ! path=$(PATH=$outer_path command -v -- "$name"); then
    why='not on PATH'
  elif timeout 5 "$path" --version 2>&1 </dev/null | grep -qi 'stand-in'; then
    why="$path says that it is a stand-in"
  elif [[ $name == kanidmd ]]; then
    why="$path would have no people and no clients: on NixOS those come by kanidm-provision and a patched Kanidm"
  elif ! on_path "$name" "$min"; then
    why="$path is ${found:-of unknown version}, $min or newer wanted"
  elif why=$(wont_run "$(readlink -f "$path")") && [[ -z $why && $name == grafana ]]; then
    home=$(home_of "$path") || why="$path has no home beside it (conf/defaults.ini, public)"
  fi
  [[ -z $why ]]
}

# build: makes $store where it is not there.
build() {
  local work
  state=cached
  [[ ! -d $store ]] || return 0
  demand "$(go_problem "$folder/go.mod")"
  work="$cache/store/.standins.$$"
  scraps=("$work")
  say "stand-ins for Loki, Grafana, Alloy and Kanidm ... building"
  quietly "$cache/log/standins.log" "building the stand-ins" "$folder/build.sh" "$work"
  ((code == 0)) || fail "the stand-ins did not build: $(tail -n 1 "$cache/log/standins.log" | cut -c1-160); the log is $cache/log/standins.log"
  mv "$work" "$store"
  state="built in $SECONDS s"
}

# --- main ------------------------------------------------------------------------

prepare_cache
if [[ ${1:-} == --list ]]; then
  while read -r name min; do
    [[ -n $name ]] || continue
    if real "$name" "$min"; then printf '%-8s real      %s %s\n' "$name" "$path" "$found"; else printf '%-8s stand-in  %s\n' "$name" "$why"; fi
  done <<<"$programs"
  exit 0
fi
take_lock
go=''
if command -v go >/dev/null; then go=$(go_version); fi
pin=$({ cd "$folder" && find . -type f ! -name '*_test.go' ! -name '*.md' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; echo "$go"; } |
  sha256sum | cut -c1-12)
store="$cache/store/standins-$pin"
build
rm -f "$cache/grafana-home"
while read -r name min; do
  [[ -n $name ]] || continue
  home=''
  if real "$name" "$min"; then
    link "$path" "$cache/bin/$name"
    [[ -z $home ]] || link "$home" "$cache/grafana-home"
    say "$name real, $path $found"
  else
    link "$store/$name" "$cache/bin/$name"
    say "$name stand-in ($state), since $why"
  fi
done <<<"$programs"
