# shellcheck shell=sh
# What the agent says: progress and findings on stderr, answers as JSON on stdout. A part of nixmon-agent.
# Again, since a subshell forgets it, and must not die of a deployer that is gone.
say() { trap : PIPE; printf 'nixmon-agent: %s\n' "$*" >&2; }
step() { STEP=$1; say "step $1: $2"; }
# die CODE TEXT: TEXT may have several lines, one a finding.
die() {
  code=$1; shift
  printf '%s\n' "$*" | while IFS= read -r line; do say "FAILED $(uname -n): step $STEP: $line"; done
  say "STATE $(uname -n): ${AFTERMATH:-nothing was activated; the host $(host_state)}"
  exit "$code"
}
json() { # TEXT; most of it is plain
  case $1 in *[!A-Za-z0-9_./:-]*) ;; *) printf '"%s"\n' "$1"; return ;; esac
  printf '%s\n' "$1" | tr '\000-\011\013-\037' ' ' | sed 's/["\\]/\\&/g; s/^/"/; s/$/"/'
}
json_list() { printf '%s' "$1" | while IFS= read -r line; do printf '%s,' "$(json "$line")"; done | sed 's/,$//'; }
log_tail() { tail -n 20 "$LOG" >&2; }
need_number() { case $1 in *=|*=*[!0-9]*) STEP=usage; die 2 "\`$1\` is not a number of seconds" ;; esac; }
