#!/usr/bin/env bash
# The network of a measurement. All of it lives in network namespaces; they have no way out, and
# nothing outside of them is touched.
#
#   client 10.66.0.10-.17 ── veth ── c1 online 10.66.0.1
#                                       │ o0     10.77.0.1
#                                     switch (a bridge in a namespace of its own)
#                                      │  │
#                   target 10.77.0.2 ──┘  └── a0 assistant 10.77.0.3
#
# The target sends what is for 10.66.0.0/24 to the assistant, a black hole, where copiers that forge
# their packets listen. Understudy needs no assistant.
#
#   topo.sh up | down     BENCH_NET  what the namespaces' names begin with (bench)
#                         OFFLOAD    off: real segments on the wire, as between machines | on
#                         MTU        of the target's side (1500)
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
net=${BENCH_NET:-bench} offload=${OFFLOAD:-off} mtu=${MTU:-1500}
hosts=(client online target assistant)

in_ns() { local host=$1; shift; ip netns exec "${net:?}-$host" "$@"; }
down() {
  local host
  for host in "${hosts[@]}" switch; do [ ! -e "/run/netns/$net-$host" ] || ip netns del "$net-$host"; done
}
plain() {
  [ "$offload" = on ] || in_ns "$1" ethtool -K "$2" tso off gso off gro off tx off rx off sg off >/dev/null 2>&1 ||
    in_ns "$1" ethtool -K "$2" tso off gso off gro off >/dev/null
}
attach() {
  local host=$1 device=$2 address=$3
  ip link add "$device" netns "$net-$host" type veth peer name "p$device" netns "$net-switch"
  in_ns "$host" ip link set "$device" mtu "$mtu"
  in_ns switch ip link set "p$device" mtu "$mtu" master br0 up
  in_ns "$host" ip addr add "$address/24" dev "$device"
  in_ns "$host" ip link set "$device" up
  plain "$host" "$device"
  plain switch "p$device"
}
up() {
  local host i
  down
  for host in "${hosts[@]}" switch; do
    ip netns add "$net-$host"
    in_ns "$host" ip link set lo up
  done
  for host in "${hosts[@]}"; do
    in_ns "$host" sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
      net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0 \
      net.ipv4.tcp_max_syn_backlog=8192 net.core.somaxconn=8192 net.ipv4.tcp_syncookies=0
  done
  # The generator must not run out of ports before the copier does, which keeps the stock range.
  in_ns client sysctl -qw net.ipv4.ip_local_port_range="1024 65000"
  in_ns client sysctl -qw net.ipv4.tcp_max_tw_buckets=524288
  ip link add c0 netns "$net-client" type veth peer name c1 netns "$net-online"
  for i in {10..17}; do in_ns client ip addr add "10.66.0.$i/24" dev c0; done
  in_ns online ip addr add 10.66.0.1/24 dev c1
  in_ns client ip link set c0 up
  in_ns online ip link set c1 up
  plain client c0
  plain online c1
  in_ns switch ip link add br0 type bridge
  in_ns switch ip link set br0 up
  attach online o0 10.77.0.1
  attach target t0 10.77.0.2
  attach assistant a0 10.77.0.3
  in_ns target ip route add 10.66.0.0/24 via 10.77.0.3
}
case ${1-} in
  up) up ;;
  down) down ;;
  *) sed -n '/^#   topo.sh/,/^set/s/^# \{0,3\}//p' "$0" >&2; exit 2 ;;
esac
