#!/usr/bin/env bash
# Real servers as plain processes: each runs in a copy-on-write view of a tree (build-rootfs.sh), in
# a mount namespace of its own; any number side by side.
#   server.sh start NAME TREE PORT [server option...]
#                         returns when the server takes clients; PORT 0 takes a free one
#                         e.g. --general-log=1 --general-log-file=/var/lib/mysql/general.log
#   server.sh sql NAME [client option...]     SQL as root with the tree's own client: -Nse 'select 1'
#   server.sh where NAME                      prints: TREE ADDRESS PORT NAMESPACE(or -) PID
#   server.sh path NAME FILE                  prints where the server's FILE is on the host
#   server.sh stop NAME... | stop-all | list
# Environment: LAB_NETNS network namespace to start in, LAB_BIND address (127.0.0.1), LAB_INST folder
# that the servers of list and stop-all live in; for memcached LAB_SASL or LAB_TEXT_AUTH, both
# user:password, the login it then asks for; for nginx LAB_LISTEN, as proxy_protocol; for apache LAB_LOGIN, user:realm:password; for databases also what db-entrypoint.sh reads
# (MYSQL_ROOT_PASSWORD is "root" unless set).
. "$(dirname "$0")/common.sh"
start_seconds=90                           # MySQL took 9 s on a loaded machine
stop_seconds=20                            # then it is killed: its data goes anyway
free_ports=(20000 29999)                   # below what the kernel gives to clients

usage() { sed -n '4,14s/^# \{0,1\}//p' "$0" >&2; exit 2; }
now_millis() { echo $(($(date +%s%N) / 1000000)); }
# When process $1 started, in ticks since boot: tells it from a later one with the same number.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
alive() {
  local pid at
  read -r pid at 2>/dev/null <"$LAB_INST/$1/pid" && [ "$(started "$pid")" = "${at:-x}" ]
}
# Names become folders that are removed again: nothing but a plain name will do.
named() { case $1 in *[!A-Za-z0-9._-]*|.*|'') lab_die "'$1' cannot be a server's name: use letters, digits and -" ;; esac; }
known() { named "$1";  [ -e "$LAB_INST/$1/where" ] || lab_die "no server is called '$1': '$0 list' shows those there are, '$0 start' starts one"; }
enter() { in_ns=(); [ "${LAB_NETNS:--}" = - ] || in_ns=(ip netns exec "$LAB_NETNS"); }
taken() { [ -n "$("${in_ns[@]}" ss -Hltn "sport = :$1")" ]; }
client_address() { case $1 in 0.0.0.0) echo 127.0.0.1 ;; *) echo "$1" ;; esac; }

