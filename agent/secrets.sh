# shellcheck shell=sh
# Secrets of this host: whole, owned, outside the store, read by units when they start. A part of nixmon-agent.
let_pass() { # FILE OWNER: an owner other than root must be able to walk the folders above, though not to list them
  [ "$2" = root ] || { d=$(dirname "$1"); while [ "$d" != "$BASE" ]; do chmod 711 "$d"; d=$(dirname "$d"); done; }
}
set_access() { # FILE OWNER MODE: fails (1) where it was so already
  [ "$(stat -c '%U 0%a' "$1")" != "$2 $3" ] || return 1
  chmod "$3" "$1" && chown "$2" "$1" || { say "secrets: cannot give ${1#"$BASE"/} to $2"; return 1; }
}
refresh() { # UNIT[:reload],...: a credential is read when its unit starts, so the default is a restart; prints those that fail
  printf '%s\n' "$1" | tr ',' '\n' | sort -u | while IFS= read -r u; do
    case $u in ''|-) continue ;; *:reload) verb=try-reload-or-restart ;; *) verb=try-restart ;; esac
    ! systemctl --quiet is-failed "${u%:reload}" || verb=restart # `try` leaves alone what failed
    say "secrets: $verb ${u%:reload}"
    timeout 40 systemctl "$verb" "${u%:reload}" </dev/null >&2 || echo "${u%:reload}"
  done
}
fit_secrets() { # owners and modes that the new system wants: the users came with it
  [ -s "$RUNNING/etc/nixmon/secrets" ] || return 0
  todo=''
  while IFS=$TAB read -r key owner mode units; do
    [ -f "$BASE/secrets/$key" ] || continue
    let_pass "$BASE/secrets/$key" "$owner"
    ! set_access "$BASE/secrets/$key" "$owner" "$mode" || todo="$todo,$units"
  done <"$RUNNING/etc/nixmon/secrets"
  refresh "$todo" >/dev/null
}
drop_secrets() { # those that the confirmed payload does not name: a host that needs none any more is not sent an empty list
  grep -qs '"secrets":' "$CURRENT/host.json" && [ -d "$BASE/secrets" ] || return 0
  exec 8>>"$LOCK.secrets"; flock -n 8 || return 0
  (cd "$BASE/secrets" && find . -type f | sed 's,^\./,,') | while IFS= read -r key; do
    grep -qF "\"$key\"" "$CURRENT/host.json" || { rm -f "$BASE/secrets/$key"; say "secrets: $key is not wanted any more"; }
  done
  find "$BASE/secrets" -mindepth 1 -type d -empty -delete
  exec 8>&-
}
secrets() {
  STEP=secrets AFTERMATH='no secret was changed'
  recover_if_free
  umask 077
  exec 8>>"$LOCK.secrets"; flock -w 30 8 || die 10 'another run writes secrets'
  mkdir -p "$BASE/secrets" && chmod 755 "$BASE" && rm -rf "$BASE"/secrets/.new.* && new=$(mktemp -d "$BASE/secrets/.new.XXXXXX") || die 22 "cannot write below $BASE/secrets"
  DIR=$new
  # A deployer that hangs is not to keep the lock for others.
  timeout 20 sed '/^\.$/q' >"$new/.list" || die 22 "the list did not come to its end within 20 s, or no space"
  # First all of them beside the old ones, so that a bad line, a full disk or a cut connection changes nothing.
  complete='' wanted=''
  while IFS=$TAB read -r key value; do
    [ "$key" != . ] || { complete=yes; break; }
    case $key in ''|/*|*/|*//*|*[!A-Z0-9_/]*) die 22 "\`$key\` is no key: wanted capitals, digits, _ and / between, as in MONITORING/GRAFANA/SECRET_KEY" ;; esac
    mkdir -p "$new/$(dirname "$key")" && printf '%s' "$value" | base64 -d >"$new/$key" 2>/dev/null && sync "$new/$key" || die 22 "cannot store $key: bad base64, or no space"
    wanted="$wanted$key
"
  done <"$new/.list"
  [ -n "$complete" ] || die 22 'the list ended early: the connection was cut'
  # Units that an earlier run did not come to, or that failed, have not seen what is already stored.
  AFTERMATH='some secrets may be new, each is whole' units=$(cat "$STATE/refresh" 2>/dev/null) changed=0
  for key in $wanted; do
    file=$BASE/secrets/$key row=$(grep -s "^$key$TAB" "$RUNNING/etc/nixmon/secrets")
    owner=$(printf '%s' "$row" | cut -f2) mode=$(printf '%s' "$row" | cut -f3)
    from=$new/$key; ! cmp -s "$from" "$file" || from=$file
    mkdir -p "$(dirname "$file")" || die 22 "cannot store $key"
    if set_access "$from" "${owner:-root}" "${mode:-0400}" || [ "$from" != "$file" ]; then
      units="$units,$(printf '%s' "$row" | cut -f4)" changed=$((changed + 1))
      mkdir -p "$STATE" && chmod 700 "$STATE" && echo "$units" | write_state refresh || die 22 "cannot store $key"
      # Same folder tree, same file system: the rename swaps the whole value at once.
      [ "$from" = "$file" ] || { mv -fT "$from" "$file" && sync "$(dirname "$file")"; } || die 22 "cannot store $key"
      let_pass "$file" "${owner:-root}"
      say "secrets: $key is new"
    fi
  done
  rm -rf "$new"
  bad=$(refresh "$units")
  [ -z "$bad" ] || { echo "$bad" | tr '\n' ',' | write_state refresh; AFTERMATH='the secrets are stored'; die 22 "these consumers did not come back: $(echo "$bad" | tr '\n' ' ')"; }
  rm -f "$STATE/refresh"
  printf '{"secrets":%s,"changed":%s}\n' "$(printf '%s' "$wanted" | grep -c .)" "$changed"
}
