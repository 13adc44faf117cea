# shellcheck shell=sh
# What the agent knows of its host and keeps there: lock, generations, the pending apply, the timer, the way back. A part of nixmon-agent.
# What can do without a process does: a host pays a millisecond for each, a busy one more. So functions set variables, which asks no $(...),
# and `exec` in a $(...) saves bash a process.
now() { read -r NOW _ </proc/uptime; NOW=${NOW%%.*}; } # sets NOW, seconds
boot_id() { read -r BOOT </proc/sys/kernel/random/boot_id; } # sets BOOT
read_file() { # FILE; sets TEXT; nothing where there is none
  TEXT=''
  [ ! -f "$1" ] || while IFS= read -r line || [ -n "$line" ]; do TEXT=$TEXT$line$NL; done <"$1"
}
resolve() { # FOLDER; sets PLACE, to where its links lead
  from=${PWD:-/}
  if cd -P "$1" 2>/dev/null; then PLACE=$PWD; cd "$from" 2>/dev/null || cd /; else PLACE=$(readlink -f "$1"); fi
}
walk() { # FOLDER; adds what is below it and is no folder to FILES, and to COUNT how many that is
  for w in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -d "$w" ] && [ ! -L "$w" ]; then walk "$w"
    elif [ -e "$w" ] || [ -L "$w" ]; then FILES="$FILES $w" COUNT=$((COUNT + 1)); fi
  done
}
folders() { for d; do [ -d "$d" ] || { mkdir -p "$@"; return; }; done; } # makes those that are missing
space() { df -Pk "$1" | awk -v d="$1" 'END { print $4 " kB free below " d }'; }
running() { resolve "$RUNNING"; SYSTEM=$PLACE; } # sets SYSTEM
runs() { running; [ "$SYSTEM" = "$1" ]; } # SYSTEM
current_name() { NAME=$1; [ ! -L "$CURRENT" ] || { resolve "$CURRENT"; NAME=${PLACE##*/}; }; } # NAME-OF-NONE; sets NAME
host_state() { current_name none; running; printf 'runs generation %s, system %s' "$NAME" "$SYSTEM"; }
write_state() { printf '%s\n' "$2" >"$STATE/.$1" && sync "$STATE/.$1" && mv -f "$STATE/.$1" "$STATE/$1"; } # NAME TEXT
point_current() { ln -sfT "$1" "$CURRENT"; } # at once: this `ln` links beside it and renames
has_hash() { # SYSTEM HASH
  read_file "$1/etc/nixmon/manifest.json"
  case $TEXT in *"\"hash\":\"$2\""*|*"\"hash\": \"$2\""*) ;; *) return 1 ;; esac
}
hash_is() { found=''; { read -r found <"$1/hash"; } 2>/dev/null; [ "$found" = "$2" ]; } # GENERATION HASH
units_of_log() { sed -n 's/.*the following units failed: //p' "$LOG" | tr -d ' ' | tr ',' '\n'; }
set_link() { # the import's place: ours, also where `remove` left an empty module; fails where it is somebody else's
  [ -L "$LINK" ] || [ ! -e "$LINK" ] || { [ "$(cat "$LINK"/* 2>/dev/null | tr -d ' \n')" = '{}' ] && rm -rf "$LINK"; } || return 1
  ln -sfn "$CURRENT" "$LINK"
}
# Two timers, so that one can be armed before the other goes: `watchdog` while apply is at work, `rollback` while it waits for its confirm.
disarm() { systemctl stop nixmon-rollback.timer nixmon-watchdog.timer >/dev/null 2>&1 9>&-; }
arm() { # UNIT SECONDS. systemd may be a minute late by default, hence AccuracySec.
  systemd-run --quiet --collect --unit="$1" --on-active="$2" --timer-property=AccuracySec=100ms /bin/sh "$BASE/agent" rollback >&2 9>&-
}
limited() { # SECONDS COMMAND...: in folder $IN, output to $LOG, which no full disk prevents; in the background, so that a signal is acted on at once
  limit=$1; shift
  { cd "$IN" && exec timeout -k 5 "$limit" "$@"; } >"$LOG" 2>&1 </dev/null 9>&- & CHILD=$!
  wait "$CHILD"; rc=$?; CHILD=''; return "$rc"
}

prepare_base() {
  # shellcheck disable=SC2174 # those above it are to be as usual
  [ -d "$STATE" ] || mkdir -p -m 700 "$STATE" || return 1
  folders "$BASE/generations/0" "$BASE/targets" "$STATE/build" || return 1
  # Generation 0 adds nothing: it keeps the host's import line valid before the first apply and while a trial is not confirmed.
  [ -s "$BASE/generations/0/default.nix" ] || echo '{ }' >"$BASE/generations/0/default.nix" || return 1
  [ -L "$CURRENT" ] || point_current generations/0
}
take_lock() { # WHAT SECONDS-TO-WAIT
  exec 9>>"$LOCK"
  if ! flock -n 9; then
    say "waiting up to $2 s for the lock: $(cat "$LOCK")"
    flock -w "$2" 9 || { STEP=lock; die 10 "another run holds the lock: $(cat "$LOCK")"; }
  fi
  hold "$1"
}
hold() { HELD=yes; echo "$1, pid $$, for ${SUDO_USER:-root} from ${SSH_CONNECTION:-this host}" >"$LOCK"; }
drop_lock() { : >"$LOCK"; HELD=''; exec 9>&-; }

save_pending() { # a new apply, before anything is done that it would be needed for
  PHASE=build P_phase=build
  text=''
  for k in phase generation hash old new profile was boot activate; do eval "text=\"\${text}P_$k='\$P_$k'\$NL\""; done
  write_state pending "$text"
}
# The later phases: a line more, so that nothing of what is there can be lost. Until a reboot a line is whole or not there. After a reboot
# only `confirming` matters, which syncs; a line without quotes breaks nothing however much of it a power cut has left.
enter() { # PHASE
  PHASE=$1 P_phase=$1
  [ -s "$STATE/pending" ] && printf 'P_new=%s\nP_phase=%s\n' "$P_new" "$1" >>"$STATE/pending"
}
load_pending() {
  [ -s "$STATE/pending" ] || return 1
  # shellcheck source=/dev/null
  . "$STATE/pending" 2>/dev/null # half a line is no command, and no failure
  [ -n "$P_generation" ]
}
forget_pending() { # [keep]: without `keep` the generation that did not make it is removed
  disarm; rm -f "$ROOTS/nixmon-old" "$STATE/pending"; PHASE=''
  [ "${1:-}" = keep ] || rm -rf "${BASE:?}/generations/$P_generation"
}

# Back to the system that ran before; sets AFTERMATH. Fails (1) if that system does not come back.
roll_back() {
  say "rolling back to $P_old"
  PHASE=activate # a deployer that goes away in the middle of it has it begin again
  # Nobody may begin this again while it lasts. The watchdog's own run cannot arm it, and needs none.
  disarm; arm nixmon-watchdog $((2 * P_activate + 240)) 2>/dev/null
  resolve "$PROFILE"
  if [ "$PLACE" != "$P_profile" ]; then
    limited 60 nix-env -p "$PROFILE" --set "$P_profile"; limited 60 "$P_profile/bin/switch-to-configuration" boot
  fi
  point_current "$P_was"
  limited "$P_activate" "$P_old/bin/switch-to-configuration" test; rc=$?
  [ "$rc" -ne 124 ] || { limited "$P_activate" "$P_old/bin/switch-to-configuration" test; rc=$?; }
  if ! runs "$P_old"; then
    AFTERMATH="ROLLBACK FAILED (exit $rc): the host runs $SYSTEM; by hand: $P_old/bin/switch-to-configuration test"
    log_tail; return 1
  fi
  forget_pending
  AFTERMATH="rolled back; the host $(host_state)"
  [ "$rc" -eq 0 ] || AFTERMATH="$AFTERMATH (its activation ended with exit $rc)"
  if [ -s "$P_old/etc/nixmon/gate" ]; then
    GRACE=0
    if gate "$P_old" 5; then AFTERMATH="$AFTERMATH, and its checks pass"
    else AFTERMATH="$AFTERMATH, where these checks fail: $(printf '%s' "$FAILING" | tr '\n' ';')"; fi
  fi
}
undo() { # CODE TEXT: end a failed trial
  code=$1 text=$2
  roll_back || code=21
  die "$code" "$text"
}
finish_or_undo() { # of a confirmation that was cut short
  if runs "$P_new"; then say 'finishing a confirmation that was cut short'; make_permanent
  else say "a confirmation of $P_hash was cut short, and the host came up with its old configuration"; roll_back; fi
}
# With the lock held nobody else is at work: what is pending is either waiting for its confirm (LIVE, not ours to undo) or left by a crash or
# reboot.
recover() {
  LIVE=''
  load_pending || return 0
  if [ "$P_phase" = confirming ]; then finish_or_undo; return; fi
  boot_id
  if [ "$P_boot" != "$BOOT" ]; then
    say "an apply of $P_hash was cut short by a reboot; the host came up with its old configuration"
  elif [ "$P_phase" = build ]; then
    say "an apply of $P_hash was cut short before it activated anything"
  elif [ "$P_phase" = waiting ] && systemctl --quiet is-active nixmon-rollback.timer; then
    LIVE=yes; return 0
  else
    say "an apply of $P_hash was cut short while on trial"
    roll_back || { STEP=recover; die 21 'an earlier trial could not be undone'; }
    return 0
  fi
  point_current "$P_was"; forget_pending
}
recover_if_free() { # for commands that need no lock: whoever holds it looks after the state
  [ -s "$STATE/pending" ] || return 0
  exec 9>>"$LOCK"
  if flock -n 9; then hold "$STEP"; recover; drop_lock; else exec 9>&-; fi
}
