# shellcheck shell=sh
# Notices when the deployer is gone. A part of nixmon-agent.
# The deployer sends a byte every few seconds on stdin. Silence or end of file means that it is gone. Each byte is answered, so it knows we are there.
watch_deployer() {
  while [ -n "$(exec timeout "$1" head -c 1 2>/dev/null)" ]; do say alive; done
  # Again, since bash may lose a signal that comes while it reads a $(...).
  while kill -TERM $$; do sleep 2; done 2>/dev/null
}
start_watch() {
  trap 'deployer_gone' TERM INT HUP
  [ -n "$1" ] || return 0
  exec 3<&0; watch_deployer "$1" <&3 >/dev/null 9>&- & WATCHER=$!; exec 3<&-
}
tidy() {
  [ -z "$WATCHER" ] || kill -9 "$WATCHER" 2>/dev/null
  case $DIR in "$BASE"/*) rm -rf "$DIR" ;; esac
  [ -z "$HELD" ] || drop_lock
}
deployer_gone() {
  trap '' TERM INT HUP
  [ -z "$CHILD" ] || { kill -TERM "$CHILD"; wait "$CHILD"; } 2>/dev/null
  case $PHASE in
    activate|waiting) undo 20 'the deployer went away' ;;
    build) point_current "$P_was"; forget_pending ;;
    remove) set_link ;;
  esac
  die 20 'the deployer went away'
}
