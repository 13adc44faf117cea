#!/usr/bin/env bash
# What is in the way of `make sandbox` is one clear error, and nothing is made. The cases about the network run in a network namespace of
# their own, those about Go and Node with a PATH of links and fakes. Last line: `preflight: N passed, N failed`, or what was skipped.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
if [[ $(id -u) -ne 0 ]]; then
  echo 'skip - what is in the way of the sandbox: needs root, for network namespaces (unshare) and other users (setpriv)'
  echo 'preflight: 0 passed, 0 failed, 1 skipped'
  exit 0
fi
top=$PWD passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
export NIXMON_SANDBOX=$work/state NIXMON_CACHE=$work/cache

judge() { # judge SENTENCE COMMAND...: the command's output is shown when it fails
  local sentence=$1
  shift
  if "$@" >"$work/said" 2>&1; then
    passed=$((passed + 1)) && echo "ok - $sentence"
  else
    failed=$((failed + 1)) && echo "not ok - $sentence" && sed 's/^/#   /' "$work/said"
  fi
}

# A tree that any user may read, with what make needs before it builds anything.
tree=$work/tree
mkdir "$tree"
git ls-files -z Makefile package.json tools sandbox | xargs -0 cp --parents -t "$tree"
chmod -R a+rX "$tree"

# Programs without Go and Node; a case adds the ones it means. apt-get must not be called: where it is, that is seen.
farm=$work/farm
mkdir "$farm"
while read -r folder; do [[ -d $folder ]] && cp -sn "$folder"/* "$farm/" 2>/dev/null; done < <(tr : '\n' <<<"/usr/sbin:/usr/bin:/sbin:/bin")
rm -f "$farm"/{go,node,npm,apt-get,python3}
# the Python that `make tools` finds, also where that is not the system's
printf '#!/bin/sh\nexec "%s" "$@"\n' "$(python3 -c 'import sys; print(sys.executable)')" >"$farm/python3"
chmod 755 "$farm/python3"
fake() { # fake NAME TEXT: a program that prints the text
  rm -f "$farm/$1"
  printf '#!/bin/sh\necho "%s"\n' "$2" >"$farm/$1"
  chmod 755 "$farm/$1"
}
printf '#!/bin/sh\ntouch "%s"\nexit 1\n' "$work/apt-was-called" >"$farm/apt-get"
chmod 755 "$farm/apt-get"

refused() { # refused TEXT COMMAND...: ends with an error that holds the text, and leaves nothing
  local text=$1 links code
  shift
  rm -rf "$work/apt-was-called" "$NIXMON_CACHE"
  links=$(ip -o link 2>/dev/null)
  "$@" >"$work/out" 2>"$work/err"
  code=$?
  cat "$work/out" "$work/err"
  [[ $code -ne 0 ]] || { echo "ended with 0, wanted an error"; return 1; }
  grep -qF -- "$text" "$work/err" || { echo "wanted in the error: $text"; return 1; }
  [[ $(grep -cvE '^make|^  ' "$work/err") -eq 1 ]] || { echo "wanted one error, without anything else"; return 1; }
  [[ ! -e $NIXMON_SANDBOX && ! -e $NIXMON_CACHE && ! -e $work/apt-was-called ]] || { echo "wanted nothing made"; return 1; }
  [[ $(ip -o link 2>/dev/null) == "$links" ]] || { echo "wanted the network untouched"; return 1; }
}
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent "$@"; }
make_there() { env PATH="$farm" make --no-print-directory -C "$tree" "$@"; }

# --- who runs it ---------------------------------------------------------------------
judge "as another user than root, make sandbox says at once to use sudo" \
  refused "the sandbox needs root (network namespaces, mounts, containers), this runs as uid 65534: use sudo" as_nobody make --no-print-directory -C "$tree" sandbox
judge "control: root is not refused" "$tree/sandbox/hosts/machine.sh" root
judge "control: root is refused by the same words when it gives up its rights" \
  refused "uid 65534" as_nobody "$tree/sandbox/hosts/machine.sh" root

# --- network, in a namespace of its own ----------------------------------------------
apart() { # apart PREPARE COMMAND...
  local prepare=$1
  shift
  # /sys shows the interfaces of the namespace that mounted it
  unshare --net --mount bash -c "mount -t sysfs sysfs /sys && ip link set lo up && $prepare"' || exit 99; "$@"' apart "$@"
}
check=$tree/sandbox/hosts/machine.sh
export -f refused
export work
in_the_way() { # in_the_way TEXT PREPARE
  apart "$2" bash -c 'refused "$@"' in "$1" env PATH="$farm" make --no-print-directory -C "$tree" sandbox
}
judge "control: with nothing in the way the check passes" apart true "$check" check
judge "an interface of somebody else under the bridge's name is named, and is still there after" \
  in_the_way "network interface nixmon0 exists and was not made by this sandbox" "ip link add nixmon0 type bridge"
judge "control: a bridge that a sandbox made is not in the way" \
  apart "ip link add nixmon0 type bridge && ip link set nixmon0 alias 'nixmon sandbox'" "$check" check
judge "another interface with an address of the sandbox's range is named with it" \
  in_the_way "addresses 10.231.77.0/24 are in use on this machine: lan0 has 10.231.77.5/24" \
  "ip link add lan0 type bridge && ip addr add 10.231.77.5/24 dev lan0"
judge "control: an interface with an address of another range is not in the way" \
  apart "ip link add lan0 type bridge && ip addr add 10.231.78.5/24 dev lan0" "$check" check

# listening PORT ADDRESS FAMILY: shell words that leave a listener behind, which ends with the namespace's last process
listening() {
  printf '%s' "(exec timeout 60 python3 -c 'import socket, time
s = socket.socket(socket.$3); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind((\"$2\", $1)); s.listen(); time.sleep(60)' >/dev/null 2>&1) & listener=\$!; trap 'kill \$listener' EXIT
for _ in \$(seq 50); do grep -qi ':$(printf '%04X' "$1") .* 0A ' /proc/net/tcp /proc/net/tcp6 && break; sleep 0.1; done"
}
taken="TCP port 8006 is in use on this machine ('ss -ltnp sport = :8006' shows by whom)"
judge "port 8006 in use on all addresses is told before anything is made" in_the_way "$taken" "$(listening 8006 0.0.0.0 AF_INET)"
judge "port 8006 in use on all addresses by IPv6 is told too" in_the_way "$taken" "$(listening 8006 :: AF_INET6)"
judge "control: port 8006 on the loopback alone is not in the way" apart "$(listening 8006 127.0.0.1 AF_INET)" "$check" check
judge "control: another port is not in the way" apart "$(listening 8007 0.0.0.0 AF_INET)" "$check" check

# --- Go and Node ---------------------------------------------------------------------
good_go=go$(awk '$1 == "go" { print $2 }' tools/*/go.mod sandbox/standins/go.mod | sort -V | tail -n 1)
fake go "$good_go" && fake node v20.0.0
refused_by_make() { refused "$1" make_there tools; }
judge "control: with Go and Node of accepted versions the machine is right" env PATH="$farm" "$tree/tools/needs.sh"
fake go go1.20.1
judge "a Go that is too old is named with its version, its place and the version wanted" \
  refused_by_make "Go 1.20.1 found ($farm/go), ${good_go#go} or newer wanted: install a newer Go and put it first on PATH"
