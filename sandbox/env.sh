#!/usr/bin/env bash
# Settings of the engine in the sandbox: local file state, no account, no prompt. Sourced by the sandbox's scripts and the engine tests.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
eval "$("$here/../tools/env.sh")"
export NIXMON_SANDBOX=${NIXMON_SANDBOX:-/var/lib/nixmon-sandbox}
export PULUMI_BACKEND_URL=file://$NIXMON_SANDBOX/state
# no secret: it encrypts what is made anew with each sandbox and goes with it
export PULUMI_CONFIG_PASSPHRASE=nixmon-sandbox
export NIXMON_SSH_KEY=$NIXMON_SANDBOX/ssh/id_ed25519
# the sandbox's own login and certificate, whatever the user's environment says for a real cluster
if [[ -r $NIXMON_SANDBOX/proxmox/password ]]; then
  PROXMOX_VE_PASSWORD=$(<"$NIXMON_SANDBOX/proxmox/password")
  export PROXMOX_VE_PASSWORD
  # where the provider, a Go program, looks beside the system's own: the simulated API's certificate is there
  export SSL_CERT_DIR=${SSL_CERT_DIR:-/etc/ssl/certs}:$NIXMON_SANDBOX/proxmox
fi
