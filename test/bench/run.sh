#!/usr/bin/env bash
# `make bench`: the figures of docs/benchmarks.md, measured on the sandbox with the real engine. Medians of RUNS runs (default 5).
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=sandbox/env.sh
. sandbox/env.sh
runs=${RUNS:-5}
hosts=(nixmon nixio nixcloud nixdev)

say() { printf 'bench: %s\n' "$*" >&2; }
# row WHAT MEASURED WANTED
row() { printf '| %s | %s | %s |\n' "$1" "$2" "$3"; }
# seconds COMMAND...: wall time; what the command prints goes to a log
seconds() {
  local begin=$EPOCHREALTIME
  "$@" >>build/bench/log 2>&1
  awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f\n", b - a }'
}
# repeat COMMAND...: `median (least to most)` of the seconds
repeat() { for _ in $(seq "$runs"); do seconds "$@"; done | sort -n | spread; }
spread() { awk '{ v[NR] = $1 } END { printf "%s (%s to %s)\n", v[int((NR + 1) / 2)], v[1], v[NR] }'; }
connections() { sandbox/hosts/machine.sh exec "$1" sh -c "journalctl -q -t sshd --output cat | grep -c '^Connection from' || true"; }
# Counts of all hosts, in their order; then what came since: `nixmon 1, nixio 0, ...`
all_connections() { for host in "${hosts[@]}"; do connections "$host"; done; }
since() { paste <(printf '%s\n' "${hosts[@]}") <(echo "$1") <(all_connections) | awk '{ printf "%s%s %d", (NR > 1 ? ", " : ""), $1, $3 - $2 }'; }
# What runs in the background ignores SIGINT, and so would the language host: the engine waits 5 s for it to end.
up() { env --default-signal=INT pulumi up --yes --skip-preview --non-interactive --suppress-outputs "$@"; }

# Two programs that do nothing, with as many resources as the sandbox's stack: `same` has them from the same providers, and starts these as
# the stack does; `bare` has commands alone.
empty_programs() {
  local commands=$1 passwords=$2 users=$3
  for floor in same bare; do
    mkdir -p "build/bench/$floor"
    printf 'name: %s\nruntime: { name: nodejs, options: { typescript: false } }\nmain: index.js\n' "$floor" >"build/bench/$floor/Pulumi.yaml"
    printf '{ "name": "%s", "private": true, "main": "index.js" }\n' "$floor" >"build/bench/$floor/package.json"
  done
  cat >build/bench/bare/index.js <<JS
const { local } = require("@pulumi/command");
for (let i = 0; i < $((commands + passwords + users)); i++) new local.Command("c" + i, { create: "true" });
JS
  cat >build/bench/same/index.js <<JS
const { local } = require("@pulumi/command");
const { RandomPassword } = require("@pulumi/random");
const { Provider, UserLegacy } = require("@muhlba91/pulumi-proxmoxve");
const provider = new Provider("proxmox", { endpoint: "https://10.231.77.1:8006", insecure: true, username: "root@pam" });
for (let i = 0; i < $commands; i++) new local.Command("c" + i, { create: "true" });
for (let i = 0; i < $passwords; i++) new RandomPassword("p" + i, { length: 32 });
for (let i = 0; i < $users; i++) new UserLegacy("u" + i, { userId: "bench" + i + "@pve" }, { provider });
JS
}

# What the exporters of nixio take together in a minute of four scrapes each: `0.31 % of a core, 62 MB: node, postgres, redis`
exporters_load() {
  # shellcheck disable=SC2016 # for the host's shell
  sandbox/hosts/machine.sh exec nixio sh -c '
    names=$(systemctl list-units --plain --no-legend "prometheus-*-exporter.service" | awk "{ print \$1 }")
    pids=$(systemctl show -p MainPID --value $names | grep .)
    ticks() { for pid in $pids; do cat /proc/$pid/stat; done | sed "s/.*) //" | awk "{ sum += \$12 + \$13 } END { print sum }"; }
    before=$(ticks); sleep 60; after=$(ticks)
    memory=$(for pid in $pids; do grep VmRSS /proc/$pid/status; done | awk "{ sum += \$2 } END { printf \"%.0f\", sum / 1024 }")
    list=$(echo "$names" | sed "s/prometheus-\(.*\)-exporter.service/\1/" | paste -sd, | sed "s/,/, /g")
    echo "$before $after $(getconf CLK_TCK)" | awk -v memory="$memory" -v list="$list" "{ printf \"%.2f %% of a core, %s MB: %s\n\", (\$2 - \$1) / \$3 / 60 * 100, memory, list }"'
}

rm -rf build/bench && mkdir -p build/bench docs/benchmarks
say "making the sandbox anew"
sandbox/down.sh >>build/bench/log 2>&1
sandbox_seconds=$(seconds sandbox/up.sh)
# only now is the login of the simulated API there
# shellcheck source=sandbox/env.sh
. sandbox/env.sh

say "$runs runs without a change"
before=$(all_connections)
noop=$(repeat up --stack sandbox)
noop_connections=$(since "$before")

say "a minute of the exporters"
exporters=$(exporters_load)

