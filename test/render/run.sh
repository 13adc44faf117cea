#!/usr/bin/env bash
# Renders the stacks of this repository and lets each tool judge its own file. One test a file.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
eval "$(tools/env.sh)"
out=build/test/rendered
passed=0 failed=0

# judge WHAT COMMAND...
judge() {
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok - $what"
  else
    failed=$((failed + 1))
    printf 'not ok - %s\n%s\n' "$what" "$said"
  fi
}

refused() { ! "$@"; }

rm -rf "$out"
for stack in nixmon sandbox fleet; do
  judge "stack $stack renders" node dist/cli/render.js "$stack" --out "$out"
  for file in "$out/$stack"/*/prometheus.yml; do
    [[ -e $file ]] || continue
    folder=$(dirname "$file")
    judge "promtool accepts $file" promtool check config --syntax-only "$file"
    judge "promtool accepts the rules beside it" promtool check rules "$folder"/rules/*.yaml
    judge "amtool accepts ${folder}/alertmanager.yml" amtool check-config "$folder/alertmanager.yml"
    judge "blackbox exporter accepts ${folder}/blackbox.yml" blackbox_exporter --config.check --config.file="$folder/blackbox.yml"
  done
  for file in "$out/$stack"/*/config.alloy; do judge "Alloy's parser accepts $file" alloy-syntax "$file"; done
done

# control: each judge says no to what is wrong
bad=$(mktemp -d)
trap 'rm -rf "$bad"' EXIT
printf 'scrape_configs: [{ job_name: 5m, scrape_interval: x }]\n' >"$bad/prometheus.yml"
printf 'groups: [{ name: a, rules: [{ alert: A, expr: "1 +" }] }]\n' >"$bad/rules.yaml"
printf 'route: { receiver: nobody }\n' >"$bad/alertmanager.yml"
printf 'loki.write "x" {\n' >"$bad/config.alloy"
judge "control: promtool refuses a bad interval" refused promtool check config --syntax-only "$bad/prometheus.yml"
judge "control: promtool refuses a bad expression" refused promtool check rules "$bad/rules.yaml"
judge "control: amtool refuses a route to nobody" refused amtool check-config "$bad/alertmanager.yml"
judge "control: Alloy's parser refuses an open block" refused alloy-syntax "$bad/config.alloy"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
