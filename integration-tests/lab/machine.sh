#!/usr/bin/env bash
# A Debian host with nothing on it, booted with its own systemd in namespaces of its own (processes,
# mounts, cgroups; the network of this host, or of LAB_NETNS). Its files go with it.
#   machine.sh up NAME                 returns when systemd has come up
#   machine.sh exec NAME COMMAND...    runs a program on it
#   machine.sh root NAME               prints where its files are seen on this host
#   machine.sh down NAME... | down-all
. "$(dirname "$0")/common.sh"
start_seconds=60
# What would change the kernel of this host, which is the machine's as well.
not_here=(systemd-sysctl.service systemd-modules-load.service kmod-static-nodes.service systemd-udevd.service
  systemd-tmpfiles-setup-dev-early.service systemd-tmpfiles-setup-dev.service systemd-random-seed.service)

usage() { sed -n '4,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
folder() {
  case $1 in *[!A-Za-z0-9._-]*|.*|'') lab_die "'$1' cannot be a machine's name: use letters, digits and -" ;; esac
  echo "$LAB_INST-machines/$1"
}
# The first process of machine $1, by our count.
init() {
  local d; d=$(folder "$1")
  pgrep -P "$(cat "$d/pid")" || true
}
inside() {
  local name=$1 d first; shift
  d=$(folder "$name"); first=$(init "$name")
  [ -n "$first" ] || lab_die "$name is not up: '$0 up $name' boots it"
  nsenter -t "$first" --mount --pid --uts --cgroup --net chroot "$d/m" \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}

up() {
  local name=$1 d root in_ns=() unit state i
  lab_need ip=iproute2 pgrep=procps
  d=$(folder "$name")
  [ ! -e "$d" ] || lab_die "$name is there already: '$0 down $name' first"
  root=$("$LAB_DIR/build-rootfs.sh" --path clean)
  touch "$root/.lab-done"
  mkdir -p "$d"/{work,m} "$d/up/etc/systemd/system"
  for unit in "${not_here[@]}"; do ln -s /dev/null "$d/up/etc/systemd/system/$unit"; done
  [ "${LAB_NETNS:--}" = - ] || in_ns=(ip netns exec "$LAB_NETNS")
  # shellcheck disable=SC2016 # expanded by the shell inside
  "${in_ns[@]}" setsid unshare --mount --pid --uts --cgroup --fork --kill-child bash -c '
    set -e; root=$1 d=$2
    mount --make-rprivate /
    mount -t overlay overlay -o "lowerdir=$root,upperdir=$d/up,workdir=$d/work" "$d/m" 2>/dev/null || {
      cp -a --reflink=auto "$root/." "$d/m/"; mount --bind "$d/m" "$d/m"; }
    mount -t proc proc "$d/m/proc"; mount -t sysfs -o ro sysfs "$d/m/sys"; mount -t cgroup2 cgroup2 "$d/m/sys/fs/cgroup"
    mount -t tmpfs tmpfs "$d/m/run"; mount -t tmpfs -o mode=755 tmpfs "$d/m/dev"
    for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 ptmx:5:2; do
      IFS=: read -r name major minor <<<"$node"
      mknod -m 666 "$d/m/dev/$name" c "$major" "$minor"
    done
    ln -s /proc/self/fd "$d/m/dev/fd"
    exec chroot "$d/m" /usr/bin/env -i container=lab PATH=/usr/sbin:/usr/bin /usr/sbin/init' lab "$root" "$d" \
    >"$d/log" 2>&1 </dev/null &
  echo $! >"$d/pid"
  for ((i = 0; i < start_seconds * 10; i++)); do
    kill -0 "$(cat "$d/pid")" 2>/dev/null || { cat "$d/log" >&2; lab_die "$name ended at its start: its log is above"; }
    # "degraded" where the kernel of this host does not do all that a host of its own would.
    state=$([ -z "$(init "$name")" ] || inside "$name" systemctl is-system-running 2>/dev/null || true)
    case $state in running|degraded) lab_log "$name: up"; return ;; esac
    sleep 0.1
  done
  lab_die "$name is not up after $start_seconds s: $state"
}

down() {
  local d; d=$(folder "$1")
  [ -d "$d" ] || return 0
  # With its first process all others go, and with the last one its mounts.
  kill -9 "$(init "$1")" 2>/dev/null || true
  while kill -0 "$(cat "$d/pid")" 2>/dev/null; do sleep 0.05; done
  rm -rf "$d"; rmdir "$LAB_INST-machines" 2>/dev/null || true
  lab_log "$1: down"
}

if [ "${1-}" = down-all ]; then
  for d in "$LAB_INST-machines"/*/; do [ ! -d "$d" ] || down "$(basename "$d")"; done
  exit
fi
[ $# -ge 2 ] || usage
action=$1; shift
case $action in
  up) up "$1" ;;
  exec) inside "$@" ;;
  root) echo "/proc/$(init "$1")/root" ;;
  down) for name in "$@"; do down "$name"; done ;;
  *) usage ;;
esac