rm "$farm/go"
judge "a missing Go is named with the version wanted" refused_by_make "Go not found, ${good_go#go} or newer wanted: install Go and put it on PATH"
fake go "$good_go" && fake node v18.20.4
judge "a Node that is too old is named with its version, its place and the version wanted" \
  refused_by_make "Node 18.20.4 found ($farm/node), 20 or newer wanted: install a newer Node and put it first on PATH"
rm "$farm/node"
judge "a missing Node is named with the version wanted" refused_by_make "Node not found, 20 or newer wanted: install Node and put it on PATH"
rm "$farm/go"
judge "a missing Go and a missing Node are told at once" bash -c \
  'refused "Go not found" "$@" && refused "Node not found" "$@"' both env PATH="$farm" make --no-print-directory -C "$tree" tools

# --- packages ------------------------------------------------------------------------
fake go "$good_go" && fake node v20.0.0
rm "$farm/jq"
missing_listed() {
  refused "packages missing and not root, so install them yourself" as_nobody env PATH="$farm" "$tree/tools/needs.sh" &&
    grep -qE '^ +jq +for jq \(reads what the tools print\)$' "$work/err"
}
judge "without root every missing package is listed with what it is for" missing_listed
rm "$farm/apt-get"
judge "where there is no apt-get, root gets the same list" \
  refused "packages missing and there is no apt-get, so install them yourself" env PATH="$farm" "$tree/tools/needs.sh"

# --- which program is used -----------------------------------------------------------
source_of() { # source_of WANTED NAME: what --list says of where a program comes from
  local row
  row=$(env PATH="$farm" "$tree/tools/tools.sh" --list "$2" | tail -n 1)
  echo "$row"
  [[ $row == "$2"*" $1 "* ]]
}
rm -f "$farm"/{promtool,pulumi-resource-command}
judge "control: a program that is nowhere is missing, and would be built" source_of missing promtool
fake promtool "promtool, version 99.1.2"
judge "a program on PATH in an accepted version is used" source_of PATH promtool
fake promtool "promtool, version 2.0.0"
judge "one that is too old is not" source_of missing promtool
fake pulumi-resource-command 1.2.1
judge "the real plugin on PATH is used in place of the stand-in" source_of PATH pulumi-resource-command
fake pulumi-resource-command 1.2.0
judge "a plugin of another version than the package is not" source_of missing pulumi-resource-command

