# shellcheck shell=sh
# Secrets of this host: whole, owned, outside the store, read by units when they start. A part of nixmon-agent.
let_pass() { # FILE OWNER: an owner other than root must be able to walk the folders above, though not to list them
  [ "$2" = root ] || { d=${1%/*}; while [ "$d" != "$BASE" ]; do chmod 711 "$d"; d=${d%/*}; done; }
}
set_access() { # FILE OWNER MODE: fails (1) where it was so already
  has=$(stat -c '%U 0%a' "$1"); [ "$has" != "$2 $3" ] || return 1
  chmod "$3" "$1" && { [ "${has% *}" = "$2" ] || chown "$2" "$1"; } || { say "secrets: cannot give ${1#"$BASE"/} to $2"; return 1; }
}
wanted_access() { # KEY: sets owner, mode, units as the running system wants them
  owner=root mode=0400 units=''
  [ ! -s "$RUNNING/etc/nixmon/secrets" ] || while IFS=$TAB read -r k o m u; do [ "$k" != "$1" ] || owner=$o mode=$m units=$u; done <"$RUNNING/etc/nixmon/secrets"
}
refresh() { # UNIT[:reload],...: a credential is read when its unit starts, so the default is a restart; prints those that fail
  case $1 in *[!,-]*) ;; *) return ;; esac
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
  [ -d "$BASE/secrets" ] || return 0
  named=$(grep -oE '"(secrets":|[A-Z0-9_/]+")' "$CURRENT/host.json" 2>/dev/null)
  case $named in *'"secrets":'*) ;; *) return 0 ;; esac
  exec 8>>"$LOCK.secrets"; flock -n 8 || return 0
  gone=''
  # shellcheck disable=SC2044 # no key has a space in it
  for key in $(find "$BASE/secrets" -type f -printf '%P\n'); do
    case $named in *"\"$key\""*) continue ;; esac
    gone=yes; rm -f "$BASE/secrets/$key"; say "secrets: $key is not wanted any more"
  done
  [ -z "$gone" ] || find "$BASE/secrets" -mindepth 1 -type d -empty -delete
  exec 8>&-
}
secrets() {
  STEP=secrets AFTERMATH='no secret was changed'
  recover_if_free
  umask 077
  exec 8>>"$LOCK.secrets"; flock -w 30 8 || die 10 'another run writes secrets'
  set -- "$BASE"/secrets/.new.*; [ ! -e "$1" ] || rm -rf "$@"
  mkdir -p "$BASE/secrets" "$STATE" && chmod 755 "$BASE" && new=$(mktemp -d "$BASE/secrets/.new.XXXXXX") || die 22 "cannot write below $BASE/secrets"
  DIR=$new
  # A deployer that hangs is not to keep the lock for others.
  timeout 20 sed '/^\.$/q' >"$new/.list" || die 22 "the list did not come to its end within 20 s, or no space"
  # First all of them beside the old ones, so that a bad line, a full disk or a cut connection changes nothing.
  complete='' wanted='' count=0
  while IFS=$TAB read -r key value; do
    [ "$key" != . ] || { complete=yes; break; }
    case $key in ''|/*|*/|*//*|*[!A-Z0-9_/]*) die 22 "\`$key\` is no key: wanted capitals, digits, _ and / between, as in MONITORING/GRAFANA/SECRET_KEY" ;; esac
    folder=/$key folder=$new${folder%/*}; [ -d "$folder" ] || mkdir -p "$folder"
    printf '%s' "$value" | base64 -d >"$new/$key" 2>/dev/null || die 22 "cannot store $key: bad base64, or no space"
    wanted="$wanted $key" count=$((count + 1))
  done <"$new/.list"
  [ -n "$complete" ] || die 22 'the list ended early: the connection was cut'
  # Units that an earlier run did not come to, or that failed, have not seen what is already stored.
  AFTERMATH='some secrets may be new, each is whole' todo=$(cat "$STATE/refresh" 2>/dev/null) changed='' number=0; set --
  for key in $wanted; do
    file=$BASE/secrets/$key from=$new/$key; wanted_access "$key"
    [ ! -e "$file" ] || ! cmp -s "$from" "$file" || from=$file
    set_access "$from" "$owner" "$mode" || [ "$from" != "$file" ] || continue
    if [ "$from" = "$file" ]; then rm -f "$new/$key"; else set -- "$@" "$from"; fi
    todo="$todo,$units" changed="$changed $key" number=$((number + 1))
  done
  if [ -n "$changed" ]; then
    { [ $# -eq 0 ] || sync "$@"; } && chmod 700 "$STATE" && write_state refresh "$todo" || die 22 "cannot store$changed"
    set --
    for key in $changed; do
      file=$BASE/secrets/$key; wanted_access "$key"; set -- "$@" "${file%/*}"
      # Same folder tree, same file system: the rename swaps the whole value at once.
      { [ -d "${file%/*}" ] || mkdir -p "${file%/*}"; } && { [ ! -e "$new/$key" ] || mv -fT "$new/$key" "$file"; } || die 22 "cannot store $key"
      let_pass "$file" "$owner"
      say "secrets: $key is new"
    done
    sync "$@" || die 22 "cannot store$changed"
  fi
  rm -rf "$new"; DIR=''
  bad=$(refresh "$todo")
  [ -z "$bad" ] || { AFTERMATH='the secrets are stored' bad=$(echo "$bad" | tr '\n' ','); write_state refresh "$bad"; die 22 "these consumers did not come back: $bad"; }
  [ ! -e "$STATE/refresh" ] || rm -f "$STATE/refresh"
  printf '{"secrets":%s,"changed":%s}\n' "$count" "$number"
}
