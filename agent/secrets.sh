# shellcheck shell=sh
# Secrets of this host: whole, owned, outside the store, read by units when they start. A part of nixmon-agent.
let_pass() { # FILE OWNER: an owner other than root must be able to walk the folders above, though not to list them
  [ "$2" = root ] || { d=${1%/*}; while [ "$d" != "$BASE" ]; do chmod 711 "$d"; d=${d%/*}; done; }
}
see_access() { ACCESS=$NL; [ $# -eq 0 ] || ACCESS=$NL$(exec stat -c '%n %U 0%a' "$@")$NL; } # FILES; sets ACCESS
set_access() { # FILE OWNER MODE: fails (1) where it was so already, by ACCESS
  case $ACCESS in *"$NL$1 $2 $3$NL"*) return 1 ;; esac
  chmod "$3" "$1" && chown "$2" "$1" || { say "secrets: cannot give ${1#"$BASE"/} to $2"; return 1; }
}
wanted_access() { # KEY: sets owner, mode, units as the running system wants them
  owner=root mode=0400 units=''
  [ ! -s "$RUNNING/etc/nixmon/secrets" ] || while IFS=$TAB read -r k o m u; do [ "$k" != "$1" ] || owner=$o mode=$m units=$u; done <"$RUNNING/etc/nixmon/secrets"
}
has_units() { case $1 in *[!,-]*) ;; *) return 1 ;; esac; }
refresh() { # UNIT[:reload],...: a credential is read when its unit starts, so the default is a restart; sets BAD to those that fail
  BAD='' seen=,; has_units "$1" || return 0
  words=$IFS IFS=,; set -f
  # shellcheck disable=SC2086 # a list
  set -- $1; set +f; IFS=$words
  for u; do
    case $seen in *",$u,"*) continue ;; esac
    seen=$seen$u,
    case $u in ''|-) continue ;; *:reload) verb=try-reload-or-restart ;; *) verb=try-restart ;; esac
    ! systemctl --quiet is-failed "${u%:reload}" || verb=restart # `try` leaves alone what failed
    say "secrets: $verb ${u%:reload}"
    timeout 40 systemctl "$verb" "${u%:reload}" </dev/null >&2 || BAD=$BAD${u%:reload},
  done
}
fit_secrets() { # owners and modes that the new system wants: the users came with it
  [ -s "$RUNNING/etc/nixmon/secrets" ] || return 0
  todo=''; set --
  while IFS=$TAB read -r key _; do [ ! -f "$BASE/secrets/$key" ] || set -- "$@" "$BASE/secrets/$key"; done <"$RUNNING/etc/nixmon/secrets"
  see_access "$@"
  while IFS=$TAB read -r key owner mode units; do
    [ -f "$BASE/secrets/$key" ] || continue
    let_pass "$BASE/secrets/$key" "$owner"
    ! set_access "$BASE/secrets/$key" "$owner" "$mode" || todo="$todo,$units"
  done <"$RUNNING/etc/nixmon/secrets"
  refresh "$todo"
}
drop_secrets() { # those that the confirmed payload does not name: a host that needs none any more is not sent an empty list
  unwanted
  # Where all are wanted nobody is kept out; where not, it is asked again without one who writes at the same time.
  [ -n "$GONE" ] || return 0
  exec 8>>"$LOCK.secrets"; flock -n 8 || return 0
  unwanted
  for key in $GONE; do rm -f "$BASE/secrets/$key"; say "secrets: $key is not wanted any more"; done
  [ -z "$GONE" ] || find "$BASE/secrets" -mindepth 1 -type d -empty -delete
  exec 8>&-
}
unwanted() { # sets GONE
  GONE='' FILES=''; walk "$BASE/secrets"; [ -n "$FILES" ] || return 0
  named=$(exec grep -oE '"(secrets":|[A-Z0-9_/]+")' "$CURRENT/host.json" 2>/dev/null)
  case $named in *'"secrets":'*) ;; *) return 0 ;; esac
  for key in $FILES; do # no key has a space in it
    key=${key#"$BASE/secrets/"}
    case $named in *"\"$key\""*) ;; *) GONE="$GONE $key" ;; esac
  done
}
secrets() {
  STEP=secrets AFTERMATH='no secret was changed'
  recover_if_free
  folders "$BASE" || die 22 "cannot write below $BASE/secrets"
  umask 077
  exec 8>>"$LOCK.secrets"; flock -w 30 8 || die 10 'another run writes secrets'
  set -- "$BASE"/secrets/.new.*; [ ! -e "$1" ] || rm -rf "$@"
  new=$BASE/secrets/.new.$$ DIR=$BASE/secrets/.new.$$
  mkdir -p "$new" "$STATE" || die 22 "cannot write below $BASE/secrets"
  # A deployer that hangs is not to keep the lock for others.
  timeout 20 sed '/^\.$/q' >"$new/.list" || die 22 "the list did not come to its end within 20 s, or no space"
  # First all of them beside the old ones, so that a bad line, a full disk or a cut connection changes nothing.
  complete='' wanted='' count=0; set --
  while IFS=$TAB read -r key value; do
    [ "$key" != . ] || { complete=yes; break; }
    case $key in ''|/*|*/|*//*|*[!A-Z0-9_/]*) die 22 "\`$key\` is no key: wanted capitals, digits, _ and / between, as in MONITORING/GRAFANA/SECRET_KEY" ;; esac
    folder=/$key; set -- "$@" "$new${folder%/*}"
    wanted="$wanted $key" count=$((count + 1))
  done <"$new/.list"
  [ -n "$complete" ] || die 22 'the list ended early: the connection was cut'
  folders "$@" || die 22 "cannot write below $BASE/secrets"
  umask 377
  while IFS=$TAB read -r key value && [ "$key" != . ]; do
    printf '%s' "$value" >"$new/.value" && base64 -d "$new/.value" >"$new/$key" 2>/dev/null || die 22 "cannot store $key: bad base64, or no space"
  done <"$new/.list"
  umask 077
  : >"$new/.list"; : >"$new/.value"
  # Units that an earlier run did not come to, or that failed, have not seen what is already stored.
  AFTERMATH='some secrets may be new, each is whole' changed='' number=0
  read_file "$STATE/refresh"; todo=${TEXT%"$NL"}
  set --; for key in $wanted; do [ ! -e "$BASE/secrets/$key" ] || set -- "$@" "$BASE/secrets/$key"; done
  see_access "$@"; set --
  for key in $wanted; do
    file=$BASE/secrets/$key from=$new/$key; wanted_access "$key"
    if [ -e "$file" ] && cmp -s "$from" "$file"; then from=$file; else ACCESS="$ACCESS$from root 0400$NL"; fi
    set_access "$from" "$owner" "$mode" || [ "$from" != "$file" ] || continue
    if [ "$from" = "$file" ]; then rm -f "$new/$key"; else set -- "$@" "$from"; fi
    todo="$todo,$units" changed="$changed $key" number=$((number + 1))
  done
  if [ -n "$changed" ]; then
    ! has_units "$todo" || { printf '%s\n' "$todo" >"$STATE/.refresh" && set -- "$@" "$STATE/.refresh"; } || die 22 "cannot store$changed"
    { [ $# -eq 0 ] || sync "$@"; } && { ! has_units "$todo" || mv -f "$STATE/.refresh" "$STATE/refresh"; } || die 22 "cannot store$changed"
    set --; for key in $changed; do file=$BASE/secrets/$key; set -- "$@" "${file%/*}"; done
    folders "$@" || die 22 "cannot store$changed"
    for key in $changed; do
      file=$BASE/secrets/$key; wanted_access "$key"
      # Same folder tree, same file system: the rename swaps the whole value at once.
      [ ! -e "$new/$key" ] || mv -fT "$new/$key" "$file" || die 22 "cannot store $key"
      let_pass "$file" "$owner"
      say "secrets: $key is new"
    done
    sync "$@" || die 22 "cannot store$changed"
  fi
  refresh "$todo"
  [ -z "$BAD" ] || { AFTERMATH='the secrets are stored'; write_state refresh "$BAD"; die 22 "these consumers did not come back: $BAD"; }
  rm -rf "$new" "$STATE/refresh"; DIR=''
  printf '{"secrets":%s,"changed":%s}\n' "$count" "$number"
}
