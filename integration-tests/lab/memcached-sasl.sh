#!/bin/bash
# memcached that asks for a SASL login (binary protocol alone), with the one account that LAB_SASL
# names as user:password; runs inside a tree: memcached-sasl.sh [memcached option...]
set -eu
folder=/tmp/sasl
mkdir -p "$folder"
printf 'mech_list: plain scram-sha-1 scram-sha-256 scram-sha-512 cram-md5\nsasldb_path: %s/db\n' "$folder" >"$folder/memcached.conf"
printf %s "${LAB_SASL#*:}" | saslpasswd2 -p -f "$folder/db" -c -a memcached "${LAB_SASL%%:*}"
chmod 644 "$folder/db"
export SASL_CONF_PATH=$folder
exec memcached -S "$@"
