# shellcheck shell=sh
# The health gate: what the built system lists in /etc/nixmon/gate, tried until it holds. A part of nixmon-agent.
# check KIND NAME URL METRIC: sets FOUND, to a version or nothing when it holds, else to why not.
check() {
  FOUND=''
  case $1 in
    unit) s=${states%%"$NL"*} states=${states#*"$NL"}; [ "$s" = active ] || { FOUND="${s:-unknown}, not active"; return 1; } ;;
    ready)
      s=$(curl -sS --max-time 3 -o /dev/null -w '%{http_code}' "$3" 2>/dev/null)
      case $s in 2??) ;; 000|'') FOUND="$3 does not answer"; return 1 ;; *) FOUND="$3 answers $s, not 2xx"; return 1 ;; esac ;;
    metric)
      # A metric named *_up says 0 where the exporter runs but does not see its subject.
      FOUND=$(curl -fsS --max-time 3 "$3" 2>&1 | awk -v m="$4" -v url="$3" '
        /^curl: / { err = $0 }
        { n = $0; sub(/[{ ].*/, "", n) }
        n == m { seen = 1; v = $0; sub(/^[^{ ]*([{].*[}])? */, "", v); if (v + 0 != 0) up = 1 }
        n ~ /_build_info$/ && n !~ /^go_/ && ver == "" && match($0, /[{,]version="[^"]*"/) { ver = substr($0, RSTART + 10, RLENGTH - 11) }
        END {
          if (err) print url " does not answer (" err ")"; else if (!seen) print url " does not show " m
          else if (m ~ /_up$/ && !up) print url " says " m " is 0"; else { print ver; exit 0 }
          exit 1
        }') ;;
    *) FOUND="unknown kind of check"; return 1 ;;
  esac
}
# gate SYSTEM SECONDS [MORE-LINES]: repeats the checks until they hold or time is up; sets FAILING, TOLERATED, VERSIONS. With EVERY set it
# goes through all checks even where the first has decided.
gate() {
  read_file "$1/etc/nixmon/gate"
  now; gate_start=$NOW units='' lines=$TEXT${3:-}
  while IFS=$TAB read -r kind _ name _; do [ "$kind" != unit ] || units="$units $name"; done <<LINES
$lines
LINES
  while :; do
    FAILING='' TOLERATED='' VERSIONS='' late=''
    # One question for all units: a line for each, in their order.
    # shellcheck disable=SC2086 # a list
    states=$([ -z "$units" ] || exec systemctl is-active $units 2>/dev/null)$NL
    while IFS=$TAB read -r kind weight name url metric; do
      [ -n "$kind" ] || continue
      [ -n "$late" ] && [ -n "$FAILING" ] && [ -z "$EVERY" ] && break # time is up and the verdict is clear
      if check "$kind" "$name" "$url" "$metric"; then
        [ -z "$FOUND" ] || { json "$name"; VERSIONS=$VERSIONS${VERSIONS:+,}$JSON; json "$FOUND"; VERSIONS=$VERSIONS:$JSON; }
      elif [ "$weight" = tolerated ]; then TOLERATED=$TOLERATED"$kind $name: $FOUND$NL"
      else FAILING=$FAILING"$kind $name: $FOUND$NL"; fi
      [ -z "$FAILING" ] || { now; [ $((NOW - gate_start)) -lt "$2" ]; } || late=yes
    done <<LINES
$lines
LINES
    now; waited=$((NOW - gate_start))
    if [ -z "$FAILING" ]; then
      # After an activation, what is only tolerated gets a few seconds to come up: a slow start is no fault to report.
      if [ -z "$TOLERATED" ] || [ "$waited" -ge "$GRACE" ] || [ "$waited" -ge "$2" ]; then return 0; fi
    elif [ "$waited" -ge "$2" ]; then return 1
    # systemd has given up on it: waiting longer only keeps the host in a bad state
    elif [ "$waited" -ge 5 ] && printf '%s' "$FAILING" | grep -q '^unit .*: failed, not active$'; then return 1; fi
    sleep 0.5
  done
}
print_manifest() { # SYSTEM, after gate
  read_file "$1/etc/nixmon/manifest.json"; json_list "$TOLERATED"; current_name ''
  printf '%s,"generation":%s,"system":"%s","versions":{%s},"tolerated":[%s]}\n' "${TEXT%\}*}" "$NAME" "$1" "$VERSIONS" "$JSON"
}
