#!/bin/sh
# push.js with a real ssh and a real sshd on this pretended host. Started by run.sh.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # host.sh is checked by itself; the conditions are evaluated by `is`
set -u
here=$(cd "$(dirname "$0")" && pwd)
shell=push
. "$here/host.sh"

# A package whose modules are the steering files of the fake nixos-rebuild.
package=$work/package
mkdir -p "$package/dist" "$package/cli"; cp "$here/../../cli/push.sh" "$package/cli/"; cp -r "$here/../../dist/cli" "$here/../../dist/plan" "$here/../../dist/modules" "$package/dist/"
cp -r "$here/../../agent" "$package/"; ln -s "$(cd "$here/../.." && pwd)/node_modules" "$package/node_modules"

mkdir -p /run/sshd /run/tmp "$work/ssh"; chmod 700 "$work/ssh"
for k in host other mine stranger; do ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/ssh/$k"; done
cat >"$work/ssh/config" <<CONFIG
ListenAddress 127.0.0.1
HostKey $work/ssh/host
AuthorizedKeysFile $work/ssh/mine.pub
StrictModes no
UsePAM no
SetEnv PATH=$PATH FAKES=$FAKES
CONFIG
server() { port=$1; shift; /usr/sbin/sshd -f "$work/ssh/config" -p "$port" -o "PidFile=/run/sshd-$port.pid" -E "/run/sshd-$port.log" "$@"; until_true [ -s "/run/sshd-$port.pid" ]; }
server 22220
server 22227 -o ForceCommand='sleep 300' # lets in, and then nothing comes
connections() { grep -c 'Accepted publickey' /run/sshd-22220.log; }
export NIXMON_SSH_KEY="$work/ssh/mine" NIXMON_SSH_CONFIG=/dev/null TMPDIR=/run/tmp

input() { # NAME PORT [ADDRESS]: stdin of push.js
  release=$(node -e 'const r = require(process.argv[1]); console.log(r.releaseHash(r.packageRoot()))' "$package/dist/cli/push/release.js")
  printf '{"connection":{"host":"%s","port":%s,"user":"root","hostKey":"%s"},"name":"box","release":"%s","limits":{"build":60,"activate":30,"gate":6,"confirm":%s},"data":{"schema":1,"host":"box","collector":null,"n":"%s"},%s}' \
    "${3:-127.0.0.1}" "$2" "$(cat "$work/ssh/${pinned:-host}.pub")" "$release" "${confirm:-10}" "$1" \
    '"secrets":{"MONITORING/GRAFANA/SECRET_KEY":"canary-7d1f"},"host":"nixio","targets":[{"name":"node","job":"node","host":"nixio","address":"fd00::3","port":9100,"path":"/metrics","scheme":"http","labels":{},"params":{"target":"x"}}]' >/run/in
}
push() { # VERB [NAME [PORT [ADDRESS]]]
  rm -rf "$package/modules"; cp -r /run/make "$package/modules"
  input "${2:-one}" "${3:-22220}" "${4:-127.0.0.1}"
  before=$(date +%s); node "$package/dist/cli/push.js" "$1" </run/in >/run/out 2>/run/err; rc=$?; took=$(($(date +%s) - before))
}
# What waits for a connection that never comes runs beside the rest, from a package that stays as it is: NAME and the words of `push`, then `awaited NAME`.
aside() { tag=$1; shift; input one "$2" "$3"; cp /run/in "/run/$tag.in"
  { before=$(date +%s); TMPDIR=/run node "$work/aside/dist/cli/push.js" "$1" <"/run/$tag.in" >"/run/$tag.out" 2>"/run/$tag.err"; echo "$? $(($(date +%s) - before))" >"/run/$tag.rc"; } & }
awaited() { until_true [ -s "/run/$1.rc" ]; cp "/run/$1.out" /run/out; cp "/run/$1.err" /run/err; read -r rc took <"/run/$1.rc"; }
start() { # apply in the background, up to its build
  : >/run/err; node "$package/dist/cli/push.js" apply </run/in >/run/out 2>/run/err & pusher=$!
  until_true grep -q 'step build' /run/err
}
clean() { [ -z "$(ls -A /run/tmp)" ]; }
current_hash() { cat /var/lib/nixmon/current/hash; }

