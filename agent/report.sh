# shellcheck shell=sh
# What the agent says: progress and findings on stderr, answers as JSON on stdout. A part of nixmon-agent.
# Again, since a subshell forgets it, and must not die of a deployer that is gone.
say() { trap : PIPE; printf 'nixmon-agent: %s\n' "$*" >&2; }
step() { STEP=$1; say "step $1: $2"; }
# die CODE TEXT: TEXT may have several lines, one a finding.
die() {
  code=$1; shift
  printf '%s\n' "$*" | while IFS= read -r line; do say "FAILED $(uname -n): step $STEP: $line"; done
  say "STATE $(uname -n): ${AFTERMATH:-${SO_FAR}the host $(host_state)}"
  exit "$code"
}
json() { # TEXT; sets JSON. Most of it is plain.
  case $1 in *[!A-Za-z0-9_./:-]*) JSON=$(printf '%s\n' "$1" | tr '\000-\011\013-\037' ' ' | sed 's/["\\]/\\&/g; s/^/"/; s/$/"/') ;; *) JSON="\"$1\"" ;; esac
}
json_list() { # LINES; sets JSON
  list=''
  while IFS= read -r line; do [ -z "$line" ] || { json "$line"; list=$list${list:+,}$JSON; }; done <<LINES
$1
LINES
  JSON=$list
}
log_tail() { tail -n 20 "$LOG" >&2; }
need_number() { case $1 in *=|*=*[!0-9]*) STEP=usage; die 2 "\`$1\` is not a number of seconds" ;; esac; }
