#!/usr/bin/env bash
# Sees to what a fresh machine lacks; a machine that lacks nothing is left alone, in no time.
#   setup.sh [build] [lab]     build: JDK 25, Maven. lab: libpcap, network tools, servers and clients.
#                              Both unless one is named.
. "$(dirname "$0")/common.sh"
[ $# -gt 0 ] || set -- build lab
for part in "$@"; do
  case $part in
    build)
      lab_need mvn=maven
      "$LAB_DIR/install-jdk.sh" ;;
    lab)
      lab_need libpcap.so.0.8=libpcap0.8 ip=iproute2 ethtool=ethtool sysctl=procps
      "$LAB_DIR/build-rootfs.sh"
      "$LAB_DIR/clients.sh" ;;
    *) lab_die "setup.sh sees to 'build' and 'lab', not to '$part'" ;;
  esac
done
