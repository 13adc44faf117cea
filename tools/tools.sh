#!/usr/bin/env bash
# Resolves the programs of pins.tsv: on PATH in an accepted version, else built from
# the pinned Go modules of this folder into a cache, keyed by the pin.
#
#   tools.sh [NAME...]          resolve all, or some
#   tools.sh --list | --json    show name, version, source and path; builds nothing
#
# Result: links in $NIXMON_CACHE/bin and plugins in $NIXMON_CACHE/pulumi/plugins.
# `eval "$(tools/env.sh)"` puts them to use.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

go=''
engine_from=$(awk -F'\t' '$1 == "pulumi" { print $3 }' "$here/pins.tsv")

# --- what is there already -------------------------------------------------------

# locate: sets `source` (PATH, plugin folder, cached, missing) and `path` for the row
# in name, version, min, kind.
locate() {
  found='' path=''
  if [[ $name == pulumi-language-nodejs ]] && beside_engine; then
    source=PATH
    return 0
  fi
  if on_path "$name" "$min"; then
    source=PATH
    return 0
  fi
  local user=${PULUMI_HOME:-}
  [[ -n $user && $user != "$cache/pulumi" ]] || user=${HOME:-/nonexistent}/.pulumi
  user=$user/plugins/${name#pulumi-}-v$version
  if [[ $kind == plugin && -x $user/$name && ! -e $user.partial ]]; then
    source='plugin folder' path=$user/$name
    return 0
  fi
  store="$cache/store/$name-$version-$(key)"
  path=$store/$name source=missing
  if [[ -x $path ]]; then source=cached; fi
}

# beside_engine: an engine from PATH brings its own language host.
beside_engine() {
  local engine
  engine=$(PATH=$outer_path command -v pulumi) || return 1
  version_of "$engine"
  at_least "${found:-0}" "$engine_from" || return 1
  path=$(dirname "$(readlink -f "$engine")")/$name found=''
  [[ -x $path ]]
}

# key: the pin. Changes with the tool's folder, its recipe and the Go version.
key() {
  local parts=("$here/$folder")
  [[ $recipe == page ]] && parts+=("$here/web/$name.html")
  { find "${parts[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat
    printf '%s %s %s %s %s' "$package" "$version" "$variable" "$go" "$recipe"
  } | sha256sum | cut -c1-12
}

# --- build -----------------------------------------------------------------------

# build: makes $store. One line when it begins, one each 20 s, one when it is done.
build() {
  demand "$(go_problem)"
  local log="$cache/log/$name.log" started=$SECONDS work
  work="$cache/store/.$name.$$"
  rm -rf "$work"
  mkdir -p "$work"
  scraps=("$work")
  say "$name $version ... building"
  quietly "$log" "building $name" compile "$work"
  ((code == 0)) || fail "$name $version did not build: $(grep -v '^go: downloading' "$log" | tail -n 1 | cut -c1-160); the log is $log"
  scraps=()
  rm -rf "$store"
  mv "$work" "$store"
  source="built in $((SECONDS - started)) s"
}

# compile DIR: runs in a subshell of its own, output goes to the log.
compile() (
  set -e
  cd "$here/$folder"
  flags=(-trimpath -ldflags "-s -w -X $variable=$version")
  if [[ $recipe == page ]]; then
    embed_page "$1"
    flags+=(-tags builtinassets -modfile "$1/src/go.mod")
  fi
  go build "${flags[@]}" -o "$1/$name" "$package"
  if [[ $recipe == bridge ]]; then
    "$1/$name" schema --out "$1" --skip-docs --skip-examples
  fi
  if [[ -d $1/src ]]; then rm -rf "$1/src"; fi
)

# embed_page DIR: Prometheus and Alertmanager embed their built web pages, which their
# modules do not hold. A copy of the module gets the plain page of tools/web instead.
embed_page() {
  local module=github.com/prometheus/$name copy="$1/src/$name" page from
  go mod download "$module"
  from=$(go list -m -f '{{.Dir}}' "$module")
  mkdir -p "$1/src"
  cp -r "$from" "$copy"
  chmod -R u+w "$1/src"
  if [[ $name == prometheus ]]; then
    page=web/ui/static/mantine-ui/index.html.gz
    printf '//go:build builtinassets\n\npackage ui\n\nimport "embed"\n\n//go:embed %s\nvar EmbedFS embed.FS\n' \
      "${page#web/ui/}" >"$copy/web/ui/embed.go"
  else
    page=ui/app/dist/index.html.gz
  fi
  mkdir -p "$copy/$(dirname "$page")"
  gzip -9nc "$here/web/$name.html" >"$copy/$page"
  cp go.mod go.sum "$1/src/"
  go mod edit -replace "$module=$copy" "$1/src/go.mod"
}

# --- put into place --------------------------------------------------------------

place() {
  if [[ $kind == plugin ]]; then
    local dir="$cache/pulumi/plugins/${name#pulumi-}-v$version"
    mkdir -p "$dir"
    link "$path" "$dir/$name"
    return 0
  fi
  if [[ $name == pulumi-language-nodejs && -e $cache/bin/pulumi ]]; then
    local beside # the engine: it warns about a language host elsewhere
    beside=$(dirname "$(readlink -f "$cache/bin/pulumi")")
    if [[ $beside == "$cache/store/"* ]]; then
      cmp -s "$path" "$beside/$name" || ln -f "$path" "$beside/$name" || cp -f "$path" "$beside/$name"
      path=$beside/$name
    fi
  fi
  link "$path" "$cache/bin/$name"
}

resolve() {
  locate
  local line
  case $source in
    PATH) line="on PATH: $path${found:+ }${found:-, version unknown}" ;;
    'plugin folder') line="in the plugin folder: $path" ;;
    cached) line=cached ;;
    missing)
      build
      line=$source
      ;;
  esac
  place
  [[ $source == PATH ]] || line="$version $line"
  say "$name $line"
}

# --- main ------------------------------------------------------------------------

mode=resolve
for argument in "$@"; do
  case $argument in
    --list | --json) mode=${argument#--} ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    -*) fail "unknown option $argument: see tools.sh --help" ;;
    *) wanted+=("$(full_name "$argument")") || exit 1 ;;
  esac
done

prepare_cache
if command -v go >/dev/null; then go=$(go_version); fi
export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0

if [[ $mode == resolve ]]; then
  take_lock
  if selected pulumi-language-nodejs; then demand "$(node_problem)"; fi
fi
while IFS=$'\t' read -r name version min kind folder package variable recipe; do
  selected "$name" || continue
  if [[ $mode == resolve ]]; then
    resolve </dev/null
  else
    locate </dev/null
    [[ $source == PATH ]] && version=${found:-unknown}
    rows+=("$name"$'\t'"$version"$'\t'"$source"$'\t'"$path")
  fi
done < <(grep -v '^#' "$here/pins.tsv")
"show_$mode"
