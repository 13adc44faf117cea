# shellcheck shell=sh
# apply, confirm, rollback: a new generation on trial, then for good or gone. A part of nixmon-agent.
verify() { # DIR HASH
  # the list by its hash, the files by the list
  bad=$(cd "$1" && exec sha256sum --quiet --strict -c - files.sha256 2>&1 <<LIST
$2  files.sha256
LIST
  ) || die 11 "payload differs from its list: $bad; wanted hash $2: the transfer was damaged, run again"
  hash_is "$1" "$2" || die 11 "the payload's file \`hash\` says $found, wanted $2"
  listed=2; while read -r _; do listed=$((listed + 1)); done <"$1/files.sha256"
  COUNT=0; walk "$1"; [ "$COUNT" -eq "$listed" ] || die 11 'the payload holds files that are not on its list'
}
untouched() { (cd "$CURRENT" && exec sha256sum --quiet --strict -c files.sha256) >/dev/null 2>&1; }
apply() {
  [ $# -ge 2 ] || { STEP=usage; die 2 'apply wants DIR HASH'; }
  DIR=$1 hash=$2; shift 2
  build=1800 activate=300 gate=90 confirm=60 lock=45 watch=''
  for a; do
    take_how "$a" && continue
    need_number "$a"
    case $a in build=*) build=${a#*=} ;; activate=*) activate=${a#*=} ;; gate=*) gate=${a#*=} ;; confirm=*) confirm=${a#*=} ;; lock=*) lock=${a#*=} ;; watch=*) watch=${a#*=} ;;
      *) STEP=usage; die 2 "unknown limit \`$a\`; known: build, activate, gate, confirm, lock, watch, flake, impure, input, build-host" ;; esac
  done
  start_watch "$watch"
  step verify "payload $hash"
  verify "$DIR" "$hash"
  take_lock "apply $hash" "$lock"
  recover
  while [ -n "$LIVE" ]; do # its deployer confirms, or its timer rolls it back
    say "waiting for an earlier apply ($P_hash) to be confirmed or rolled back"
    drop_lock; sleep 2; take_lock "apply $hash" "$lock"; recover
  done
  running
  if hash_is "$CURRENT" "$hash" && has_hash "$RUNNING" "$hash" && has_hash "$PROFILE" "$hash" && untouched && gate "$SYSTEM" 0; then
    say 'already applied and healthy: nothing to do'; drop_secrets; print_manifest "$SYSTEM"; return
  fi

  step stage 'new generation'
  set -- "$BASE"/incoming.* # one is ours
  [ $# -le 1 ] || find "$BASE" -maxdepth 1 -name 'incoming.*' -mmin +60 -exec rm -rf {} +
  prepare_base || die 12 "cannot write below $BASE ($(df -Pk "$BASE" | awk 'END { print $4 }') kB free)"
  set_link || die 12 "cannot link $LINK: what is there and is not ours has to be moved away"
  last=0; for g in "$BASE"/generations/*; do g=${g##*/}; last=$((g > last ? g : last)); done
  boot_id; current_name 0; resolve "$PROFILE"
  P_generation=$((last + 1)) P_hash=$hash P_old=$SYSTEM P_new='' P_profile=$PLACE P_was=generations/$NAME P_boot=$BOOT P_activate=$((activate > 60 ? activate : 60))
  { save_pending && ln -fT "$DIR/agent" "$BASE/agent" && mv -T "$DIR" "$BASE/generations/$P_generation" && sync -f "$BASE"; } ||
    { rm -f "$STATE/.pending"; forget_pending; die 12 "cannot stage ($(space "$BASE"))"; }
  DIR=''

  step build "generation $P_generation, at most $build s"
  arm nixmon-watchdog $((build + 60)) || { forget_pending; die 16 "systemd-run could not arm the rollback timer ($(space /run))"; }
  # The symlink is at the new generation only during the build: whatever happens later, the host's own configuration is what it was.
  point_current "generations/$P_generation"; build_here "$build"; rc=$?; point_current "$P_was"
  if [ "$rc" -ne 0 ]; then
    forget_pending; log_tail
    [ "$rc" != 124 ] || die 14 "nixos-rebuild build took longer than $build s"
    die 13 "nixos-rebuild build failed (exit $rc, $(space /nix/store)); its last lines are above"
  fi
  resolve "$STATE/build/result"; P_new=$PLACE
  if ! has_hash "$P_new" "$hash"; then
    forget_pending
    [ -s "$P_new/etc/nixmon/manifest.json" ] && die 15 "the built system's /etc/nixmon/manifest.json is not of hash $hash: something else sets server.monitoring.payloadHash or shadows $LINK"
    die 15 "the built system does not contain nixmon: the host's configuration does not import the pushed folder. $(import_line)"
  fi

  step activate "on trial, at most $activate s"
  [ ! -d "$ROOTS" ] || ln -sfn "$P_old" "$ROOTS/nixmon-old" # keeps the way back from the garbage collector
  disarm
  { enter activate && arm nixmon-watchdog $((activate + gate + 30)); } || { forget_pending; die 16 'systemd-run could not arm the rollback timer'; }
  failed_before=$NL$(exec systemctl list-units --failed --plain --no-legend 2>/dev/null)
  limited "$activate" "$P_new/bin/switch-to-configuration" test; rc=$?
  more=''
  case $rc in
    0) ;;
    # 4: some units did not start. The gate decides, and what failed only now is part of it unless the gate tolerates it.
    4) for u in $(units_of_log); do
         case $failed_before in *"$NL$u "*) continue ;; esac
         grep -qF "unit${TAB}tolerated${TAB}$u" "$P_new/etc/nixmon/gate" || more="${more}unit${TAB}gating${TAB}$u$NL"
       done ;;
    124) undo 17 "switch-to-configuration test took longer than $activate s" ;;
    *) log_tail; undo 17 "switch-to-configuration test failed (exit $rc); its last lines are above" ;;
  esac
  runs "$P_new" || undo 17 "$RUNNING is not the new system after activation"
  fit_secrets

  step gate "at most $gate s"
  GRACE=5; gate "$P_new" "$gate" "$more" || undo 18 "${FAILING%?}"
  { arm nixmon-rollback "$confirm" && systemctl stop nixmon-watchdog.timer >/dev/null 2>&1 9>&-; } || undo 16 'systemd-run could not arm the rollback timer'
  enter waiting || undo 12 'cannot write the state'
  step confirm "waiting at most $confirm s for a new connection"
}

