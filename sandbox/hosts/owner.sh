#!/bin/sh
# owner.sh NAME TEMPLATE ROOT: what the owner of a machine put on it by hand before anybody monitored it. On an identity host that is a
# certificate of the owner's own authority, and what people and service accounts log in with.
# owner.sh: only makes the authority and the credentials. They are kept in the state folder until the sandbox goes.
set -eu
umask 077
HERE=$(cd "$(dirname "$0")" && pwd)
STATE=${NIXMON_SANDBOX:-/var/lib/nixmon-sandbox}
CA=$STATE/ca
IDENTITY=$STATE/identity
PEOPLE="ada erin victor nora"

letters() { LC_ALL=C tr -dc 'a-z0-9' </dev/urandom 2>/dev/null | head -c "$1" || true; }
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$1" 2>/dev/null; }

once() {
  mkdir -p "$CA" "$IDENTITY"
  exec 7>"$CA/.lock"
  flock 7
  if [ ! -s "$CA/ca.pem" ]; then
    key "$CA/ca.key"
    openssl req -x509 -new -key "$CA/ca.key" -days 3650 -subj "/CN=nixmon sandbox authority" -out "$CA/.ca.pem" 2>/dev/null
    mv "$CA/.ca.pem" "$CA/ca.pem"
  fi
  if [ ! -s "$IDENTITY/passwords" ]; then
    for person in $PEOPLE; do echo "$person $(letters 16)"; done >"$IDENTITY/.passwords"
    mv "$IDENTITY/.passwords" "$IDENTITY/passwords"
  fi
  exec 7>&-
}

# A certificate for every name that the sandbox's network knows of this host.
certificate() { # NAME FOLDER
  names=$(awk -v host="$1" '$2 == host { for (i = 2; i <= NF; i++) printf "%sDNS:%s", (i > 2 ? "," : ""), $i }' "$HERE/hosts.txt")
  key "$2/key.pem"
  openssl req -new -key "$2/key.pem" -subj "/CN=$1" 2>/dev/null |
    openssl x509 -req -CA "$CA/ca.pem" -CAkey "$CA/ca.key" -CAcreateserial -days 825 -out "$2/chain.pem" \
      -extfile /dev/fd/3 3<<EOF 2>/dev/null
subjectAltName=${names:-DNS:$1}
extendedKeyUsage=serverAuth
EOF
}

once
[ "${2:-}" = nixos-identity ] || exit 0
folder=$3/var/lib/kanidm
mkdir -p "$folder"
certificate "$1" "$folder"
cp "$IDENTITY/passwords" "$folder/standin-passwords"
