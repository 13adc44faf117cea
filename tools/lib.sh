# Shared by tools.sh, python.sh and env.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the others use what is set here

: "${here:?}" # the folder of the script that reads this
wanted=() rows=()
cache=${NIXMON_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/nixmon}
# PATH without our own links, so that they are not taken for installed programs.
outer_path=$(printf '%s' "$PATH" | tr ':' '\n' | { grep -vxF -- "$cache/bin" || true; } | paste -sd: -)

say() { printf 'tools: %s\n' "$*"; }

fail() {
  printf 'tools: error: %s\n' "$*" >&2
  exit 1
}

# at_least HAVE WANT: dotted versions, HAVE >= WANT.
at_least() {
  [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
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