make_permanent() { # the pending apply becomes the boot default
  STEP=confirm
  enter confirming && sync -f "$BASE" || undo 19 'cannot write the state'
  limited 60 nix-env -p "$PROFILE" --set "$P_new" || { log_tail; undo 19 'nix-env could not set the system profile'; }
  limited 120 "$P_new/bin/switch-to-configuration" boot || { log_tail; undo 19 'switch-to-configuration boot failed; its last lines are above'; }
  point_current "generations/$P_generation" || undo 19 'cannot write the state'
  forget_pending keep
  drop_secrets
  while set -- "$BASE"/generations/[1-9]* && [ $# -gt 5 ]; do # beside generation 0
    oldest=$1; for g; do [ "${g##*/}" -gt "${oldest##*/}" ] || oldest=$g; done
    rm -rf "$oldest" || break
  done
}
confirm() { # HASH [watch=S]
  [ $# -ge 1 ] || { STEP=usage; die 2 'confirm wants HASH'; }
  watch=${2:-}; need_number "$watch"
  STEP=confirm
  start_watch "${watch#watch=}"
  take_lock "confirm $1" 20
  recover
  SO_FAR=''; running
  if [ -z "$LIVE" ] && hash_is "$CURRENT" "$1" && has_hash "$RUNNING" "$1"; then gate "$SYSTEM" 5; drop_secrets; print_manifest "$SYSTEM"; return; fi
  [ -n "$LIVE" ] && [ "$P_hash" = "$1" ] && [ "$SYSTEM" = "$P_new" ] || die 19 "no trial of $1 is waiting here; it has been rolled back"
  gate "$P_new" 5 || undo 18 "${FAILING%?}"
  trap '' TERM INT HUP # what has begun here ends here, with the deployer or without
  # The rollback timer is too short for a slow boot loader; its service, if it has just run out, is waiting for our lock and would kill us.
  arm nixmon-watchdog $((360 + P_activate)) || undo 16 'systemd-run could not arm the rollback timer'
  systemctl stop nixmon-rollback.timer nixmon-rollback.service >/dev/null 2>&1 9>&-
  make_permanent
  print_manifest "$P_new"
}
rollback() {
  STEP=rollback
  exec 9>>"$LOCK"
  if ! flock -w 20 9; then
    # The holder keeps to deadlines of its own; one that does not is stuck, and the host matters more. The number may be another process's by now.
    pid=$(sed -n 's/.*, pid \([0-9]*\),.*/\1/p' "$LOCK")
    [ "$(readlink "/proc/$pid/fd/9")" != "$LOCK" ] || kill -9 "$pid"
    flock -w 20 9 || { AFTERMATH="the host $(host_state)"; die 10 "a run that does not end holds the lock, and is not the agent that wrote: $(cat "$LOCK")"; }
  fi
  hold rollback
  load_pending || return 0
  case $P_phase in confirming) finish_or_undo; return ;; build) point_current "$P_was"; forget_pending; return ;; esac
  roll_back || die 21 'nobody confirmed in time'
  say "nobody confirmed $P_hash in time: $AFTERMATH"
}
