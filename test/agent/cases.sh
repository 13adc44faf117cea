#!/bin/sh
# The agent itself, command by command, fault by fault. Started by run.sh.
# shellcheck disable=SC1091,SC2016,SC2034,SC2094,SC2154 # host.sh is checked by itself; the conditions are evaluated by `is`; the list leaves itself out
set -u
here=$(cd "$(dirname "$0")" && pwd)
shell=$1
. "$here/host.sh"
run_agent() { if [ "$shell" = bash ]; then bash --posix "$work/nixmon-agent" "$@"; else "$shell" "$work/nixmon-agent" "$@"; fi; }
agent() { began=$(date +%s); run_agent "$@" >/run/out 2>/run/err; rc=$? took=$(($(date +%s) - began)); }
# payload NAME: a staged folder like the one a deployer unpacks; files come from /run/make. Sets dir and hash.
payload() {
  mkdir -p /var/lib/nixmon; dir=/var/lib/nixmon/incoming.$(cat /proc/sys/kernel/random/uuid); mkdir "$dir"
  mkdir "$dir/modules"; cp /run/make/* "$dir/modules/"; echo '{ }' >"$dir/default.nix"; echo "{\"n\":\"$1\"}" >"$dir/host.json"; cp "$work/nixmon-agent" "$dir/agent"
  (cd "$dir" && find . -type f ! -name files.sha256 | sed 's,^\./,,' | LC_ALL=C sort | xargs sha256sum >files.sha256)
  hash=$(sha256sum <"$dir/files.sha256" | cut -c1-64); printf %s "$hash" >"$dir/hash"
}
deploy() { payload "$1"; agent apply "$dir" "$hash" confirm=60 lock=1; }

# Looked at before the tests of secrets: a list that never comes to its end.
mkfifo /run/endless; sleep 300 >/run/endless & (run_agent secrets </run/endless >/dev/null 2>/run/endless.err; echo $? >/run/endless.rc) &

# --- what the agent relies on: `ln -f` never takes away what it is to replace
mkdir /run/few; mount -t tmpfs -o nr_inodes=4 tmpfs /run/few; (cd /run/few && ln -s old current && : >a && : >b)
is 'where no link can be made, the old one stays' eval '! (CURRENT=/run/few/current; eval "$(grep "^point_current()" "$work/nixmon-agent")"; point_current new) 2>/run/err && [ "$(readlink /run/few/current)" = old ]'
is 'control: one that is taken away first makes room for the new one' eval 'rm /run/few/current && ln -s new /run/few/current'
umount /run/few

# --- a first deployment that fails leaves the host's own configuration valid and running
healthy; : >/run/make/build-fails; deploy broken
is 'a build that fails ends with code 13, shows its last lines and names host, step and state' eval 'code 13 && says "infinite recursion" && says "step build" && says "kB free below /nix/store" && says "STATE $(uname -n): nothing was activated"'
is 'after a failed first build the import link points to a module that adds nothing' [ "$(cat /etc/nixos/nixmon/default.nix)" = '{ }' ]
is 'a failed build activates nothing and leaves nothing pending' eval 'runs plain && idle && not called "switch" && [ ! -e /var/lib/nixmon/generations/1 ]'

# --- the way it should go
healthy; deploy one; one=$hash
is 'apply ends on trial: activated, not the boot default, not current, timer armed' eval 'code 0 && runs "$one" && permanent plain && generation 0 && [ -e /run/timers/nixmon-rollback.timer ] && [ ! -s /run/out ]'
agent confirm "$one"
is 'confirm makes it permanent, disarms the timer and prints the manifest' eval 'code 0 && permanent "$one" && generation 1 && idle && called "switch boot $one" && answers "\"hash\":\"$one\",\"exporters\":[],\"generation\":1"'
is 'the answer of confirm is JSON with versions of what runs' eval 'python3 -m json.tool </run/out >/dev/null && answers "\"node\":\"1.10.2\""'
agent confirm "$one"
is 'a second confirm of what is permanent prints the manifest again' eval 'code 0 && answers "$one"'
: >/run/calls; healthy; deploy one
is 'an apply of what is already there and healthy touches nothing and answers at once' eval 'code 0 && [ ! -s /run/calls ] && answers "\"generation\":1" && generation 1 && idle'
agent confirm 0000
is 'confirm of another hash is refused with code 19' code 19

# --- refusals before anything is touched
healthy; payload two; echo x >>"$dir/host.json"; agent apply "$dir" "$hash" lock=1
is 'a payload that differs from its list is refused with code 11 and removed' eval 'code 11 && says "host.json: FAILED" && idle && [ ! -s /run/calls ]'
payload two; agent apply "$dir" "${hash%?}x" lock=1
is 'a payload of another hash is refused' eval 'code 11 && says "wanted"'
payload two; : >"$dir/modules/extra"; agent apply "$dir" "$hash" lock=1
is 'a payload with a file that is not listed is refused' eval 'code 11 && says "not on its list"'
for extra in .hidden '..hidden' 'two words' link; do
  payload two; if [ "$extra" = link ]; then ln -s / "$dir/modules/link"; else : >"$dir/modules/$extra"; fi
  agent apply "$dir" "$hash" lock=1; [ "$rc" = 11 ] || { echo "#   accepted: $extra"; break; }
done
is 'whatever its name, and a link, too' eval 'code 11 && says "not on its list" && idle'
payload two; ( flock 9; echo 'apply, pid 1, since 12:00' >&9; sleep 3 ) 9>/run/nixmon.lock & sleep 0.2; agent apply "$dir" "$hash" lock=1
is 'a held lock ends with code 10 and names its holder' eval 'code 10 && says "apply, pid 1, since 12:00" && idle'; wait $!
: >/run/make/no-manifest; deploy unimported
is 'a build that does not contain nixmon is refused with the line to add' eval 'code 15 && says "imports = [ ./nixmon ];" && runs "$one" && generation 1 && idle'
healthy; : >/run/make/build-hangs; payload hung; agent apply "$dir" "$hash" build=1 lock=1
is 'a hung build is ended with code 14' eval 'code 14 && runs "$one" && generation 1 && idle'
healthy; touch /run/no-timers; deploy untimed; rm /run/no-timers
is 'without a rollback timer nothing is activated' eval 'code 16 && says "kB free below /run" && not called switch && idle'

# --- trials that fail
healthy; : >/run/make/units; payload down; agent apply "$dir" "$hash" gate=2 lock=1
is 'a unit that is not active is rolled back and named' eval 'code 18 && says "unit node.service: failed, not active" && runs "$one" && generation 1 && idle && says "its checks pass"'
healthy; breaks 'echo "other 1" >/run/www/metrics'; payload proofless; agent apply "$dir" "$hash" gate=2 lock=1
is 'an exporter without its proof metric is rolled back, named with its URL' eval 'code 18 && says "metric node: http://127.0.0.1:8000/metrics does not show node_load1" && runs "$one" && idle'
healthy; breaks "echo 'pg_up{server=\"a b\"} 0' >/run/www/pg"; payload blind; agent apply "$dir" "$hash" gate=2 lock=1
is 'an exporter that says its subject is down is rolled back' eval 'code 18 && says "says pg_up is 0"'
healthy; rm /run/good/ready; breaks 'rm /run/www/ready'; payload unready; agent apply "$dir" "$hash" gate=2 lock=1
is 'a readiness URL that does not answer 2xx is rolled back' eval 'code 18 && says "ready node: http://127.0.0.1:8000/ready answers 404, not 2xx"'
is 'the state of the host is told with the checks of the old generation that fail' says 'where these checks fail: ready node'
healthy; breaks 'echo "warning: the following units failed: sshd.service"; exit 4'; payload sshd; agent apply "$dir" "$hash" gate=2 lock=1
is 'a unit that failed only by this activation is a gating check' eval 'code 18 && says "unit sshd.service: failed" && runs "$one"'
healthy; breaks 'exit 2'; deploy script
is 'an activation script that fails is rolled back with code 17' eval 'code 17 && runs "$one" && idle'
healthy; breaks 'sleep 30'; payload slow; agent apply "$dir" "$hash" activate=1 lock=1
is 'a hung activation is rolled back with code 17' eval 'code 17 && says "longer than 1 s" && runs "$one" && idle'
healthy; payload silent; agent apply "$dir" "$hash" confirm=2 lock=1; unconfirmed=$hash
is 'without confirm the timer brings the old generation back' eval 'runs "$unconfirmed" && until_true runs "$one" && until_true idle && generation 1 && permanent "$one"'
agent confirm "$unconfirmed"
is 'a confirm that comes too late is refused' eval 'code 19 && says "rolled back"'
healthy; deploy loader; touch /run/no-profile; agent confirm "$hash"; rm /run/no-profile
is 'a confirm that cannot set the profile ends in the old generation' eval 'code 19 && runs "$one" && generation 1 && idle'
healthy; printf 'unit\ttolerated\tslow.service\n' >>/run/make/gate; deploy tolerant; agent confirm "$hash"
is 'a tolerated unit does not roll back and is reported in the answer' eval 'code 0 && answers "\"tolerated\":[\"unit slow.service: failed, not active\"]" && python3 -m json.tool </run/out >/dev/null'
tolerant=$hash

healthy; : >/run/make/units; payload hopeless; agent apply "$dir" "$hash" gate=30 lock=1
is 'a unit that systemd has given up on is not waited for' eval 'code 18 && [ "$(sed -n "s/.*step gate: at most 30 s//p" /run/err | wc -l)" = 1 ] && [ "$took" -lt 15 ]'

# --- crashes, reboots, a deployer that goes away
healthy; deploy rebooted; sed -i "s/^P_boot=.*/P_boot='before'/" /var/lib/nixmon/state/pending; ln -sfn "/nix/store/$tolerant-system" /run/current-system; rm -f /run/timers/*
agent recover
is 'after a reboot during a trial what runs at boot clears it away' eval 'code 0 && says "cut short by a reboot" && idle && generation 2'
agent status
is 'status after that shows nothing pending' eval 'code 0 && answers "\"pending\":null"'
healthy; : >/run/make/build-hangs; payload crashed; (agent apply "$dir" "$hash" build=1000 lock=1) & until_true grep -q "step build" /run/err; until_true not generation 2; kill -9 "$(sed -n 's/.*, pid \([0-9]*\),.*/\1/p' /run/nixmon.lock)"; wait $!
is 'control: an agent killed while it builds leaves the link at what was never checked' not generation 2
agent rollback
is 'its timer puts the link back' eval 'generation 2 && idle'
healthy; deploy torn; sed -i "s/^P_boot=.*/P_boot='before'/" /var/lib/nixmon/state/pending; printf P_pha >>/var/lib/nixmon/state/pending; ln -sfn "/nix/store/$tolerant-system" /run/current-system; rm -f /run/timers/*
agent recover
is 'a phase that a power cut left half written does not keep it from that' eval 'code 0 && says "cut short by a reboot" && idle && generation 2 && [ ! -e /var/lib/nixmon/generations/3 ]'
healthy; deploy half0; sed -i "s/^P_phase=.*/P_phase='confirming'/" /var/lib/nixmon/state/pending; ln -sfn "/nix/store/$tolerant-system" /run/current-system; rm -f /run/timers/*; agent recover
is 'a confirmation cut short by a reboot that brought the old system back is undone' eval 'code 0 && runs "$tolerant" && permanent "$tolerant" && generation 2 && idle'
healthy; deploy killed; sed -i "s/^P_phase=.*/P_phase='activate'/" /var/lib/nixmon/state/pending
killed=$hash; cp -a /var/lib/nixmon/state/pending /run/pending; agent status
is 'status shows what is pending and changes nothing of it' eval 'answers "\"pending\":{\"hash\":\"$killed\",\"phase\":\"activate\"" && runs "$killed" && cmp -s /run/pending /var/lib/nixmon/state/pending'
agent targets rm none
is 'a trial whose agent was killed is rolled back by the next command that changes something' eval 'runs "$tolerant" && idle'
healthy; deploy half; sed -i "s/^P_phase=.*/P_phase='confirming'/" /var/lib/nixmon/state/pending; half=$hash
agent recover
is 'a confirmation that was cut short is finished by the next command' eval 'runs "$half" && permanent "$half" && generation 3 && idle'
healthy; payload waiting; agent apply "$dir" "$hash" confirm=3 lock=1; first=$hash; : >/run/calls; payload next; agent apply "$dir" "$hash" confirm=60 lock=1
is 'an apply while another one waits for its confirm waits until that is decided' eval 'code 0 && says "waiting for an earlier apply ($first)" && runs "$hash"'
agent confirm "$hash"
mkfifo /run/pipe; healthy; : >/run/make/build-hangs; payload orphan; (printf ..; sleep 0.5) >/run/pipe & agent apply "$dir" "$hash" watch=2 lock=1 </run/pipe
is 'a build whose deployer goes away is ended and cleared' eval 'code 20 && says "deployer went away" && says alive && idle && generation 4'
healthy; : >/run/make/build-hangs; payload mute; (sleep 5) >/run/pipe & agent apply "$dir" "$hash" watch=1 lock=1 </run/pipe
is 'a deployer that goes silent is noticed' eval 'code 20 && idle'
healthy; : >/run/make/units; payload orphan2; (until grep -q "step gate" /run/err; do printf .; sleep 0.2; done) >/run/pipe & agent apply "$dir" "$hash" watch=1 gate=20 lock=1 </run/pipe
is 'a trial whose deployer goes away is rolled back at once' eval 'code 20 && says "rolled back" && idle && generation 4'
for n in 5 6 7 8; do healthy; deploy "more$n"; agent confirm "$hash"; done
is 'five generations are kept' [ "$(ls -x /var/lib/nixmon/generations)" = "$(printf '0  4  5  6  7  8')" ]

# --- disk full
last=$hash; healthy; payload full; dd if=/dev/zero of=/var/lib/fill bs=64k >/run/err 2>&1; agent apply "$dir" "$hash" lock=1; rm /var/lib/fill
is 'a full disk is a clear error and leaves nothing' eval 'code 12 && says "kB free" && idle && generation 8 && runs "$last"'
healthy; deploy afterwards; agent confirm "$hash"
is 'with space again the next apply works' eval 'code 0 && generation 9'

# --- secrets
S=/var/lib/nixmon/secrets; row() { printf '%s\t%s\n' "$1" "$(printf %s "$2" | base64 -w0)"; }
put() { agent secrets </run/in; }
until_true [ -s /run/endless.rc ]
is 'a list that does not come to its end keeps the lock for 20 s and no longer' eval '[ "$(cat /run/endless.rc)" = 22 ] && grep -q "within 20 s" /run/endless.err && flock -n /run/nixmon.lock.secrets true'
healthy; printf 'MONITORING/GRAFANA/SECRET_KEY\troot\t0400\tgrafana.service\nMONITORING/OAUTH\troot\t0400\tgrafana.service\nDB/PASS\tnobody\t0400\tpg.service:reload\nBAD\troot\t0400\tbroken.service\n' >/run/make/secrets; deploy secretive; agent confirm "$hash"; : >/run/calls
{ row MONITORING/GRAFANA/SECRET_KEY 'a "b" $c'; row DB/PASS two; row FREE three; echo .; } >/run/in; put
is 'secrets are whole, 0400, in folders of 0700, or 0711 above another owner' eval 'code 0 && [ "$(cat $S/MONITORING/GRAFANA/SECRET_KEY)" = "a \"b\" \$c" ] && [ "$(stat -c "%a %U" $S/MONITORING/GRAFANA/SECRET_KEY $S/MONITORING $S/DB/PASS $S/DB | tr "\n" ,)" = "400 root,700 root,400 nobody,711 root," ]'
is 'new secrets restart or reload their own consumers' eval 'called "try-restart grafana.service" && called "try-reload-or-restart pg.service" && answers "\"changed\":3"'
: >/run/calls; inode=$(stat -c %i $S/FREE); put
is 'the same secrets again touch no file and no unit' eval '[ ! -s /run/calls ] && [ "$inode" = "$(stat -c %i $S/FREE)" ] && answers "\"changed\":0"'
{ row MONITORING/GRAFANA/SECRET_KEY new; row DB/PASS two; row FREE three; echo .; } >/run/in; put
is 'one changed secret restarts its consumer alone' [ "$(cat /run/calls)" = 'try-restart grafana.service' ]
{ row MONITORING/GRAFANA/SECRET_KEY newest; row MONITORING/OAUTH two; echo .; } >/run/in; : >/run/calls; put
is 'a consumer of two new secrets restarts once' eval '[ "$(cat /run/calls)" = "try-restart grafana.service" ] && answers "\"changed\":2"'
chmod 444 $S/FREE; chown nobody $S/MONITORING/OAUTH; { row FREE three; row MONITORING/OAUTH two; echo .; } >/run/in; put
is 'whose access differs gets it back' eval 'answers "\"changed\":2" && [ "$(stat -c "%a %U" $S/FREE $S/MONITORING/OAUTH | tr "\n" ,)" = "400 root,400 root," ]'
echo . >/run/in; put
is 'a list of none changes nothing' eval 'code 0 && answers "{\"secrets\":0,\"changed\":0}" && [ -e $S/FREE ]'
{ row FREE four; row ../ESCAPE x; echo .; } >/run/in; put
is 'a key that leaves the folder is refused and nothing changes' eval 'code 22 && says "is no key" && [ "$(cat $S/FREE)" = three ] && [ ! -e /var/lib/nixmon/ESCAPE ]'
for k in lower A//B /A A/ 'A B'; do { row "$k" x; echo .; } >/run/in; put; [ "$rc" = 22 ] || { echo "#   accepted: $k"; break; }; done
is 'other bad keys are refused too' code 22
{ row FREE four; } >/run/in; put
is 'a list without its end is refused: nothing changes or goes' eval 'code 22 && says "ended early" && [ "$(cat $S/FREE)" = three ] && [ -e $S/DB/PASS ]'
printf 'FREE\t!!!\n.\n' >/run/in; put
is 'a value that is not base64 is refused' eval 'code 22 && [ "$(cat $S/FREE)" = three ] && [ -z "$(find $S -name ".new*")" ]'
{ row FREE three; echo .; } >/run/in; put
is 'what is not listed stays: only a confirmed payload takes a secret away' eval 'code 0 && [ -e $S/DB/PASS ] && [ -e $S/MONITORING/GRAFANA/SECRET_KEY ]'
{ row FREE three; row BAD x; echo .; } >/run/in; put
is 'a consumer that does not come back is named' eval 'code 22 && says "broken.service" && says "the secrets are stored" && [ -e $S/BAD ]'
: >/run/calls; put
is 'the same secrets again start what failed over them before, and fail while that fails' eval 'code 22 && [ "$(cat /run/calls)" = "restart broken.service" ]'
: >/run/mended; : >/run/calls; put
is 'once it comes back, that is done' eval 'code 0 && [ "$(cat /run/calls)" = "restart broken.service" ]'
rm /run/broken; : >/run/calls; put
is 'and not done again' eval 'code 0 && [ ! -s /run/calls ]'
mkfifo /run/gone; exec 7<>/run/gone 6>/run/gone 7>&- # whoever writes to 6 now gets SIGPIPE: the deployer was killed
{ row MONITORING/GRAFANA/SECRET_KEY newer; echo .; } >/run/in; : >/run/calls; run_agent secrets </run/in >/dev/null 2>&6; rc=$?
is 'consumers restart also where nobody hears of it any more' eval 'code 0 && [ "$(cat /run/calls)" = "try-restart grafana.service" ]'
dd if=/dev/zero of=/var/lib/fill bs=64k 2>/dev/null; { row FREE five; echo .; } >/run/in; put; rm /var/lib/fill
is 'on a full disk a secret keeps its old value' eval 'code 22 && [ "$(cat $S/FREE)" = three ]'
# Rotations while another user reads and root checks for partial values
{ i=0; while [ -e /run/reading ] || [ $i = 0 ]; do i=$((i + 1)); v=$(cat $S/FREE); [ ${#v} = 4096 ] || [ ${#v} = 5 ] || echo partial; done >/run/partial; } &
touch /run/reading; steal() { setpriv --reuid=nobody --clear-groups sh -c 'while :; do cat /var/lib/nixmon/secrets/FREE; [ -e /run/reading ] || exit; done' >/run/stolen 2>/dev/null; }
steal &
for i in 1 2 3 4 5 6 7 8 9 10; do { row FREE "$(head -c 2048 /dev/urandom | od -An -tx1 | tr -d ' \n')"; echo .; } >/run/in; put; done; rm /run/reading; wait $!; sleep 0.1
is 'during rotations another user reads nothing, and nobody a part' eval '[ ! -s /run/stolen ] && [ ! -s /run/partial ]'
chmod 755 /var/lib/nixmon/secrets; chmod 444 $S/FREE; steal
is 'control: a readable secret would have been read' [ -s /run/stolen ]
healthy; { row FREE three; row DB/PASS two; echo .; } >/run/in; put; deploy 'x","secrets":"DB/PASS'; kept=$(find $S -type f | wc -l); run_agent confirm "$hash" >/run/out 2>&6; rc=$?; exec 6>&-
is 'a confirmed payload takes the secrets away that it does not name, a trial none; also where nobody hears of it any more' eval 'code 0 && [ "$kept" -ge 2 ] && [ "$(find $S -mindepth 1 -printf "%P ")" = "DB DB/PASS " ]'
before=$hash; { row DB/PASS two; row FREE three; echo .; } >/run/in; put; { row DB/PASS two; echo .; } >/run/in; put; healthy; : >/run/make/units; payload 'y","secrets":"DB/PASS'; agent apply "$dir" "$hash" gate=1 lock=1
is 'a deployment that drops a secret and fails leaves it to the old configuration' eval 'code 18 && runs "$before" && says "its checks pass" && [ "$(cat $S/FREE)" = three ]'
healthy; deploy 'x","secrets":"DB/PASS'
is 'an apply of what is already there takes away what it does not name' eval 'code 0 && says "nothing to do" && [ ! -e $S/FREE ] && [ "$(cat $S/DB/PASS)" = two ]'

# --- targets
T=/var/lib/nixmon/targets; printf '[{"targets":["10.0.0.3:9100"]}]\n' >/run/in; agent targets put nixio </run/in
is 'targets are one whole file a host, readable by Prometheus' eval 'code 0 && cmp -s /run/in $T/nixio.json && [ "$(stat -c %a $T/nixio.json)" = 644 ]'
inode=$(stat -c %i $T/nixio.json); agent targets put nixio </run/in
is 'unchanged targets are not written again' eval 'code 0 && [ "$inode" = "$(stat -c %i $T/nixio.json)" ] && [ "$(ls -A $T)" = nixio.json ]'
printf '[{"targets":["10' >/run/in; agent targets put nixio </run/in
is 'targets cut short are refused' eval 'code 23 && [ "$inode" = "$(stat -c %i $T/nixio.json)" ] && [ "$(ls -A $T)" = nixio.json ]'
agent targets put ../x </run/in
is 'a host name that leaves the folder is refused' code 23
agent targets rm nixio; agent targets rm nixio
is 'targets are removed, also when they are gone' eval 'code 0 && [ ! -e $T/nixio.json ]'

# --- remove
agent status
is 'status is JSON with generation, hash and health' eval 'python3 -m json.tool </run/out >/dev/null && answers "\"healthy\":true" && answers "\"generation\":11"'
mv /run/www/metrics /run/www/kept-metrics; mv /run/www/ready /run/www/kept-ready; agent status
is 'status names every check that fails, not the first alone' eval 'answers "\"healthy\":false" && answers "\"metric node: " && answers "\"ready "'
mv /run/www/kept-metrics /run/www/metrics; mv /run/www/kept-ready /run/www/ready
: >/run/calls; agent remove
is 'remove rebuilds the host without us and leaves nothing' eval 'code 0 && runs plain && permanent plain && called "switch switch plain" && called "stop node.service" && [ ! -e /var/lib/nixmon ] && [ ! -L /etc/nixos/nixmon ] && [ ! -e /etc/nixos/nixmon ]'
agent remove
is 'remove of what is gone is no error' eval 'code 0 && answers "\"removed\":false"'
: >/etc/nixos/strict; healthy; deploy again; agent confirm "$hash"; agent remove
is 'a host whose import line stays gets an empty module in its place' eval 'code 0 && runs plain && [ "$(cat /etc/nixos/nixmon/default.nix)" = "{ }" ] && says "take \`./nixmon\` out"'
healthy; deploy anew; agent confirm "$hash"
is 'after remove a new apply takes the place of the empty module' eval 'code 0 && [ -L /etc/nixos/nixmon ] && generation 1'

# --- by flake
agent remove; rm /etc/nixos/strict; how() { payload "$1"; shift; agent apply "$dir" "$hash" confirm=6 lock=1 "$@"; }
healthy; how flaked 'flake=/etc/nixos#box' impure=yes
is 'an impure flake is built with its reference and sees the pushed folder' eval 'code 0 && called "nixos-rebuild build --flake /etc/nixos#box --impure" && runs "$hash"'
agent confirm "$hash"
healthy; how pure 'flake=github:me/nixos#box'
is 'a flake whose build does not contain nixmon is refused with the line to add' eval 'code 15 && says "Add to the host'"'"'s modules in github:me/nixos#box:  imports = [ /etc/nixos/nixmon ];" && idle'
healthy; how overridden 'flake=github:me/nixos#box' input=nixmon build-host=root@builder; flaked=$hash
is 'a flake with an overridden input gets the new generation, and may be built elsewhere' eval 'code 0 && called "--override-input nixmon path:/var/lib/nixmon/generations/2 --build-host root@builder" && runs "$hash"'
agent confirm "$hash"
healthy; how other 'flake=github:me/nixos#box' input=monitoring
is 'a flake without that input is refused with the lines to add' eval 'code 15 && says "imports = [ inputs.monitoring.outPath ];" && says "inputs.monitoring = {" && runs "$flaked"'
agent remove 'flake=github:me/nixos#box' input=nixmon
is 'remove builds the flake with an empty module as its input' eval 'code 0 && called "--override-input nixmon path:/var/lib/nixmon/generations/0" && runs plain && [ ! -e /var/lib/nixmon ]'
healthy; deploy channel; agent confirm "$hash"
is 'control: without a flake nothing of it is asked for' eval 'code 0 && not called "--flake"'

# --- a lock that is not let go, a confirmation that takes long, a second apply
channel=$hash
is 'a run that has ended is not named as holder of the lock' [ ! -s /run/nixmon.lock ]
printf '#!/bin/sh\n[ "$1" != -w ] || { shift 2; set -- -w 0.5 "$@"; }\nexec %s "$@"\n' "$(command -v flock)" >"$work/flock"; chmod 755 "$work/flock" # for tests that cannot wait
sleep 30 & bystander=$!; ( flock 9; echo "apply, pid $bystander, since 12:00" >&9; exec sleep 3 ) 9>/run/nixmon.lock & sleep 0.2; agent rollback; wait $!
is 'rollback kills no process that only has the number of an old agent, and says who keeps the lock' eval 'code 10 && kill -0 "$bystander" && says "apply, pid $bystander, since"'
healthy; : >/run/make/build-hangs; payload stuck; (agent apply "$dir" "$hash" build=1000 lock=1) & until_true grep -q "step build" /run/err; until_true not [ "$(cat /var/lib/nixmon/current/hash)" = "$channel" ]
stuck=$(sed -n 's/.*, pid \([0-9]*\),.*/\1/p' /run/nixmon.lock); kill -STOP "$stuck"; agent rollback
is 'control: rollback ends an agent that is stuck, and puts things right' eval 'code 0 && not kill -0 "$stuck" 2>/dev/null && idle && [ "$(cat /var/lib/nixmon/current/hash)" = "$channel" ]'; rm "$work/flock"
healthy; deploy first; first=$hash; payload second; (printf .; sleep 0.5) >/run/pipe & agent apply "$dir" "$hash" watch=5 lock=1 </run/pipe
is 'an apply that waits for the trial of another does not undo it when its own deployer goes away' eval 'code 20 && says "waiting for an earlier apply ($first)" && runs "$first" && [ -e /run/timers/nixmon-rollback.timer ]'
: >/run/calls; : >/run/slow-profile; (while [ -e /run/slow-profile ]; do printf .; sleep 0.1; done) >/run/pipe & agent confirm "$first" watch=5 </run/pipe
is 'a confirmation shows that it is alive, and ends also when its deployer goes away' eval 'code 0 && says alive && permanent "$first" && idle'
is 'what takes long in a confirmation has a longer timer than the trial had' [ "$(grep -e '^arm' -e 'stop nixmon-rollback.timer' -e nix-env /run/calls | head -n 3 | tr '\n' ,)" = "arm nixmon-watchdog.timer,stop nixmon-rollback.timer,nix-env --set $first-system," ]
healthy; breaks '[ ! -e /run/slow-once ] || { rm /run/slow-once; exec sleep 30; }'; deploy slow-back; slow=$hash; agent confirm "$hash"
healthy; deploy next; : >/run/slow-once; sed -i "s/^P_activate=.*/P_activate='1'/" /var/lib/nixmon/state/pending; : >/run/calls; agent rollback
is 'the old configuration gets the time of an activation to come back, and one more try' eval 'code 0 && runs "$slow" && idle && [ "$(grep -c "switch test $slow" /run/calls)" = 2 ] && not grep -q "activation ended" /run/err'

# --- removals that were cut short
rm /etc/nixos/nixmon; agent remove
is 'a removal that was cut short after it took the link away is done again' eval 'code 0 && answers "\"removed\":true" && runs plain && permanent plain && [ ! -e /var/lib/nixmon ]'
: >/etc/nixos/strict; healthy; deploy late; agent confirm "$hash"; : >/run/hangs; (until grep -qs "{ }" /etc/nixos/nixmon/default.nix; do printf .; sleep 0.1; done; sleep 0.5) >/run/pipe & agent remove watch=5 </run/pipe; rm /run/hangs
is 'a removal whose deployer goes away puts the link back where the empty module was' eval 'code 20 && [ "$(readlink /etc/nixos/nixmon)" = /var/lib/nixmon/current ] && [ ! -e /var/lib/nixmon/current/current ] && runs "$hash"'
rm /etc/nixos/strict

agent apply; is 'apply without arguments is a usage error' code 2
agent apply x y build=soon; is 'a limit that is no number is a usage error' eval 'code 2 && says "build=soon"'
agent frobnicate; is 'an unknown command is a usage error' eval 'code 2 && says "known: apply"'
head -c 20000 "$work/nixmon-agent" >"$work/cut"; sh "$work/cut" remove >/dev/null 2>&1
is 'an agent cut short on its way does nothing' [ -e /var/lib/nixmon ]

echo "counts: $passed $failed"
[ "$failed" = 0 ]
