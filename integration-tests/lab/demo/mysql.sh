# Sourced by ./demo: MariaDB 10.11, and MySQL 9 where users have other passwords and log in in another way.
# shellcheck shell=bash disable=SC2154,SC2034

# sql online|target: SQL from standard input, as root; rows without a header
sql() { "$lab/server.sh" sql "$1" -N --default-character-set=utf8mb4; }
# What came on top of file $1 in file $2, on one line.
growth() { LC_ALL=C join "$1" "$2" | awk '{sub(/^Com_/, ""); printf "%s%s %d", (NR > 1 ? ", " : ""), $1, $3 - $2}'; }

prepare() {
  "$lab/build-rootfs.sh" mariadb1011 mysql97
  "$lab/clients.sh"
}

serve() {
  local shift_ids
  export MYSQL_ROOT_PASSWORD
  MYSQL_ROOT_PASSWORD=$(secret)
  # On the target each session begins with statements of the server's own, so that no statement id
  # there agrees with the online server's by chance.
  shift_ids="prepare shift from 'select 1';deallocate prepare shift"
  "$lab/server.sh" start online mariadb1011 0 --userstat=1 {lock}<&-
  "$lab/server.sh" start target mysql97 0 --init-connect="$shift_ids;$shift_ids" {lock}<&-
  online=$(port_of online) target=$(port_of target)
  tell "online: $(sql online <<<'select version()'), port $online"
  tell "target: MySQL $(sql target <<<'select version()'), port $target"

  step "Filling both with the same rows; users log in on the target in another way"
  app_password=$(secret) report_password=$(secret) app_on_target=$(secret) rehearsal_on_target=$(secret)
  DB_PORT=$online "$lab/workload.sh" fill
  DB_PORT=$online "$lab/workload.sh" copy-to "$target"
  sql online <<EOSQL
create user app@'%' identified via mysql_native_password using password('$app_password');
grant all on shop.* to app@'%';
create user report@'%' identified via ed25519 using password('$report_password');
grant select on shop.* to report@'%';
EOSQL
  sql target <<EOSQL
create user app@'%' identified with caching_sha2_password by '$app_on_target';
grant all on shop.* to app@'%';
create user rehearsal@'%' identified with caching_sha2_password by '$rehearsal_on_target';
grant select on shop.* to rehearsal@'%';
EOSQL
  cat >"$work/understudy.yaml" <<'EOYAML'
mysql:
  users:
    app: { password: "${env:APP_ON_TARGET}" }
    report: { as: rehearsal, password: "${env:REHEARSAL_ON_TARGET}" }
EOYAML
  tell "app:    mysql_native_password -> app, caching_sha2_password, another password"
  tell "report: ed25519 -> rehearsal, caching_sha2_password, another password"
  for_copier=("APP_ON_TARGET=$app_on_target" "REHEARSAL_ON_TARGET=$rehearsal_on_target")
  passwords=("$app_password" "$report_password" "$app_on_target" "$rehearsal_on_target")
}

count_now() {
  DB_PORT=$online "$lab/workload.sh" counts >"$1.online"
  DB_PORT=$target "$lab/workload.sh" counts >"$1.target"
}

clients_work() {
  DB_PORT=$online APP_PASSWORD=$app_password REPORT_PASSWORD=$report_password "$lab/workload.sh" run
}

check() {
  local online_sessions target_sessions
  online_sessions=$(sql online <<<"select sum(total_connections) from information_schema.user_statistics
    where user in ('app', 'report')")
  target_sessions=$(sql target <<<"select sum(total_connections) from performance_schema.accounts
    where user in ('app', 'rehearsal')")
  expect "sessions captured, by the online server's own count" "$(count "$report/report.json" sessions.captured)" "$online_sessions"
  expect "sessions copied from first to last byte" "$(count "$report/report.json" sessions.complete)" "$online_sessions"
  expect "sessions by the target's own count" "$target_sessions" "$online_sessions"
  expect "statements by the target's own count, as by the online server's" \
    "$(growth "$work/before.target" "$work/after.target")" "$(growth "$work/before.online" "$work/after.online")"
}

plant() {
  step "Changing one row on the target behind everybody's back, and copying one session that reads it"
  production='smørrebrød & sild' planted='smørrebrød & øl'
  sql target <<<"update shop.place set motto = '$planted' where id = 3"
}

ask() {
  DB_PORT=$online REPORT_PASSWORD=$report_password "$lab/workload.sh" ask \
    <<<'select name, motto from place where id = 2; select name, motto from place where id = 3' >/dev/null
}
