# shellcheck shell=sh
# status, and remove: what is here, and nothing of it any more. A part of nixmon-agent.
status() {
  pending=null; ! load_pending || pending="{\"hash\":\"$P_hash\",\"phase\":\"$P_phase\",\"generation\":$P_generation}"
  healthy=true EVERY=yes; running; gate "$SYSTEM" 0 || healthy=false
  current_name null; hash_is "$CURRENT" ''
  json "$(uname -n)"; printf '{"host":%s,"generation":%s,"hash":"%s"' "$JSON" "$NAME" "$found"
  json_list "$FAILING"; printf ',"system":"%s","pending":%s,"healthy":%s,"failing":[%s]' "$SYSTEM" "$pending" "$healthy" "$JSON"
  json_list "$TOLERATED"; printf ',"tolerated":[%s],"versions":{%s}}\n' "$JSON" "$VERSIONS"
}

runs_nixmon() { [ -s "$RUNNING/etc/nixmon/manifest.json" ]; }
remove() {
  build=1800 watch=''
  for a; do
    take_how "$a" && continue
    need_number "$a"; case $a in build=*) build=${a#*=} ;; watch=*) watch=${a#*=} ;; *) STEP=usage; die 2 "unknown limit \`$a\`; known: build, watch, flake, impure, input, build-host" ;; esac
  done
  STEP=remove AFTERMATH='nixmon is still installed'
  start_watch "$watch"
  if [ ! -e "$BASE" ] && [ ! -L "$LINK" ] && ! runs_nixmon; then say 'nothing to remove'; echo '{"removed":false}'; return; fi
  take_lock remove 45
  prepare_base || die 24 "cannot write below $BASE"
  recover
  [ -z "$LIVE" ] || roll_back || die 21 'the trial in progress could not be undone'
  if [ -L "$LINK" ] || runs_nixmon; then # without the link it may be a removal that was cut short
    step remove "building the host's configuration without nixmon, at most $build s"
    running; PHASE=remove old=$SYSTEM; [ ! -L "$LINK" ] || rm -f "$LINK"
    if ! build_here "$build" "$BASE/generations/0"; then
      # The import line is still there and unconditional: an empty module in our place keeps it valid.
      mkdir -p "$LINK" && echo '{ }' >"$LINK/default.nix"
      build_here "$build" "$BASE/generations/0" || { log_tail; set_link; die 24 "the host's configuration does not build without nixmon; the last lines are above"; }
    fi
    [ ! -e "$LINK" ] || say "left an empty $LINK: take \`./nixmon\` out of the imports in ${FLAKE:-/etc/nixos}, then delete it"
    trap '' TERM INT HUP; PHASE=''
    resolve "$STATE/build/result"; new=$PLACE
    limited 60 nix-env -p "$PROFILE" --set "$new" || { log_tail; die 24 'nix-env could not set the system profile'; }
    limited 300 "$new/bin/switch-to-configuration" switch; rc=$?
    [ "$rc" -eq 0 ] || [ "$rc" -eq 4 ] || { log_tail; die 24 "switch-to-configuration switch failed (exit $rc); its last lines are above"; }
    [ ! -s "$old/etc/nixmon/gate" ] || awk -F '\t' '$1 == "unit" { print $3 }' "$old/etc/nixmon/gate" | while IFS= read -r u; do
      [ -e "$new/etc/systemd/system/$u" ] || systemctl stop "$u" >/dev/null 2>&1 </dev/null 9>&-
    done
  fi
  rm -rf "$BASE"; rm -f "$LOCK.secrets" "$ROOTS/nixmon-old"
  echo '{"removed":true}'
}
