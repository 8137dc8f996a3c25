#!/usr/bin/env bash
# Builds minimal root file systems ("trees"), each with one server in it, out of Debian packages.
#   build-rootfs.sh [TREE...]   mysql97 mariadb1011 mariadb118 memcached nginx apache redis70 valkey81 (these by default)
#                               nettools clean
#   build-rootfs.sh --path TREE   builds it if need be and prints its folder
# A tree is called TREE-STAMP after its recipe: one made by the same recipe is kept, and clones with
# other recipes do not get in each other's way.
. "$(dirname "$0")/common.sh"
unused_days=14                             # a tree that no server was started from for so long goes

suite() { case $1 in mysql97) echo sid ;; mariadb118|valkey81|clean) echo trixie ;; *) echo bookworm ;; esac; }
packages() {
  case $1 in
    mysql97) echo mysql-server ;;
    mariadb1011|mariadb118) echo mariadb-server ;;
    memcached) echo memcached,sasl2-bin,libsasl2-modules ;;
    nginx) echo nginx-light ;;
    apache) echo apache2,libapache2-mod-auth-openidc ;;
    redis70) echo redis-server ;;
    valkey81) echo valkey-server ;;
    nettools) echo iptables,iproute2,tcpdump,ethtool ;;
    clean) echo apt,passwd,systemd-sysv,iproute2 ;;   # a host with nothing on it
    *) lab_die "no tree is called '$1': choose one of ${LAB_TREES[*]} nettools clean" ;;
  esac
}

# Initialises /var/lib/mysql in tree $2 once, so that no start pays for it. Server uuid and RSA and
# TLS keys are taken out again: every instance makes its own, as two real servers would differ.
init_datadir() {
  local name=$1 root=$2 conf
  for conf in mysql.conf.d/mysqld.cnf mariadb.conf.d/50-server.cnf; do    # in place of Debian's own
    [ ! -e "$root/etc/mysql/$conf" ] || install -m 644 "$LAB_DIR/lab.cnf" "$root/etc/mysql/$conf"
  done
  case $name in
    mysql*) chroot "$root" mysqld --initialize-insecure --user=mysql --datadir=/var/lib/mysql || return ;;
    mariadb*) chroot "$root" mariadb-install-db --user=mysql --datadir=/var/lib/mysql --skip-test-db \
      --auth-root-authentication-method=normal --skip-name-resolve || return ;;
    *) return 0 ;;
  esac
  rm -f "$root"/var/lib/mysql/auto.cnf "$root"/var/lib/mysql/*.pem
  touch "$root/var/lib/mysql/lab-fresh"
}

make_tree() {
  local name=$1 root=$2 list
  list=$(packages "$name")
  # What the server's package makes of a data directory goes, and libasan, which only MySQL's tests want.
  # shellcheck disable=SC2016 # $1 is mmdebstrap's
  lab_unpack "$(suite "$name")" "$root" "$list" --customize-hook='rm -rf "$1"/var/lib/mysql/* "$1"/var/lib/mysql-files/* "$1"/usr/lib/*/libasan* "$1"/var/log/mysql/*'
  echo "127.0.0.1 localhost" >"$root/etc/hosts"       # mariadb-install-db gives up without it
  init_datadir "$name" "$root" >>"$root.log" 2>&1 </dev/null || {
    tail -n 20 "$root.log" >&2
    lab_die "$name: the data directory could not be initialised: see $root.log"
  }
}

# Prints the folder of tree $1.
path() {
  local list stamp
  list=$(packages "$1")
  stamp=$({ suite "$1"; echo "$list"; declare -f init_datadir make_tree lab_unpack; cat "$LAB_DIR/lab.cnf"; } | sha256sum | cut -c1-8)
  echo "$LAB_HOME/rootfs/$1-$stamp"
}

build() {
  local name=$1 root start=$SECONDS
  root=$(path "$name")
  [ -e "$root/.lab-done" ] && return
  lab_lock "tree-$name"
  if [ ! -e "$root/.lab-done" ]; then                 # not made while this run waited
    lab_log "$name: building out of Debian $(suite "$name")"
    make_tree "$name" "$root.tmp"
    touch "$root.tmp/.lab-done"
    rm -rf "$root"; mv "$root.tmp" "$root"; rm -f "$root.tmp.log"
    lab_log "$name: $(du -sm "$root" | cut -f1) MB in $((SECONDS - start)) s"
  fi
  find "$LAB_HOME/rootfs" -mindepth 2 -maxdepth 2 -path "*/$name-*/.lab-done" -mtime +"$unused_days" -printf '%h\0' |
    xargs -0 -r rm -rf
  lab_unlock
}

if [ "${1-}" = --path ]; then build "$2"; path "$2"; exit; fi
[ $# -gt 0 ] || set -- "${LAB_TREES[@]}"
lab_need mmdebstrap=mmdebstrap                        # once, ahead of the builds side by side
if [ $# -gt 1 ]; then
  # Two at a time: unpacking waits for the disk as often as for the processor.
  printf '%s\n' "$@" | xargs -P 2 -I{} "$LAB_DIR/build-rootfs.sh" {}
else
  build "$1"
fi