start() {
  [ $# -ge 3 ] || usage
  local name=$1 tree=$2 port=$3 bind=${LAB_BIND:-127.0.0.1} d=$LAB_INST/$1 root t0 i probe program command user realm password
  shift 3
  named "$name"
  case $port in *[!0-9]*|'') lab_die "port '$port' is no number: give 1..65535, or 0 for a free one" ;; esac
  lab_need ip=iproute2
  enter
  root=$("$LAB_DIR/build-rootfs.sh" --path "$tree")
  touch "$root/.lab-done"                             # in use: see unused_days
  mkdir -p "$LAB_INST"
  lab_lock start
  if alive "$name"; then
    lab_die "$name already runs: $(cat "$d/where"); stop it first, or choose another name"
  fi
  for ((i = 0; i < 100 && port == 0; i++)); do
    port=$(shuf -n 1 -i "${free_ports[0]}-${free_ports[1]}")
    ! taken "$port" || port=0
  done
  ! taken "$port" || lab_die "$name: port $port is taken: $("${in_ns[@]}" ss -Hltnp "sport = :$port" | awk '{print $4, $6}'); choose another port, or 0 for a free one"
  rm -rf "$d"; mkdir -p "$d"/{up/usr/local/bin,work,m}; t0=$(now_millis)
  # shellcheck disable=SC2016 # expanded by the shell that probes
  case $tree in
    mysql*|mariadb*)
      install -m 755 "$LAB_DIR/db-entrypoint.sh" "$d/up/usr/local/bin/db-entrypoint.sh"
      command=(db-entrypoint.sh mysqld --port="$port" --bind-address="$bind")
      probe='exec 3<>"/dev/tcp/$0/$1"; read -r -n1 -t2 -u3 x || [ -n "$x" ]' ;;      # it greets
    memcached)
      command=(memcached -u memcache -l "$bind" -p "$port")
      if [ -n "${LAB_SASL-}" ]; then
        install -m 755 "$LAB_DIR/memcached-sasl.sh" "$d/up/usr/local/bin/memcached-sasl.sh"
        command=(memcached-sasl.sh "${command[@]:1}")
      elif [ -n "${LAB_TEXT_AUTH-}" ]; then
        mkdir -p "$d/up/etc"; printf '%s\n' "$LAB_TEXT_AUTH" >"$d/up/etc/memcached.auth"
        command+=(-Y /etc/memcached.auth)
      fi
      probe='exec 3<>"/dev/tcp/$0/$1"' ;;
    nginx)
      mkdir -p "$d"/up/{etc/nginx,var/www/lab}
      sed "s/@ADDRESS@/$bind:$port${LAB_LISTEN:+ $LAB_LISTEN}/; s/@BENCH@/$(printf 'x%.0s' {1..100})/" "$LAB_DIR/nginx.conf" >"$d/up/etc/nginx/lab.conf"
      command=(nginx -c /etc/nginx/lab.conf)
      probe='exec 3<>"/dev/tcp/$0/$1"' ;;
    apache)
      mkdir -p "$d"/up/{etc/apache2,var/www/lab}
      IFS=: read -r user realm password <<<"${LAB_LOGIN:?}"
      echo "$user:$realm:$(printf '%s' "$LAB_LOGIN" | md5sum | cut -d' ' -f1)" >"$d/up/etc/apache2/digest"
      echo "$user:{SHA}$(printf "$(printf '%s' "$password" | sha1sum | sed 's/ .*//; s/../\\x&/g')" | base64)" >"$d/up/etc/apache2/basic"
      sed "s/@ADDRESS@/$bind:$port/; s/@REALM@/$realm/; s/@PASSWORD@/$password/" "$LAB_DIR/apache.conf" >"$d/up/etc/apache2/lab.conf"
      command=(apache2 -D FOREGROUND -f /etc/apache2/lab.conf)
      probe='exec 3<>"/dev/tcp/$0/$1"' ;;
    redis*|valkey*)
      program=${tree%%[0-9]*}
      command=(setpriv --reuid="$program" --regid="$program" --clear-groups "$program-server" --port "$port" --bind "$bind" --save '')
      probe='exec 3<>"/dev/tcp/$0/$1"; echo PING >&3; read -r -t2 -u3 x; [ -n "$x" ]' ;;     # it answers
    *) lab_die "tree $tree has no server to start" ;;
  esac
  # exec all the way down: the background process becomes the server, $! is its pid, and its mounts
  # go when it goes. Where the file system can hold no overlay's upper layer, a copy does.
  # shellcheck disable=SC2016 # expanded by the shell inside
  env MYSQL_ROOT_PASSWORD="${MYSQL_ROOT_PASSWORD:-root}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "${in_ns[@]}" setsid unshare --mount bash -c '
      set -e; root=$1 d=$2; shift 2
      mount -t overlay overlay -o "lowerdir=$root,upperdir=$d/up,workdir=$d/work" "$d/m" 2>/dev/null ||
        { touch "$d/copied"; cp -a --reflink=auto "$root/." "$d/m/"; cp -a "$d/up/." "$d/m/"; }
      mount -t proc proc "$d/m/proc"; mount -t tmpfs tmpfs "$d/m/run"; cd /
      exec chroot "$d/m" "$@"' lab "$root" "$d" "${command[@]}" "$@" >"$d/log" 2>&1 </dev/null {lab_lock}>&- &
  echo "$! $(started $!)" >"$d/pid"
  echo "$tree $bind $port ${LAB_NETNS:--}" >"$d/where"; echo "$root" >"$d/tree"
  lab_unlock
  until "${in_ns[@]}" bash -c "$probe" "$(client_address "$bind")" "$port" 2>/dev/null; do
    if ! alive "$name"; then
      tail -n 20 "$d/log" >&2
      lab_die "$name: $tree ended at its start: its log is $d/log"
    fi
    if [ $(($(now_millis) - t0)) -gt $((start_seconds * 1000)) ]; then
      tail -n 20 "$d/log" >&2; cp "$d/log" "$LAB_INST/$name.log"; stop "$name"
      lab_die "$name: $tree took no client within $start_seconds s and was stopped: its log is $LAB_INST/$name.log"
    fi
    sleep 0.1
  done
  lab_log "$name: $tree on $bind:$port, pid $!, ready in $(($(now_millis) - t0)) ms"
}