healthy; cp -r /run/make "$package/modules"; cp -r "$package" "$work/aside"
(exec python3 -c 'import socket,time; s=socket.create_server(("127.0.0.1",22228)); time.sleep(60)') &
# A link whose other end answers nobody: packets go and nothing comes back.
ip link add hole type veth peer name nowhere && ip addr add 10.255.255.1/24 dev hole && ip link set hole up arp off && ip link set nowhere up
sleep 0.5
aside silent apply 22228 127.0.0.1; aside silent-remove remove 22228 127.0.0.1
aside hung secrets 22227 127.0.0.1
aside black apply 22 10.255.255.9; aside black-remove targets-remove 22 10.255.255.9

push apply
is 'apply builds, tries, confirms and prints the manifest, over two connections' eval 'code 0 && generation 1 && permanent "$(current_hash)" && answers "\"hash\":\"$(current_hash)\"" && [ "$(connections)" = 2 ] && clean'
is 'apply says on stderr what it does' eval 'says "box: step build" && says "box: step confirm" && not grep -q alive /run/err'
push apply
is 'apply of the same again answers over one connection' eval 'code 0 && says "nothing to do" && [ "$(connections)" = 3 ]'
is 'a generation may be read by everybody' [ "$(stat -c %a /var/lib/nixmon/generations/1 /var/lib/nixmon/generations/1/host.json | tr '\n' ,)" = 755,644, ]
command=$(node -e 'const r = require(process.argv[1]); console.log(r.applyCommand("root", "0", r.defaultLimits))' "$package/dist/cli/push/remote.js")
for sent in '' 00000 '00000100
short'; do printf %s "$sent" | sh -c "$command" >/run/out 2>/run/err; rc=$?; if [ $rc != 12 ] || ! idle; then echo "#   accepted: $sent"; break; fi; done
is 'a payload that is cut off on its way is refused, and nothing of it stays' eval 'code 12 && idle && says "step stage: cannot unpack" && says "the host runs generation 1"'
mkdir -p /var/lib/nixmon/secrets; : >/var/lib/nixmon/secrets/OTHER; push secrets
is 'secrets arrive whole, are shown nowhere, and take no other away' eval 'code 0 && [ -e /var/lib/nixmon/secrets/OTHER ] && [ "$(cat /var/lib/nixmon/secrets/MONITORING/GRAFANA/SECRET_KEY)" = canary-7d1f ] && not grep -rq canary-7d1f /run/out /run/err /run/sshd-22220.log'
push targets
is 'targets arrive as a file_sd file' eval 'code 0 && grep -qF "\"targets\":[\"[fd00::3]:9100\"]" /var/lib/nixmon/targets/nixio.json && grep -qF "\"__param_target\":\"x\"" /var/lib/nixmon/targets/nixio.json'
push targets-remove
is 'targets-remove takes the file away' eval 'code 0 && [ ! -e /var/lib/nixmon/targets/nixio.json ]'
push status
is 'status prints what the host says of itself' eval 'code 0 && answers "\"healthy\":true"'
echo '{"name":"box","host":"127.0.0.1","port":22220}' >/run/in; node "$package/dist/cli/push.js" learn-host-key </run/in >/run/out 2>/run/err
is 'learn-host-key prints the key that the host shows' [ "$(cat /run/out)" = "$(sed 's/ *$//' "$work/ssh/host.pub")" ]

healthy; : >/run/make/units; push apply two
is 'a failed check comes back with host, step, check and state, and the exit code of the agent' eval 'code 18 && says "apply failed at step gate: unit node.service: failed, not active (exit 18)" && says "STATE" && says "its checks pass" && clean && idle'
healthy; breaks 'kill -STOP "$(cat /run/sshd-22220.pid)"'; push apply hanging
is 'a host that hangs after its gate is not confirmed, within a minute, and the message says what is known of it' eval 'code 1 && [ $took -lt 60 ] && says "step confirm: box" && says "sent no SSH banner" && says "could not be confirmed" && says "State of box unknown" && says "timer brings the old configuration back"'
is 'that host is back in time' eval 'until_true idle && runs "$(current_hash)"'
kill -CONT "$(cat /run/sshd-22220.pid)"

