#!/usr/bin/env bash
# Checks this folder: pins against modules, npm packages and README; go vet.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
here=$PWD failed=0
# The flags of the builds, so that what they compiled is used again.
export GOFLAGS="-trimpath -buildvcs=false" GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0

wrong() {
  printf 'tools: error: %s\n' "$*" >&2
  failed=1
}

# module_of FOLDER PACKAGE: version in go.mod of the module that holds the package.
module_version() {
  awk -v package="$2" '
    { sub(/^require /, ""); sub(/^\t/, "") }
    $2 ~ /^v[0-9]/ && index(package "/", $1 "/") == 1 && length($1) > length(best) { best = $1; version = $2 }
    END { print version }' "$here/$1/go.mod"
}

while IFS=$'\t' read -r name version _ kind folder package _; do
  grep -qF "| \`$name\` | $version |" README.md || wrong "README.md: no row for $name $version"
  if [[ $kind == plugin ]]; then
    case $name in
      *-proxmoxve) npm=@muhlba91/pulumi-proxmoxve ;;
      *) npm=@pulumi/${name#pulumi-resource-} ;;
    esac
    if [[ -e ../package.json ]]; then
      grep -qF "\"$npm\": \"$version\"" ../package.json || wrong "package.json: $npm is not $version, the plugin's version"
    fi
  elif [[ $package != . ]]; then
    have=$(module_version "$folder" "$package")
    # Prometheus 3.16.0 is module version v0.316.0.
    want=v$version
    [[ $folder == prometheus ]] && want=v0.$(awk -F. '{ printf "%d%02d.%d", $1, $2, $3 }' <<<"$version")
    [[ $have == "$want" ]] || wrong "pins.tsv: $name is $version, but $folder/go.mod has ${have:-nothing}"
  fi
done < <(grep -v '^#' pins.tsv)

exporter=$(sed -n 's/^prometheus-pve-exporter==\([0-9.]*\).*/\1/p' pve-exporter/requirements.txt)
grep -qF "| \`pve-exporter\` | $exporter |" README.md || wrong "README.md: no row for pve-exporter $exporter"

for folder in $(grep -v '^#' pins.tsv | awk -F'\t' '$6 == "." { print $5 }') pulumi-resource-random/upstream; do
  unformatted=$(gofmt -l "$folder")
  [[ -z $unformatted ]] || wrong "gofmt: $unformatted"
  (cd "$folder" && go vet ./...) || wrong "$folder: go vet failed"
done
exit "$failed"
