# Shared by the scripts of this folder.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the others use what is set here

: "${here:?}" # the folder of the script that reads this
wanted=() rows=()
node_wanted=20 python_wanted=3.8 heartbeat=20
cache=${NIXMON_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/nixmon}
# PATH without our own links, so that they are not taken for installed programs.
outer_path=$(printf '%s' "$PATH" | tr ':' '\n' | { grep -vxF -- "$cache/bin" || true; } | paste -sd: -)

say() { printf 'tools: %s\n' "$*"; }

fail() {
  printf 'tools: error: %s\n' "$*" >&2
  exit 1
}

# demand PROBLEM: ends here when there is one.
demand() { [[ -z $1 ]] || fail "$1"; }

# at_least HAVE WANT: dotted versions, HAVE >= WANT.
at_least() {
  [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

# --- what the machine brings -------------------------------------------------------

# go_problem FILE...: says what is wrong with the Go on PATH for these go.mod (default: all), nothing when it will do.
go_problem() {
  local want have
  [[ $# -gt 0 ]] || set -- "$here"/*/go.mod "$here/../sandbox/standins/go.mod"
  want=$(awk '$1 == "go" { print $2 }' "$@" | sort -V | tail -n 1)
  if ! command -v go >/dev/null; then
    echo "Go not found, $want or newer wanted: install Go and put it on PATH"
    return 0
  fi
  have=$(go_version)
  at_least "${have:-0}" "$want" ||
    echo "Go ${have:-of unknown version} found ($(command -v go)), $want or newer wanted: install a newer Go and put it first on PATH"
}

go_version() { GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//; s/[^0-9.].*//'; }

node_problem() {
  local have
  if ! command -v node >/dev/null; then
    echo "Node not found, $node_wanted or newer wanted: install Node and put it on PATH"
    return 0
  fi
  have=$(node --version 2>/dev/null | sed 's/^v//')
  at_least "${have:-0}" "$node_wanted" ||
    echo "Node ${have:-of unknown version} found ($(command -v node)), $node_wanted or newer wanted: install a newer Node and put it first on PATH"
}

# find_python: sets `python` to one that has pip.
find_python() {
  local candidate have
  for candidate in /usr/bin/python3 python3; do
    have=$("$candidate" -c 'import sys, pip; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    at_least "$have" "$python_wanted" || continue
    python=$candidate
    return 0
  done
  return 1
}

# --- what is on PATH ---------------------------------------------------------------

# on_path NAME MIN: sets `path` and `found` when PATH has NAME in version MIN or newer.
# MIN `=V`: exactly V, or a program that prints no version; `-`: never.
on_path() {
  local name=$1 min=$2
  [[ $min == - ]] && return 1
  path=$(PATH=$outer_path command -v -- "$name") || return 1
  version_of "$path"
  if [[ $min == =* ]]; then
    [[ -z $found || $found == "${min#=}" ]]
  else
    [[ -n $found ]] && at_least "$found" "$min"
  fi
}

# version_of FILE: sets `found`. Asks each file once; the answer is kept by size, inode and time.
version_of() {
  local file=$1 stamp line
  stamp="$(stat -Lc '%s-%i-%.Y' "$file") $file"
  if line=$(grep -F -m1 -- "$stamp"$'\t' "$cache/versions" 2>/dev/null); then
    found=${line##*$'\t'}
    return 0
  fi
  found=$({ timeout 5 "$file" --version || timeout 5 "$file" version; } </dev/null 2>&1 |
    grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1) || true
  printf '%s\t%s\n' "$stamp" "$found" >>"$cache/versions"
}

# --- long work ---------------------------------------------------------------------

# Ended and removed when we end, however that comes: a process group, files and folders.
running='' scraps=()
tidy() {
  [[ -z $running ]] || kill -- "-$running" 2>/dev/null || true
  ((${#scraps[@]} == 0)) || rm -rf "${scraps[@]}"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# quietly LOG WHAT COMMAND...: the command with its output in a log, and one line each 20 s that says it still runs. Sets `code`
# instead of failing: in a condition (`if`, `||`) bash would ignore `set -e` within the command.
quietly() {
  local log=$1 what=$2 started=$SECONDS next=$heartbeat
  shift 2
  code=0
  set -m # a process group of its own, so that an interrupt ends what it started too
  "$@" >"$log" 2>&1 </dev/null 9>&- &
  running=$!
  set +m
  while kill -0 "$running" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - started >= next)); then
      say "still $what ($((SECONDS - started)) s)"
      next=$((next + heartbeat))
    fi
  done
  wait "$running" || code=$?
  running=''
}

prepare_cache() {
  [[ $cache == /* ]] || fail "NIXMON_CACHE is '$cache', an absolute path is wanted"
  mkdir -p "$cache"/{bin,store,log,pulumi/plugins} 2>/dev/null || fail "can't write to the cache $cache: set NIXMON_CACHE"
}

# One resolver at a time; the others wait, and say so.
take_lock() {
  exec 9>"$cache/lock"
  local waited=0
  until flock -w 20 9; do
    waited=$((waited + 20))
    say "waiting for another run that fills $cache ($waited s)"
  done
}

# link TARGET LINK: in one step, so that no reader sees it missing.
link() {
  [[ $(readlink "$2" 2>/dev/null) == "$1" ]] && return 0
  ln -s "$1" "$2.$$"
  mv -Tf "$2.$$" "$2"
}

# full_name NAME: the name in pins.tsv; `random` stands for pulumi-resource-random.
full_name() {
  local candidate
  for candidate in "$1" "pulumi-resource-$1" "pulumi-language-$1"; do
    if grep -q "^$candidate"$'\t' "$here/pins.tsv"; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  fail "unknown program $1: known are $(grep -v '^#' "$here/pins.tsv" | cut -f1 | paste -sd' ' -)"
}

selected() {
  ((${#wanted[@]})) || return 0
  local entry
  for entry in "${wanted[@]}"; do
    if [[ $entry == "$1" ]]; then return 0; fi
  done
  return 1
}

show_resolve() { :; }

show_list() {
  { printf 'NAME\tVERSION\tSOURCE\tPATH\n'
    if ((${#rows[@]})); then printf '%s\n' "${rows[@]}"; fi
  } | awk -F'\t' '{ printf "%-26s %-9s %-14s %s\n", $1, $2, $3, $4 }'
}

show_json() {
  local row separator='' name version source path
  printf '['
  for row in "${rows[@]}"; do
    IFS=$'\t' read -r name version source path <<<"$row"
    printf '%s\n  {"name": "%s", "version": "%s", "source": "%s", "path": "%s"}' \
      "$separator" "$name" "$version" "$source" "$path"
    separator=,
  done
  printf '\n]\n'
}
