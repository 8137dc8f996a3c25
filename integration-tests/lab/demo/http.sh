# Sourced by ./demo: two servers of one application, each with sessions and form tokens of its own.
# shellcheck shell=bash disable=SC2154,SC2034

prepare() { lab_need node=nodejs curl=curl; }

# start_shop PRICE: starts a server of the application; its port is in $port.
start_shop() {
  local i
  : >"$work/port"
  SHOP_PASSWORD=$shop_password node "$lab/workload/shop-http.js" "$1" >"$work/port" 2>"$work/shop.log" </dev/null {lock}<&- &
  started+=($!)
  for ((i = 0; i < 200; i++)); do [ ! -s "$work/port" ] || break; alive $! || break; sleep 0.05; done
  port=$(cat "$work/port")
  [ -n "$port" ] || fail "the application did not start: $(cat "$work/shop.log")"
}

serve() {
  shop_password=$(secret) passwords=("$shop_password")
  start_shop 2.25; online=$port
  start_shop 2.25; target=$port
  cat >"$work/understudy.yaml" <<'EOYAML'
http:
  login: [POST /login]
EOYAML
  tell "online: port $online; target: port $target"
}

count_now() {
  curl -sf "http://127.0.0.1:$online/counts" >"$1.online"
  curl -sf "http://127.0.0.1:$target/counts" >"$1.target"
}

# visit USER: a user with a cookie jar logs in by the form and looks at his account; each curl is
# another connection.
visit() {
  local jar=$work/jar.$1 token url=http://127.0.0.1:$online
  curl -sf "$url/items" "$url/items" >/dev/null
  token=$(curl -sf -c "$jar" "$url/login" | sed -n 's/.*name="csrf" value="\([0-9a-f]*\)".*/\1/p')
  curl -sf -b "$jar" -c "$jar" -d "user=$1" -d "csrf=$token" --data-urlencode "password=$shop_password" "$url/login" >/dev/null
  curl -sf -b "$jar" "$url/account" "$url/account" >/dev/null
}

clients_work() {
  local user pids=()
  tell "curl:     12 users read pages, log in and look at their accounts, four at a time"
  for user in {1..12}; do
    visit "user$user" & pids+=($!)
    if [ $((user % 4)) = 0 ]; then wait "${pids[@]}"; pids=(); fi
  done
}

check() {
  expect "requests captured, by the online server's own count" "$(count "$report/report.json" requests.captured)" \
    "$(awk '{n += $2} END {print n}' "$work/after.online")"
  expect "answers of the target by its own count, status by status" "$(tr '\n' ' ' <"$work/after.target")" "$(tr '\n' ' ' <"$work/after.online")"
  ! grep -q _401 "$work/after.target" || fail "the target refused a login"
  tell "ok: who was logged in online was logged in on the target"
}

plant() {
  step "Starting the target anew with one other price, and copying one session that reads it"
  production=2.25 planted=2.5
  start_shop $planted; target=$port
}

ask() { curl -sf "http://127.0.0.1:$online/items" >/dev/null; }