# --- the deployer dies
healthy; : >/run/make/build-hangs; rm -rf "$package/modules"; cp -r /run/make "$package/modules"; input gone 22220
start; kill -TERM $pusher; wait $pusher; rc=$?
is 'SIGTERM ends ssh, removes the temporary files, and the host gives up the build' eval 'code 143 && clean && until_true idle'
start; kill -KILL $pusher; wait $pusher 2>/dev/null
is 'kill -9 of push.js makes the host give up as well' until_true idle
rm -rf /run/tmp/nixmon-*
start; pkill -KILL -P $pusher; wait $pusher; rc=$?
is 'a lost connection is an error that tells what becomes of the host' eval 'code 1 && says "at step build" && says "box is back at its old configuration, generation 1, and its checks pass" && clean && until_true idle'
healthy; push apply next
is 'the next apply converges' eval 'code 0 && idle && permanent "$(current_hash)"'

# --- one process does all pushes of a run: a pretended engine, its program, which listens, and a push that it starts
cat >"$work/pulumi" <<'ENGINE'
#!/bin/sh
node -e 'require(process.argv[1] + "/push/listen.js").listenForPushes(process.argv[1] + "/push.js"); setTimeout(() => {}, Number(process.argv[2]))' "$1" "${lives:-1000000}" & program=$!
until [ -e "$(echo /run/tmp/nixmon-push-*/script)" ]; do sleep 0.05; done
echo "$program" >/run/program
. /run/meanwhile
${caller:-sh} "$1/../../cli/push.sh" "$2" </run/in >/run/out 2>/run/err & echo $! >/run/client
wait $!; echo $? >/run/rc
[ -n "${lives:-}" ] || kill -TERM "$program"; kill -CONT "$program"; wait "$program"
ENGINE
chmod +x "$work/pulumi"
meanwhile() { echo "$1" >/run/meanwhile; } # what happens between the program and the push
meanwhile :
under() { # VERB [NAME]: as `push`, under an engine
  rm -rf "$package/modules" /run/rc; cp -r /run/make "$package/modules"; input "${2:-one}" 22220
  before=$(date +%s); "$work/pulumi" "$package/dist/cli" "$1"; read -r rc </run/rc; took=$(($(date +%s) - before))
}
begin() { rm -f /run/rc; : >/run/err; "$work/pulumi" "$package/dist/cli" apply & engine=$!; soon grep -q 'step build' /run/err; } # up to its build
soon() { until_true "$@" || until_true "$@" || until_true "$@"; } # three programs start, perhaps on a busy machine
ended() { rc=none; soon [ -s /run/rc ] && read -r rc </run/rc; }
sessions() { pgrep -c -x ssh; }
healthy; seen=$(connections); under apply run
is 'under an engine the program does it: same answer, same words, two connections, nothing left behind' eval 'code 0 && permanent "$(current_hash)" && answers "\"hash\":\"$(current_hash)\"" && says "box: step confirm" && [ "$(connections)" = $((seen + 2)) ] && clean && idle'
under secrets
is 'secrets that the program sends are in no file, log or environment' eval 'code 0 && [ "$(cat /var/lib/nixmon/secrets/MONITORING/GRAFANA/SECRET_KEY)" = canary-7d1f ] && not grep -rq canary-7d1f /run/out /run/err /run/sshd-22220.log /run/tmp'
push='sh "$1/../../cli/push.sh"'
healthy; rm -r /var/lib/nixmon/secrets; seen=$(connections); meanwhile "$push secrets </run/in >/run/first 2>&1"; under apply kept
is 'configuration goes over the connection of the secrets before it, and is confirmed over a new one' eval 'code 0 && grep -q "secrets: MONITORING/GRAFANA/SECRET_KEY is new" /run/first && grep -qxF "{\"secrets\":1,\"changed\":1}" /run/first && permanent "$(current_hash)" && answers "\"hash\":\"$(current_hash)\"" && says "box: step confirm" && [ "$(connections)" = $((seen + 2)) ] && clean && idle && [ "$(sessions)" = 0 ]'
seen=$(connections); meanwhile "for host in a b c; do $push targets </run/in >/run/first 2>&1; done"; under targets
is 'targets of many hosts go over one connection' eval 'code 0 && [ "$(connections)" = $((seen + 1)) ] && [ -e /var/lib/nixmon/targets/nixio.json ]'
healthy; seen=$(connections); meanwhile "$push secrets </run/in >/run/first 2>&1; pkill -KILL -x ssh -P \$program"; under apply lost
is 'a connection that did not last is made anew' eval 'code 0 && permanent "$(current_hash)" && [ "$(connections)" = $((seen + 3)) ]'
healthy; seen=$(connections); meanwhile "$push secrets </run/in >/run/first 2>&1; pkill -STOP -x ssh -P \$program; pkill -KILL -f 'length.*head -c'; pkill -CONT -x ssh -P \$program"; under apply closed
is 'also one that the host closes in this moment' eval 'code 0 && permanent "$(current_hash)" && [ "$(connections)" = $((seen + 3)) ]'
: >/run/make/build-hangs; meanwhile "$push secrets </run/in >/run/first 2>&1"; rm -rf "$package/modules"; cp -r /run/make "$package/modules"; input held 22220
begin; kill -KILL "$(cat /run/client)"; ended
is 'kill -9 of a push over a kept connection makes the host give up, too' eval 'code 137 && until_true idle && [ "$(sessions)" = 0 ]'
wait $engine; rm /run/make/build-hangs
lives=4000; export lives; meanwhile :; under secrets; lives=''
is 'a connection that is kept holds up no program that has ended' eval 'code 0 && [ $took -le 15 ] && [ "$(sessions)" = 0 ] && clean'
healthy; : >/run/make/units; under apply fails
is 'a failed check comes back through the program with the exit code of the agent' eval 'code 18 && says "apply failed at step gate: unit node.service: failed, not active (exit 18)" && says "its checks pass" && idle'
healthy; export NIXMON_SSH_KEY="$work/ssh/stranger"; under apply stranger; NIXMON_SSH_KEY=$work/ssh/mine
is 'an error of ssh comes back through the program, too' eval 'code 1 && says "refused every key offered for user root"'
meanwhile 'kill -STOP $program; touch "$1/push.js"'; under status
is 'a push that was built anew does not ask the older program' eval 'code 0 && answers "\"healthy\":true"'
meanwhile 'kill -STOP $program; for p in /run/tmp/nixmon-push-*/[0-9]*; do : >"$p.taken"; done'; under status
is 'where every place is taken the push does it itself' eval 'code 0 && answers "\"healthy\":true"'
meanwhile 'kill -STOP $program; chown 1 /run/tmp/nixmon-push-*'; under status; rm -rf /run/tmp/nixmon-push-*
is 'a folder that is of somebody else is not entered' eval 'code 0 && answers "\"healthy\":true"'
meanwhile 'sh "$1/../../cli/push.sh" apply </run/in >/dev/null 2>&1 & sleep 0.2; ls /run/tmp/nixmon-push-* | grep -c taken >/run/taken; kill -9 $!; wait $!
sh "$1/../../cli/push.sh" status </run/in >/dev/null 2>&1; sleep 2; ls /run/tmp/nixmon-push-* | grep -c taken >>/run/taken'; under status; meanwhile :
is 'the place of a call is free after it, also of one that was killed' eval 'code 0 && [ "$(paste -sd, /run/taken)" = 1,0 ]'
healthy; : >/run/make/build-hangs; rm -rf "$package/modules"; cp -r /run/make "$package/modules"; input hangs 22220
for caller in sh bash; do
  command -v $caller >/dev/null || continue
  export caller; begin; is "control: ssh is the child of the program, and the push has none, where $caller waits" eval 'pgrep -x ssh -P "$(cat /run/program)" >/run/pids && not pgrep -x ssh -P "$(cat /run/client)"'
  kill -KILL "$(cat /run/client)"; ended; wait $engine; until_true idle
