#!/bin/sh
# Tests of the agent (cases.sh, under two shells) and of push.js against it over a real sshd (push.sh), each on a pretended host (host.sh) in
# private namespaces: this machine is not touched. Last line: `agent: N passed, N failed`, and `, N skipped` where something is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || {
  echo 'skip - the agent: needs root, for private mount and network namespaces (unshare)'
  echo 'agent: 0 passed, 0 failed, 1 skipped'
  exit 0
}

out=$(mktemp -d) made=''
for d in /etc/nixos /nix; do [ -e "$d" ] || { mkdir "$d" && made="$made $d"; }; done # places to mount on
# shellcheck disable=SC2086 # a list
trap 'rm -rf "$out"; [ -z "$made" ] || rmdir --ignore-fail-on-non-empty $made' EXIT

apart() { # NAME COMMAND...: side by side, because most of the time is waiting for deadlines
  name=$1; shift
  { unshare --mount --net --pid --fork --kill-child --propagation private sh "$@" >"$out/$name" 2>&1 || echo "not ok - $name ended early or failed" >>"$out/$name"; } &
}
for shell in dash bash; do # the strictest sh, and what NixOS has as sh
  if command -v "$shell" >/dev/null; then apart "$shell" "$here/cases.sh" "$shell"; else echo "skip - the agent under $shell: it is not installed" >"$out/$shell"; fi
done
if [ ! -x /usr/sbin/sshd ]; then echo 'skip - push.js against a real sshd: /usr/sbin/sshd is not installed' >"$out/push"
elif [ ! -e "$here/../../dist/cli/push.js" ]; then echo 'skip - push.js against a real sshd: not built, run make build' >"$out/push"
else apart push "$here/push.sh"; fi
wait
cat "$out"/* | awk '
  /^counts: / { passed += $2; failed += $3; runs++; next }
  /^skip - / { skipped++ }
  /^not ok - .* ended early or failed$/ { if (!failed) failed = 1 }
  { print }
  END { print "agent: " passed + 0 " passed, " failed + 0 " failed" (skipped ? ", " skipped " skipped" : ""); exit failed > 0 || runs == 0 }'
