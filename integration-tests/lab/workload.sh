#!/usr/bin/env bash
# A mixed workload for a MySQL or MariaDB on loopback, through clients that nobody here wrote. The
# requests are the same each time: numbers of events instead of times, and seeds.
#   workload.sh fill          makes the tables, as root
#   workload.sh copy-to PORT  copies them to another server, as root
#   workload.sh run           all clients, as users app and report; says what they do
#   workload.sh ask           SQL of standard input, as user report
#   workload.sh counts        what the server counted itself of each kind of statement that run has, as
#                             "Com_select 4711" lines in a fixed order, as root
# Environment: DB_PORT of the server on 127.0.0.1, MYSQL_ROOT_PASSWORD, APP_PASSWORD, REPORT_PASSWORD
# as far as those users are named above. sysbench, which takes its password as an option, gets it in
# a file.
. "$(dirname "$0")/common.sh"
folder=$LAB_DIR/workload
plain=(--no-defaults --skip-ssl --protocol=tcp -h127.0.0.1 --default-character-set=utf8mb4)
: "${DB_PORT:?is the port of the server on 127.0.0.1}"
secrets=$(mktemp -d)
readers=()
trap '[ ${#readers[@]} = 0 ] || kill "${readers[@]}" 2>/dev/null || true; rm -rf "${secrets:?}"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tell() { echo "   $*"; }
as_root() { MYSQL_PWD=${MYSQL_ROOT_PASSWORD:?} "$1" "${plain[@]}" -P"$2" -uroot "${@:3}"; }
as_app() { MYSQL_PWD=${APP_PASSWORD:?} mariadb "${plain[@]}" -P"$DB_PORT" -uapp shop; }
as_report() { MYSQL_PWD=${REPORT_PASSWORD:?} mariadb "${plain[@]}" -P"$DB_PORT" -ureport shop; }
# bench NAME USER PASSWORD SCRIPT ACTION [option...]: becomes sysbench, so it wants a process of its own.
bench() {
  printf 'mysql-user=%s\nmysql-password=%s\n' "$2" "$3" >"$secrets/$1"
  exec sysbench "$4" --config-file="$secrets/$1" --db-driver=mysql --mysql-host=127.0.0.1 \
    --mysql-port="$DB_PORT" --mysql-db=shop --mysql-ssl=off --tables=2 --table-size=1000 \
    --rand-seed=1 --time=0 "${@:6}" "$5" >"$secrets/$1.out" 2>&1
}
bench_failed() { cat "$secrets/$1.out" >&2; lab_die "sysbench failed, see above"; }

fill() {
  as_root mariadb "$DB_PORT" <"$folder/shop.sql"
  (bench fill root "${MYSQL_ROOT_PASSWORD:?}" oltp_read_write prepare) || bench_failed fill
}
copy_to() {
  as_root mariadb-dump "$DB_PORT" --databases shop | as_root mariadb "$1"
}

run() {
  local mode i modes=(disable auto) app=${APP_PASSWORD:?}
  tell "mariadb:  the counter writes, the office reads"
  as_app <"$folder/counter.sql" >/dev/null
  as_report <"$folder/reports.sql" >/dev/null
  tell "sysbench: 2 x 4,000 point selects on 4 connections each, as text and prepared; meanwhile"
  for mode in "${modes[@]}"; do
    bench "select-$mode" app "$app" oltp_point_select run --threads=4 --events=4000 --rate=500 --db-ps-mode="$mode" &
    readers+=($!)
  done
  tell "PHP:      mysqli writes visits, prepared, with photos, and makes two mistakes"
  php "$folder/visits.php"
  tell "Node:     mysql2 writes visits, then reads on three connections at once"
  NODE_PATH=$LAB_HOME/node/node_modules node "$folder/visits.js"
  tell "mariadb:  the office reads again"
  as_report <"$folder/reports.sql" >/dev/null
  for i in "${!readers[@]}"; do wait "${readers[i]}" || bench_failed "select-${modes[i]}"; done
  readers=()
  tell "sysbench: 100 transactions of 20 requests as text, then the same requests prepared"
  (bench write-text app "$app" oltp_read_write run --threads=1 --events=100 --db-ps-mode=disable) || bench_failed write-text
  # MySQL prepares no BEGIN (error 1295), MariaDB does: that is the servers' difference, not a row's.
  (bench write app "$app" oltp_read_write run --threads=1 --events=100 --db-ps-mode=auto --skip-trx) || bench_failed write
}
# MySQL's own client would ask for itself, and be counted.
counts() {
  as_root mariadb "$DB_PORT" -N <<<"show global status where variable_name in ('Com_select',
    'Com_insert', 'Com_update', 'Com_delete', 'Com_begin', 'Com_commit', 'Com_rollback',
    'Com_stmt_execute', 'Com_stmt_send_long_data')" | LC_ALL=C sort
}

case ${1-} in
  fill|run|counts) "$1" ;;
  copy-to) copy_to "${2:?is the port to copy to}" ;;
  ask) as_report ;;
  *) sed -n '2,12p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2 ;;
esac