# --- Loki, Grafana, Alloy, Kanidm: real or stand-in ----------------------------------
# a static program that prints what the file beside it holds: a script would not run on the hosts
printf 'package main\nimport "os"\nfunc main() { text, _ := os.ReadFile(os.Args[0] + ".says"); println(string(text)) }\n' >"$work/says.go"
CGO_ENABLED=0 go build -o "$work/says" "$work/says.go"
binary() { # binary NAME TEXT
  rm -f "$farm/$1"
  cp "$work/says" "$farm/$1"
  echo "$2" >"$farm/$1.says"
}
is() { # is KIND NAME TEXT: what --list says of a program
  local row
  row=$(env PATH="$NIXMON_CACHE/bin:$farm" "$tree/tools/standins.sh" --list | grep "^$2 ")
  echo "$row"
  [[ $row =~ ^"$2 "\ *"$1 " && $row == *"$3"* ]]
}
rm -f "$farm"/{loki,grafana,alloy,kanidmd}
judge "control: a program that is nowhere is a stand-in" is stand-in loki "not on PATH"
mkdir -p "$NIXMON_CACHE/bin" && cp "$work/says" "$NIXMON_CACHE/bin/loki" && echo "loki, version 3.5.1" >"$NIXMON_CACHE/bin/loki.says"
judge "one of our own cache counts as none" is stand-in loki "not on PATH"
binary loki "loki, version 3.5.1"
judge "a real one on PATH is used" is real loki "$farm/loki 3.5.1"
asked_for() { NIXMON_STANDINS="grafana loki" is stand-in loki NIXMON_STANDINS; }
judge "unless one asks for the stand-in" asked_for
binary loki "loki, version 2.9.17"
judge "one that is too old for our configuration is not" is stand-in loki "$farm/loki is 2.9.17, 3.0.0 or newer wanted"
binary loki "loki, version 3.5.1: a nixmon stand-in for tests"
judge "one that says that it is a stand-in is none" is stand-in loki "says that it is a stand-in"
fake loki "loki, version 3.5.1"
judge "a script is not used, since hosts do not see what it calls" is stand-in loki "$farm/loki is a script"
rm "$farm/loki" && cp -L "$(command -v curl)" "$farm/loki"
judge "one that needs libraries which the hosts do not have is not, and the library is named" is stand-in loki "needs libcurl.so.4"
binary grafana "grafana version 12.1.0"
judge "Grafana without its home is not used" is stand-in grafana "no home beside it"
mkdir -p "$work/share/grafana/conf" "$work/share/grafana/public" && touch "$work/share/grafana/conf/defaults.ini"
judge "and with it is" is real grafana "$farm/grafana 12.1.0"
binary kanidmd "kanidmd 1.10.0"
judge "Kanidm is always the stand-in, with the reason" is stand-in kanidmd "no people and no clients"

# the stand-ins are built by a Go that makes an empty program of each
# shellcheck disable=SC2016  # the fake fills these in
printf '#!/bin/sh\ncase $1 in build) while [ "$1" != -o ]; do shift; done; echo >"$2"; chmod 755 "$2" ;; *) echo %s ;; esac\n' "$good_go" >"$farm/go"
binary loki "loki, version 3.5.1"
linked() { # linked PROGRAM... : where the cache's links lead
  env PATH="$farm" "$tree/tools/standins.sh" || return 1
  [[ $(readlink "$NIXMON_CACHE/bin/loki") == "$farm/loki" && $(readlink "$NIXMON_CACHE/bin/alloy") == "$NIXMON_CACHE"/store/standins-*/alloy &&
    $(readlink "$NIXMON_CACHE/grafana-home") == "$work/share/grafana" ]]
}
judge "the cache leads to the real ones and to the stand-ins of the others" linked
rm -f "$farm"/{loki,grafana,kanidmd}
unlinked() { env PATH="$farm" "$tree/tools/standins.sh" && [[ $(readlink "$NIXMON_CACHE/bin/loki") == "$NIXMON_CACHE"/store/* && ! -e $NIXMON_CACHE/grafana-home ]]; }
judge "and back to the stand-in where a real one is gone" unlinked
fake go "$good_go"

# --- long work -----------------------------------------------------------------------
beat=1
long() { # long SECONDS COMMAND...: `quietly` with a line each $beat seconds; ended after SECONDS
  local seconds=$1
  shift
  # shellcheck disable=SC2016  # the inner shell fills these in
  timeout --foreground "$seconds" bash -c 'here=$1; source "$here/lib.sh"; heartbeat=$2; shift 2; prepare_cache; quietly "$cache/log/long.log" "waiting" "$@"; exit "$code"' \
    long "$tree/tools" "$beat" "$@"
}
says() { "${@:2}" | grep -E "$1"; } # not -q: it would close the pipe on what still talks
judge "long work says each interval that it still runs" says "^tools: still waiting \([0-9]+ s\)$" long 30 sleep 3
judge "control: work that is shorter than the interval says nothing" bash -c '! grep .' short < <(beat=60 long 30 true)
ends_with() { local code=0; "${@:2}" || code=$?; [[ $code -eq $1 ]]; }
judge "the exit code of long work is kept" ends_with 7 long 30 sh -c 'exit 7'
long 1 sh -c "sleep 61.7; true" >/dev/null 2>&1
judge "an end from outside ends what long work had started" bash -c '! pgrep -xf "sleep 61.7"'

echo "preflight: $passed passed, $failed failed"
cd "$top" && [[ $failed -eq 0 ]]
