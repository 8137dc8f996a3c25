#!/usr/bin/env bash
# Network namespaces that stand for the hosts of a rehearsal, on a switch of their own:
#   lab-client 10.99.0.10   lab-online 10.99.0.20   lab-target 10.99.0.30   lab-copy 10.99.0.40
#   netns.sh up | down | show;   then e.g. ip netns exec lab-client mariadb -h 10.99.0.20 ...
# LAB_NET puts another word in place of "lab", for networks side by side (their addresses are the same
# and do not meet). The host has no address there, so nothing leaks in or out. lab-target has no default
# route: its answers to LAB_FORGED go to lab-copy, which neither forwards nor answers them.
. "$(dirname "$0")/common.sh"
hosts=(client:10 online:20 target:30 copy:40)
sw() { ip -n "$LAB_NET-sw" "$@"; }
there() { [ -e "/run/netns/$1" ]; }

up() {
  local host name number
  lab_need ip=iproute2 ethtool=ethtool sysctl=procps iptables=iptables
  lab_lock "net-$LAB_NET"
  there "$LAB_NET-sw" || ip netns add "$LAB_NET-sw"
  sw link show br0 >/dev/null 2>&1 || sw link add br0 type bridge
  sw link set br0 up
  for host in "${hosts[@]}"; do
    name=$LAB_NET-${host%:*} number=${host#*:}
    there "$name" && continue
    ip netns add "$name"
    ip link add "p$number" netns "$LAB_NET-sw" type veth peer name eth0 netns "$name"
    sw link set "p$number" master br0 up
    ip -n "$name" addr add "10.99.0.$number/24" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$name" link set lo up
    # Offload off: real segments and checksums on the wire, as between machines.
    ip netns exec "$name" ethtool -K eth0 tx off tso off gso off gro off >/dev/null 2>&1 || true
    # A namespace inherits ip_forward=1 from a host with docker, and would answer what is for the
    # forged clients with ICMP unreachable, which ends their connections.
    ip netns exec "$name" sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
  done
  # Clients may also come from addresses that the target must not answer directly.
  ip -n "$LAB_NET-client" addr replace 10.98.0.10/16 dev eth0
  ip -n "$LAB_NET-online" route replace "$LAB_FORGED" dev eth0
  ip -n "$LAB_NET-target" route replace "$LAB_FORGED" via 10.99.0.40
  lab_log "namespaces up: $LAB_NET-{client,online,target,copy}"
}

case ${1-} in
  up) up ;;
  down) for host in sw:0 "${hosts[@]}"; do there "$LAB_NET-${host%:*}" || continue; ip netns del "$LAB_NET-${host%:*}"; done ;;
  show) for host in "${hosts[@]}"; do echo "$LAB_NET-${host%:*}: $(ip -n "$LAB_NET-${host%:*}" -br addr show eth0)"; done ;;
  *) sed -n '4s/^# *//p' "$0" >&2; exit 2 ;;
esac