done; unset caller
begin; kill -KILL "$(cat /run/client)"; ended
is 'kill -9 of the push ends its ssh in the program, and the host gives up' eval 'code 137 && until_true idle && [ "$(sessions)" = 0 ]'
wait $engine; begin; kill -TERM "$(cat /run/client)"; ended
is 'SIGTERM of the push does, too' eval 'code 143 && until_true idle && [ "$(sessions)" = 0 ]'
wait $engine; begin; before=$(date +%s); kill -KILL "$(cat /run/program)"; ended; took=$(($(date +%s) - before))
is 'kill -9 of the program is an error that says so within seconds, and the host gives up' eval 'code 1 && says "push apply: the program that does the pushes of this run ended in the middle" && [ $took -le 3 ] && until_true idle'
wait $engine; rm -rf /run/tmp/nixmon-*; begin; kill -TERM "$(cat /run/program)"; ended
is 'a program that is ended takes its ssh along and leaves nothing behind' eval 'code 1 && until_true idle && [ "$(sessions)" = 0 ] && clean'
wait $engine; begin; kill -KILL $engine
is 'kill -9 of the engine ends the push and its ssh, and the host gives up' eval 'until_true idle && until_true eval "! kill -0 $(cat /run/client) 2>/dev/null" && [ "$(sessions)" = 0 ] && until_true clean'
kill -KILL "$(cat /run/program)"
healthy; under apply after
is 'and the next run converges' eval 'code 0 && idle && permanent "$(current_hash)"'

