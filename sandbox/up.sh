#!/usr/bin/env bash
# `make sandbox`: the sandbox's network and simulated Proxmox API, then the two stacks by the real engine, then what came of it.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=sandbox/env.sh
. sandbox/env.sh
node dist/cli/sandbox.js up
# only now is the login of the simulated API there
# shellcheck source=sandbox/env.sh
. sandbox/env.sh

for stack in fleet sandbox; do
  printf '\nstack %s: pulumi up\n' "$stack"
  pulumi stack select --create --non-interactive "$stack" >/dev/null
  pulumi up --yes --skip-preview --non-interactive --continue-on-error --suppress-outputs
done
printf '\n'
node dist/cli/status.js --stack sandbox --wait 60
printf '\nGrafana, by Kanidm (ada is admin, erin editor, victor viewer, nora is refused):\n'
sed 's/^\([^ ]*\) /  \1  password /' "$NIXMON_SANDBOX/identity/passwords"
printf 'Without Kanidm: user admin, password by: . sandbox/env.sh; pulumi stack output --stack sandbox --show-secrets grafanaAdminPassword\n'
