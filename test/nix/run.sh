#!/bin/sh
# Evaluates the NixOS modules and says, one line per case, what holds. Needs nix-instantiate, node and a build (make build).
# Last line: `nix: N passed, N failed`, and `, N skipped` where something is missing.
# env: NIXPKGS_LIB   folder `lib` of nixpkgs: everything is evaluated with it a second time, and against the real option types
#      NIXMON_FACTS  folder that holds facts/nixos-options.tsv and nix/check.nix (default: ../shared beside the checkout)
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
facts=${NIXMON_FACTS:-$top/../shared}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
results=$work/results
: >"$results"

ok() { printf 'ok - %s\n' "$1" | tee -a "$results"; }
not_ok() { printf 'not ok - %s\n' "$1" | tee -a "$results"; }
skip() { printf 'skip - %s: %s\n' "$1" "$2" | tee -a "$results"; }
holds() { # holds SENTENCE COMMAND...
  sentence=$1
  shift
  if "$@" >"$work/output" 2>&1; then ok "$sentence"; else
    not_ok "$sentence"
    sed 's/^/#   /' "$work/output" | head -n 20
  fi
}
fails() { ! "$@"; }
from_top() { (cd "$top" && "$@"); }
empty() { ! grep . "$1"; }
evaluate() { nix-instantiate --eval --strict --json "$@"; }

command -v nix-instantiate >/dev/null || {
  echo "not ok - nix-instantiate is not installed: install nix (Debian: nix-bin)"
  echo "nix: 0 passed, 1 failed"
  exit 1
}

# cases WITH FILE ARGUMENTS...: runs the cases of one Nix file
cases() {
  with=$1
  out=$2
  shift 2
  if ! evaluate "$@" >"$out" 2>"$work/error"; then
    not_ok "the cases evaluate$with"
    grep -v '^ *at ' "$work/error" | head -n 20 | sed 's/^/#   /'
    return
  fi
  node "$here/report.js" "$out" "$with" | tee -a "$results"
}

if ! node "$here/fixtures/make.js" >"$work/output" 2>&1; then
  not_ok "the fixtures' cluster is planned"
  sed 's/^/#   /' "$work/output"
fi
# The stacks of this repository, anew each time: what is left of a stack that fails to render must not pass for it.
rm -rf "$top/build/nix-rendered"
for stack in nixmon sandbox fleet; do
  holds "stack $stack renders (what make build made is needed)" from_top node dist/cli/render.js "$stack" --out build/nix-rendered
done
# the example flake, with two hosts as `make render` lays them out
example=$top/build/nix-fixtures/flake
rm -rf "$example"
cp -R "$top/examples/flake" "$example"
for host in nixmon nixserv; do
  mkdir -p "$example/rendered/$host"
  cp "$top/build/nix-fixtures/$host.json" "$example/rendered/$host/host.json"
done
mkdir "$example/rendered/nixmon/dashboards" "$example/rendered/nixmon/targets"
echo '{"title":"one"}' >"$example/rendered/nixmon/dashboards/one.json"
for host in nixmon nixserv; do echo '[]' >"$example/rendered/nixmon/targets/$host.json"; done
cp "$example/hosts/nixmon.nix" "$example/hosts/nixserv.nix"
# /etc/nixos of a machine made of a template, after the first push
mkdir -p "$top/build/nix-fixtures/etc-nixos/nixmon"
cp "$top/nixos/images/host.nix" "$top/build/nix-fixtures/etc-nixos/"
echo '{ pushed = true; }' >"$top/build/nix-fixtures/etc-nixos/nixmon/default.nix"
NIXPKGS_LIB='' cases '' "$work/own.json" "$here/suite.nix"
if [ -n "${NIXPKGS_LIB:-}" ]; then
  cases " (nixpkgs' lib)" "$work/real.json" "$here/suite.nix"
  holds "the sandbox's lib and nixpkgs' lib make the same systems" node "$here/report.js" --same "$work/own.json" "$work/real.json"
else
  skip "the sandbox's lib and nixpkgs' lib make the same systems" "NIXPKGS_LIB names no nixpkgs lib"
fi

# What the modules set is declared in the sandbox, or the cases above would not evaluate; what is declared there is real:
holds "the sandbox declares only options that NixOS has" node "$here/report.js" --subset "$work/own.json" "$here/native-options.txt"
if [ -e "$facts/facts/nixos-options.tsv" ]; then
  grep -v '(removed' "$facts/facts/nixos-options.tsv" | cut -f1 | LC_ALL=C sort >"$work/table"
  LC_ALL=C sort "$here/native-options.txt" | LC_ALL=C comm -23 - "$work/table" >"$work/unknown"
  holds "native-options.txt names only options of the table of real ones" empty "$work/unknown"
else
  skip "native-options.txt names only options of the table of real ones" "NIXMON_FACTS names no folder with facts/nixos-options.tsv"
