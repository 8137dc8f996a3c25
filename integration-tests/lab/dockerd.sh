#!/usr/bin/env bash
# A docker engine for suites that test containers, from Debian's docker.io, on machines without one.
#   dockerd.sh start | stop | status | env
# An engine that answers on the default socket is used as it is. LAB_DOCKER_SOCK=/path and
# LAB_DOCKER_BRIDGE=name,CIDR make a second one beside it; `env` prints its DOCKER_HOST.
. "$(dirname "$0")/common.sh"
sock=${LAB_DOCKER_SOCK:-/var/run/docker.sock}
export DOCKER_HOST=unix://$sock
pidfile=$LAB_HOME/dockerd.pid
start_seconds=60
answers() { docker version >/dev/null 2>&1; }
engine() { docker info -f '{{.ServerVersion}} {{.Driver}}'; }

start() {
  local bridge driver args=() i
  lab_need docker=docker.io dockerd=docker.io iptables=iptables ip=iproute2
  # A container answers a forged client through the host. Without this the host would forward that
  # answer to its default gateway, out of the machine. (blackhole: dropped, no ICMP.)
  ip route replace blackhole "$LAB_FORGED"
  lab_lock docker
  if answers; then lab_log "docker engine $(engine) answers on $sock"; return; fi
  if [ -n "${LAB_DOCKER_BRIDGE-}" ]; then
    bridge=${LAB_DOCKER_BRIDGE%,*}
    if ! ip link show "$bridge" >/dev/null 2>&1; then
      ip link add "$bridge" type bridge
      ip addr add "${LAB_DOCKER_BRIDGE#*,}" dev "$bridge"
      ip link set "$bridge" up
    fi
    args+=(--bridge="$bridge")
  fi
  # overlay2 keeps one copy of an image however many containers run; vfs one for each, anywhere.
  mkdir -p "$LAB_HOME"/ov/{l,u,w,m}
  driver=vfs
  if mount -t overlay overlay -o "lowerdir=$LAB_HOME/ov/l,upperdir=$LAB_HOME/ov/u,workdir=$LAB_HOME/ov/w" "$LAB_HOME/ov/m" 2>/dev/null; then
    umount "$LAB_HOME/ov/m"; driver=overlay2
  fi
  setsid dockerd --host="$DOCKER_HOST" --storage-driver="$driver" --data-root="$LAB_HOME/docker" \
    --exec-root="$LAB_HOME/docker-run" --pidfile="$pidfile" "${args[@]}" \
    >"$LAB_HOME/dockerd.log" 2>&1 </dev/null {lab_lock}>&- &
  for ((i = 0; i < start_seconds * 4; i++)); do answers && break; sleep 0.25; done
  answers || { tail -n 20 "$LAB_HOME/dockerd.log" >&2; lab_die "the docker engine did not answer within $start_seconds s: its log is $LAB_HOME/dockerd.log"; }
  lab_log "docker engine $(engine) started"
}

stop() {
  local pid
  [ -e "$pidfile" ] || { lab_log "no docker engine of the lab runs"; return; }
  pid=$(cat "$pidfile")
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != dockerd ] || { kill "$pid"; while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done; }
  rm -f "$pidfile"; lab_log "docker engine $pid stopped"
}

case ${1-} in
  start) start ;;
  stop) stop ;;
  status) docker info -f '{{.ServerVersion}} {{.Driver}} {{.DockerRootDir}}' ;;
  env) echo "export DOCKER_HOST=$DOCKER_HOST" ;;
  *) sed -n '3s/^# *//p' "$0" >&2; exit 2 ;;
esac