# --- hosts that cannot be reached
push apply one 22229
is 'refused: says so at once' eval 'code 1 && says "connection refused" && [ $took -le 3 ] && clean'
awaited silent
is 'accepted, then silent: names the missing banner, within 15 s' eval 'code 1 && says "sent no SSH banner within 10 s" && [ $took -le 15 ]'
awaited silent-remove
is 'remove takes a silent host for gone within 10 s' eval 'code 0 && says "Taken for gone" && [ $took -le 10 ]'
awaited black
is 'black-holed: unreachable, within 15 s' eval 'code 1 && says "unreachable: no answer within 10 s" && [ $took -le 15 ]'
awaited black-remove
is 'targets-remove takes an unreachable primary for gone within 10 s' eval 'code 0 && says "Taken for gone" && [ $took -le 10 ]'
seen=$(connections); pinned=other; push apply; pinned=host
is 'another host key: shows both fingerprints and sends nothing' eval 'code 1 && says "expected fingerprint $(ssh-keygen -lf "$work/ssh/other.pub" | cut -d" " -f2), got $(ssh-keygen -lf "$work/ssh/host.pub" | cut -d" " -f2)" && [ "$(connections)" = "$seen" ]'
pinned=other; push remove; pinned=host
is 'another host key is not a host that is gone' eval 'code 1 && says "the host key differs"'
NIXMON_SSH_KEY=$work/ssh/stranger; push apply; NIXMON_SSH_KEY=$work/ssh/mine
is 'a refused key names the user and the remedy' eval 'code 1 && says "refused every key offered for user root" && says "NIXMON_SSH_KEY"'
push apply one 22 does-not-exist.invalid
is 'a name that does not resolve says so' eval 'code 1 && says "does not resolve"'
input one 22220; sed -i "s/\"release\":\"[0-9a-f]*/\"release\":\"$(printf %064d 0)/" /run/in; node "$package/dist/cli/push.js" apply </run/in >/run/out 2>/run/err; rc=$?
is 'files that changed since the program started are not sent' eval 'code 1 && says "they changed since the program started"'

awaited hung
is 'a host that hangs when it gets its secrets is given up within a minute' eval 'code 1 && says "connected, but the agent did not start within 45 s" && [ $took -lt 60 ]'

push remove; push remove
is 'remove leaves nothing, and may be repeated' eval 'code 0 && runs plain && [ ! -e /var/lib/nixmon ] && clean'
echo "counts: $passed $failed"
[ "$failed" = 0 ]
