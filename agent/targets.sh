# shellcheck shell=sh
# What this host's Prometheus scrapes: one file_sd file a host. A part of nixmon-agent.
targets() {
  STEP=targets AFTERMATH='the targets are as they were'
  [ $# -eq 2 ] || { STEP=usage; die 2 'targets wants put or rm, and a host'; }
  case $2 in ''|.*|*[!A-Za-z0-9._-]*) die 23 "\`$2\` is no host name" ;; esac
  recover_if_free
  file=$BASE/targets/$2.json
  case $1 in
    put)
      mkdir -p "$BASE/targets" && new=$(mktemp "$BASE/targets/.$2.XXXXXX") || die 23 "cannot write below $BASE/targets" # a name that Prometheus's *.json does not match
      DIR=$new
      timeout 20 sed 1q >"$new" && sync "$new" && chmod 644 "$new" || die 23 'the targets did not come to their end within 20 s, or no space'
      [ "$(head -c 1 "$new")$(tr -d ' \n' <"$new" | tail -c 1)" = '[]' ] || die 23 'the list ended early: the connection was cut'
      if cmp -s "$new" "$file"; then say "targets: $2 is unchanged"; else mv -fT "$new" "$file" || die 23 "cannot write $file"; say "targets: $2 is written"; fi ;;
    rm) rm -f "$file" ;;
    *) STEP=usage; die 2 "targets wants put or rm, found \`$1\`" ;;
  esac
}