stop() {
  local name=$1 d=$LAB_INST/$1 pid i
  named "$name"
  [ -d "$d" ] || return 0
  if alive "$name"; then
    read -r pid _ <"$d/pid"
    kill "$pid" 2>/dev/null || true
    for ((i = 0; i < stop_seconds * 20; i++)); do alive "$name" || break; sleep 0.05; done
    if alive "$name"; then kill -9 "$pid"; while alive "$name"; do sleep 0.05; done; fi
  fi
  rm -rf "$d"; lab_log "$name: stopped"
}

sql() {
  local tree bind port ns root client=mariadb name=$1
  known "$name"; shift
  read -r tree bind port ns <"$LAB_INST/$name/where"; root=$(cat "$LAB_INST/$name/tree")
  case $tree in mysql*) client=mysql ;; mariadb*) ;; *) lab_die "$name is a $tree, which speaks no SQL" ;; esac
  LAB_NETNS=$ns; enter
  # Not on the command line, where everybody could read it and the client warns of it.
  MYSQL_PWD=${MYSQL_ROOT_PASSWORD:-root} "${in_ns[@]}" chroot "$root" "$client" \
    --protocol=tcp -h "$(client_address "$bind")" -P "$port" -uroot "$@"
}

path() {
  local d=$LAB_INST/$1 file=$2
  known "$1"
  if [ -e "$d/copied" ]; then echo "$d/m$file"
  elif [ -e "$d/up$file" ] || [ ! -e "$(cat "$d/tree")$file" ]; then echo "$d/up$file"
  else echo "$(cat "$d/tree")$file"; fi
}

names() { local d; for d in "$LAB_INST"/*/; do [ ! -d "$d" ] || basename "$d"; done; }

[ $# -gt 0 ] || usage
action=$1; shift
case $action in
  start) start "$@" ;;
  sql) [ $# -ge 1 ] || usage; sql "$@" ;;
  where) [ $# -eq 1 ] || usage; known "$1"; echo "$(cat "$LAB_INST/$1/where") $(cut -d' ' -f1 "$LAB_INST/$1/pid")" ;;
  path) [ $# -eq 2 ] || usage; path "$@" ;;
  stop) for name in "$@"; do stop "$name"; done ;;
  stop-all) for name in $(names); do stop "$name"; done; rmdir "$LAB_INST" 2>/dev/null || true ;;
  list) for name in $(names); do echo "$name $(cat "$LAB_INST/$name/where") $(alive "$name" && echo up || echo down) $(du -sm "$LAB_INST/$name/up" | cut -f1) MB"; done ;;
  *) usage ;;
esac
