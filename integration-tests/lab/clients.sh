#!/usr/bin/env bash
# Sees to client programs that nobody here wrote: mariadb, sysbench, libmemcached's tools, PHP's
# mysqli, Node's mysql2 (in $LAB_HOME/node, for NODE_PATH=$LAB_HOME/node/node_modules), and to tcpdump
# and tshark for a second opinion. Node's versions are those of node/package-lock.json.
. "$(dirname "$0")/common.sh"
lab_need curl=curl wrk=wrk mariadb=mariadb-client memccp=libmemcached-tools sysbench=sysbench php=php-cli node=nodejs npm=npm tcpdump=tcpdump tshark=tshark editcap=wireshark-common
php -m | grep -qx mysqli || lab_apt php-mysql
stamp=$(cat "$LAB_DIR"/node/package*.json | sha256sum | cut -c1-16)
[ "$(cat "$LAB_HOME/node/.lab-done" 2>/dev/null)" != "$stamp" ] || exit 0
lab_lock node
rm -rf "$LAB_HOME/node"; mkdir -p "$LAB_HOME/node"
cp "$LAB_DIR"/node/package*.json "$LAB_HOME/node/"
(cd "$LAB_HOME/node" && npm ci --no-audit --no-fund --ignore-scripts >"$LAB_HOME/npm.log" 2>&1 </dev/null) || {
  tail -n 15 "$LAB_HOME/npm.log" >&2
  lab_die "npm could not install mysql2: see $LAB_HOME/npm.log, then run this again"
}
echo "$stamp" >"$LAB_HOME/node/.lab-done"
lab_log "node: mysql2 $(sed -n 's/^ *"version": "\(.*\)".*/\1/p' "$LAB_HOME/node/node_modules/mysql2/package.json")"
