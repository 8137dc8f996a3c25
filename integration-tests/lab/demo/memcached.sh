# Sourced by ./demo: two memcached whose cas values have nothing to do with one another.
# shellcheck shell=bash disable=SC2154,SC2034

prepare() {
  "$lab/build-rootfs.sh" memcached
  lab_need memccp=libmemcached-tools
}

# say PORT LINE...: one connection in the text protocol; prints the answers
say() {
  local port=$1; shift
  exec {wire}<>"/dev/tcp/127.0.0.1/$port"
  printf '%s\r\n' "$@" quit >&"$wire"
  cat <&"$wire"
  exec {wire}>&-
}

serve() {
  "$lab/server.sh" start online memcached 0 {lock}<&-
  "$lab/server.sh" start target memcached 0 {lock}<&-
  online=$(port_of online) target=$(port_of target)
  printf 'memcached: { show-values: true }\n' >"$work/understudy.yaml"
  tell "online: port $online; target: port $target"
  # A history of its own: from here on no cas value of the target is the online server's.
  say "$target" "set history 0 0 1" x "set history 0 0 1" y "set history 0 0 1" z "delete history" >/dev/null
}

# counts PORT: what the server counted of each kind of command
counts() { say "$1" stats | tr -d '\r' | awk '$2 ~ /^(cmd_(get|set|touch)|(cas|delete|incr|decr|get)_(hits|misses)|cas_badval)$/ {print $2, $3}' | LC_ALL=C sort; }
count_now() { counts "$online" >"$1.online"; counts "$target" >"$1.target"; }
growth() { LC_ALL=C join "$1" "$2" | awk '{printf "%s%s %d", (NR > 1 ? ", " : ""), $1, $3 - $2}'; }

clients_work() {
  local i cas
  tell "libmemcached: memccp and memccat store and read files, as text and binary"
  for i in {1..20}; do printf 'value %s, größer\n' "$i" >"$work/item$i"; done
  for i in "" --binary; do
    memccp $i --servers="127.0.0.1:$online" --set --flag=5 "$work"/item{1..20}
    memccat $i --servers="127.0.0.1:$online" item{1..20} >/dev/null
    memcrm $i --servers="127.0.0.1:$online" item20
  done
  tell "by hand:      gets on one connection, cas with its value on another"
  for i in {1..5}; do
    cas=$(say "$online" "gets item$i" | awk '{print $5 + 0; exit}')
    [ "$(say "$online" "cas item$i 5 0 3 $cas" new | tr -d '\r')" = STORED ] || fail "cas of item$i failed online"
  done
  tell "by hand:      meta commands, incr, touch, noreply"
  say "$online" "ms meta 3 F7" abc "mg meta v f c" "ms quiet 1 q" x "mn" "set n 0 0 2 noreply" 10 "incr n 5" "touch n 100" "get n gone" >/dev/null
}

check() {
  expect "commands by the target's own count, as by the online server's" \
    "$(growth "$work/before.target" "$work/after.target")" "$(growth "$work/before.online" "$work/after.online")"
  ! grep -q 'cas_badval [1-9]' "$work/after.target" || fail "a cas that succeeded online failed on the target"
  tell "ok: every cas that succeeded online succeeded on the target"
}

plant() {
  step "Changing one value on the target behind everybody's back, and copying one session that reads it"
  production=new planted=odd
  say "$target" "set item3 5 0 3" "$planted" >/dev/null
}

ask() { say "$online" "get item2" "get item3" >/dev/null; }