of_kind() { pulumi stack export --stack sandbox | jq --arg kind "$1" '[.deployment.resources[] | select(.custom and (.type | startswith($kind)))] | length'; }
commands=$(of_kind command:) passwords=$(of_kind random:) users=$(of_kind proxmoxve:)
resources=$((commands + passwords + users))
empty_programs "$commands" "$passwords" "$users"
empty() { up --cwd "build/bench/$1" --stack dev; }
declare -A floors
for floor in same bare; do
  say "$runs runs of an empty program with $resources resources ($floor)"
  pulumi stack select --cwd "build/bench/$floor" --create --non-interactive dev >>build/bench/log 2>&1
  empty "$floor" >>build/bench/log 2>&1
  floors[$floor]=$(repeat empty "$floor")
done
pulumi destroy --cwd build/bench/same --stack dev --yes --skip-preview --non-interactive >>build/bench/log 2>&1

say "a change on one host"
config=build/bench/Pulumi.sandbox.yaml
sed 's/^\(      machine: { type: vm, template: 9002.*\)$/\1\n      monitoring: { logs: { enable: false } }/' Pulumi.sandbox.yaml >"$config"
cmp -s "$config" Pulumi.sandbox.yaml && { say "the change was not made: nixcloud's entry in Pulumi.sandbox.yaml looks different now"; exit 1; }
before=$(all_connections)
change=$(seconds up --stack sandbox --config-file "$config")
touched=$(since "$before")

# A host that exists already, so that the boot of a machine is not among the seconds.
say "a new host, until its first sample"
sandbox/hosts/machine.sh up adopted --ip 10.231.77.31 --template base --authorized-keys "$NIXMON_SSH_KEY.pub" >>build/bench/log
grown=build/bench/Pulumi.sandbox.grown.yaml
node - "$grown" "$(sandbox/hosts/machine.sh host-key adopted)" <<'JS'
const { readFileSync, writeFileSync } = require("node:fs");
const { dump, load } = require("js-yaml");
const [file, hostKey] = process.argv.slice(2);
const stack = load(readFileSync("Pulumi.sandbox.yaml", "utf8"));
stack.config["nixmon:hosts"].adopted = { address: "10.231.77.31", machine: { type: "existing" }, ssh: { hostKey } };
writeFileSync(file, dump(stack));
JS
first_sample() {
  up --stack sandbox --config-file "$grown" || return
  until sandbox/hosts/machine.sh exec nixmon curl -fsS 'http://10.231.77.11:9090/api/v1/query?query=node_load1%7Bhost="adopted"%7D' | grep -q '"value"'; do sleep 0.2; done
}
sample=$(seconds first_sample)
wanted_sample=$(awk -v a="${noop%% *}" 'BEGIN { printf "%.1f s: no change, 6 s and one scrape interval", a + 21 }')

# The longest exporter host counts: everything whose name begins with the host's, and its targets on the primary.
host_state() {
  pulumi stack export --stack sandbox | jq --arg host "$1" '[.deployment.resources[] | (.urn | split("::") | last) as $name
    | select($name == $host or ($name | startswith($host + "-")) or ($name | endswith("-targets-" + $host))) | tojson | length] | add'
}
state=$(for host in nixio nixcloud; do echo "$(host_state "$host") $host"; done | sort -n | tail -n 1)
start=$(for _ in $(seq "$runs"); do node test/bench/start.js 2>>build/bench/log; done | sort -n | spread)
ratio() { awk -v a="${noop%% *}" -v b="${1%% *}" 'BEGIN { printf "%.2f", a / b }'; }

{
  # shellcheck disable=SC2016
  printf '## The sandbox\n\n`make bench` on %s, %s cores, %s of memory, Node %s. Medians of %s runs, least and most in brackets.\n\n' \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(free -h | awk '/^Mem/ { print $2 }')" "$(node --version)" "$runs"
  row figure measured wanted
  row --- --- ---
  row "\`make sandbox\`, warm, until every target is up" "$sandbox_seconds s" "90 s"
  row "second \`up\` without a change" "$noop s" ""
  row "empty program with $resources resources of the same three providers" "${floors[same]} s, ratio $(ratio "${floors[same]}")" "ratio 1.3"
  row "empty program with $resources commands: one provider to start instead of three" "${floors[bare]} s, ratio $(ratio "${floors[bare]}")" ""
  row "SSH connections of all those second runs" "$noop_connections" "0"
  row "a change on one host" "$change s" ""
  row "SSH connections of that change, which also changes the host's targets on nixmon" "$touched" "2 on nixcloud"
  row "a new host that exists, from \`up\` to its first sample in Prometheus" "$sample s" "$wanted_sample"
  row "exporters of nixio together" "$exporters" "0.5 % of a core, 80 MB"
  row "state of the largest exporter host" "${state% *} bytes (${state#* })" "40000 bytes"
  row "start of the program to its first registration, the SDK loaded" "$start ms" "700 ms"
} | tee docs/benchmarks/sandbox.md
node test/bench/report.js
sandbox/down.sh >>build/bench/log 2>&1