fi
if [ -n "${NIXPKGS_LIB:-}" ] && [ -e "$facts/nix/check.nix" ]; then
  cases '' "$work/options.json" "$here/real-options.nix" --arg check "$facts/nix/check.nix" --arg libFolder "$NIXPKGS_LIB"
else
  skip "every option that the modules set exists on NixOS, with that type" "needs NIXPKGS_LIB, and nix/check.nix in the folder NIXMON_FACTS"
fi

# The example as a real flake, pure evaluation and all; only nixpkgs' place is taken by the sandbox's evaluation.
mkdir -p "$work/flakes/nixmon"
cp -R "$top/sandbox/nix" "$work/flakes/nixpkgs"
cp -R "$top/flake.nix" "$top/modules" "$top/nixos" "$work/flakes/nixmon/"
cp -R "$example" "$work/flakes/example"
sed -i "s#github:NixOS/nixpkgs/nixos-unstable#path:$work/flakes/nixpkgs#; s#path:../..#path:$work/flakes/nixmon#" "$work/flakes/example/flake.nix"
nix_flakes() { HOME=$work nix --extra-experimental-features 'nix-command flakes' "$@"; }
flake() { nix_flakes eval --json "path:$work/flakes/example#nixosConfigurations.$1"; } # flake ATTRIBUTE
says() { # says WANTED COMMAND...
  wanted=$1
  shift
  said=$("$@")
  test "$said" = "$wanted" || { echo "$said"; return 1; }
}
if command -v nix >/dev/null; then
  holds "nix flake check has nothing against our flake" nix_flakes flake check --no-build "path:$work/flakes/nixmon"
  holds "the example evaluates as a flake, in pure mode" says '"30d"' flake nixmon.config.services.prometheus.retentionTime
  holds "a host that the flake does not have would be noticed" fails flake nobody.config.services.prometheus.retentionTime
else
  skip "the example evaluates as a flake, in pure mode" "nix is not installed, only nix-instantiate"
fi

# A payload as the deployer sends it, imported through the links that the agent makes.
payload=$work/generations/1
mkdir -p "$payload/dashboards" "$work/etc"
cp -R "$top/modules" "$payload/modules"
cp "$top/agent/default.nix" "$top/build/nix-fixtures/nixmon.json" "$payload/"
mv "$payload/nixmon.json" "$payload/host.json"
echo abcd >"$payload/hash"
echo '{"title":"one"}' >"$payload/dashboards/one.json"
ln -s generations/1 "$work/current"
ln -s "$work/current" "$work/etc/nixmon"
cp "$top/sandbox/nix/templates/base.nix" "$work/etc/configuration.nix"
printf '{ imports = [ ./configuration.nix ]; networking.hostName = "nixmon"; }\n' >"$work/etc/host.nix"
NIXPKGS_LIB='' evaluate "$top/sandbox/nix/system.nix" --arg configuration "$work/etc/host.nix" >"$work/payload.json"
holds "a pushed payload is imported by the host's own configuration" grep -q 'abcd' "$work/payload.json"
holds "dashboards beside the modules are provisioned" grep -q 'dashboards/one.json' "$work/payload.json"
holds "scripts of the units are valid shell" node "$here/report.js" --scripts "$work/own.json"

# Modules are for every cluster: what belongs to one comes as host data.
free_of() { ! grep -rnE "$1" "$2" | grep -vE '127\.0\.0\.1'; }
printf 'a = "10.0.0.2";\nb = "https://grafana.home.lan/";\nc = "Zk3vQ8tYp1Lr7Wd5Xc9Nb2Mf6Hj4Gs0Ea8Uo3Iq";\n' >"$work/planted"
foreign() { # foreign KIND PATTERN
  holds "the modules hold no $1" free_of "$2" "$top/modules"
  holds "a planted $1 would be found" fails free_of "$2" "$work/planted"
}
foreign address '(^|[^0-9.])(1?[0-9]?[0-9]|2[0-5][0-9])(\.[0-9]{1,3}){3}([^0-9]|$)'
foreign domain '(//|")[a-z0-9.-]+\.(com|net|org|dev|home|lan|test|example|internal|invalid)([^a-zA-Z.]|$)'
foreign secret '[A-Za-z0-9]{32,}|-----BEGIN'
find "$top/modules" "$top/sandbox/nix" "$here" -name '*.nix' -exec wc -l {} + | awk '$2 != "total" && $1 > 120 { print $2 ": " $1 " lines" }' >"$work/long"
holds "no Nix file is longer than 120 lines" empty "$work/long"

passed=$(grep -c '^ok' "$results")
failed=$(grep -c '^not ok' "$results")
skipped=$(grep -c '^skip' "$results")
[ "$skipped" = 0 ] && skipped='' || skipped=", $skipped skipped"
echo "nix: $passed passed, $failed failed$skipped"
[ "$failed" = 0 ]
