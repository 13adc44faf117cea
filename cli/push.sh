#!/bin/sh
# push.sh VERB <stdin.json: does what `node push.js VERB` does. Where the program of this run listens (cli/push/listen.ts) it does the work, and
# this waits for its end; it starts no process for that, since starting node takes longer than all else in such a call. docs/decisions/0004.
set -u
verb=${1:-} push=${0%/*}/../dist/cli/push.js
# The program takes these of ours by number; 0, 1 and 2 are other files while the shell redirects something.
exec 6<&0 7>&1 8>&2
# A push speaks SSH only: node is not to read the authorities that the variable may name, which takes it longer than to start.
alone() { NODE_EXTRA_CA_CERTS='' && export NODE_EXTRA_CA_CERTS && exec node "$push" ${verb:+"$verb"} <&6 6<&- 7>&- 8>&-; }

# The engine above us: its number and its start name the folder. Fields 3, 4 and 22 of proc(5), `stat`: state, parent, start.
pid=$$
while :; do
  { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || alone
  name=${stat#*(} name=${name%)*}
  # shellcheck disable=SC2086 # a list
  set -- ${stat##*) }
  [ "$name" != pulumi ] || break
  [ "$2" -gt 1 ] || alone
  pid=$2
done
shift 19
folder=${TMPDIR:-${TMP:-${TEMP:-/tmp}}}/nixmon-push-$pid-$1

# Made by us and for this push.js, which has not been built anew since.
# shellcheck disable=SC3013,SC3067 # -ef, -nt and -O are in every sh there is; without them push.js does the work itself
{ [ -O "$folder" ] && [ ! -L "$folder" ] && read -r script <"$folder/script" && [ "$push" -ef "$script" ] && [ ! "$push" -nt "$folder/script" ]; } 2>/dev/null || alone
# A place of our own, where the answer comes.
set -C
place=0
until { true >"$folder/$place.taken"; } 2>/dev/null; do
  place=$((place + 1))
  [ -p "$folder/$place" ] || alone
done
# Opened while we hold its other end ourselves: then we do not wait for the program, and see the end of it when it is gone.
# shellcheck disable=SC2094 # it is a pipe
{ command exec 4<>"$folder/$place" 0<"$folder/$place" 4>&-; } 2>/dev/null || alone
{ echo "$place $$ $verb" 1<>"$folder/calls"; } 2>/dev/null
while read -r who code; do
  [ "$who" = $$ ] || continue # of a call that was killed
  { echo "$place" 1<>"$folder/calls"; } 2>/dev/null
  [ "$code" != alone ] || alone
  exit "$code"
done
echo "push $verb: the program that does the pushes of this run ended in the middle of this one (killed, out of memory, or an error of its own above). Its connection ended with it: the host undoes what is not confirmed. Run again" >&2
exit 1
