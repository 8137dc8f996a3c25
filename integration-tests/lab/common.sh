# Shared by the lab's scripts, which source it. README.md says what each of them does.
# shellcheck shell=bash disable=SC2034 # the settings are for the scripts
set -euo pipefail
shopt -s inherit_errexit                   # a failure inside $(...) is one
umask 022
PATH=$PATH:/usr/sbin:/sbin                 # where a root shell made by su does not look
LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_HOME=${LAB_HOME:-/var/tmp/understudy-lab}   # all that the lab builds; outside the clone, shared by clones
LAB_INST=${LAB_INST:-$LAB_HOME/inst}       # the servers that run: a folder for each
LAB_NET=${LAB_NET:-lab}                    # what the names of the network namespaces begin with
LAB_FORGED=10.98.0.0/16                    # client addresses that no host has: those of copied sessions
LAB_TREES=(mysql97 mariadb1011 mariadb118 memcached nginx apache redis70 valkey81)
LAB_LOCK_SECONDS=1800                      # longest wait for another run's build

lab_log() { echo "[lab] $*" >&2; }
lab_die() { lab_log "$*"; exit 1; }

[ "$(id -u)" = 0 ] || lab_die "the lab makes namespaces, mounts and installs packages: run this as root"
mkdir -p "$LAB_HOME/locks"
[ -O "$LAB_HOME" ] || lab_die "$LAB_HOME belongs to somebody else: remove it, or set LAB_HOME to another folder"

# One run at a time past this line, for what is called $1; lab_unlock, or the script's end, lets the
# next one in. A process left running must not inherit the lock: start it with {lab_lock}>&-.
lab_lock() {
  exec {lab_lock}>"$LAB_HOME/locks/$1"
  flock -n "$lab_lock" && return
  lab_log "$1: another run is at it, waiting"
  flock -w "$LAB_LOCK_SECONDS" "$lab_lock" ||
    lab_die "$1: still locked after $LAB_LOCK_SECONDS s: see who holds $LAB_HOME/locks/$1 (fuser -v), end it and run this again"
}
lab_unlock() { exec {lab_lock}>&-; }

# Installs packages from the machine's own apt sources.
lab_apt() {
  # shellcheck disable=SC1091
  command -v apt-get >/dev/null ||
    lab_die "missing here: $*. This script knows Debian's apt-get alone and this is $(. /etc/os-release && echo "${PRETTY_NAME-another system}"): install the equivalents and run it again"
  lab_lock apt
  lab_log "installing $*"
  # Sources of others may fail to refresh; whether Debian's did shows in the next step.
  apt-get update -qq >"$LAB_HOME/apt.log" 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq \
    --no-install-recommends "$@" >>"$LAB_HOME/apt.log" 2>&1 </dev/null || {
    tail -n 15 "$LAB_HOME/apt.log" >&2
    lab_die "apt-get could not install $*: see $LAB_HOME/apt.log; mend it or install them by hand, then run this again"
  }
  lab_unlock
}

# lab_need WHAT=PACKAGE...: installs the packages whose WHAT (a program, or a shared library by its
# soname) is not there. Costs no apt-get when nothing is missing.
lab_need() {
  local need missing=()
  for need in "$@"; do
    case ${need%%=*} in
      *.so.*) ldconfig -p | grep -q "^[[:space:]]${need%%=*} " || missing+=("${need#*=}") ;;
      *) command -v "${need%%=*}" >/dev/null || missing+=("${need#*=}") ;;
    esac
  done
  [ ${#missing[@]} -eq 0 ] || lab_apt "${missing[@]}"
}

# The Debian mirror that this machine's apt uses; LAB_MIRROR names another one.
lab_mirror() {
  local id codename uri
  [ -z "${LAB_MIRROR-}" ] || { echo "$LAB_MIRROR"; return; }
  # shellcheck disable=SC1091
  { id=$(. /etc/os-release && echo "$ID"); codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}"); }
  [ "$id" = debian ] ||
    lab_die "the servers are built out of Debian packages, and this is no Debian ($id): set LAB_MIRROR to the address of a Debian mirror, and install mmdebstrap and debian-archive-keyring"
  # shellcheck disable=SC2016 # apt fills these in
  uri=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(ORIGIN) $(REPO_URI)' |
    awk -v c="$codename" '$2=="main" && (c=="" || $1==c) {o=$(NF-1)=="Debian"; if (!n || o>best) {n=1; best=o; u=$NF}} END {print u}')
  case $uri in
    mirror+file:*) uri=$(awk '!/^#/ && NF {print $1; exit}' "${uri#mirror+file:}") ;;
  esac
  [ -n "$uri" ] || lab_die "apt has no source for Debian $codename main: add one to /etc/apt/sources.list.d, or set LAB_MIRROR"
  echo "$uri"
}

# Unpacks Debian packages $3 (separated by commas) of suite $1 into the new folder $2, as a small
# system of its own; more mmdebstrap options may follow. Nothing on the host changes.
lab_unpack() {
  local suite=$1 dir=${2:?} packages=$3 mirror opts=() opt
  shift 3
  lab_need mmdebstrap=mmdebstrap
  mirror=$(lab_mirror) || exit
  # The way out that the host's apt is told to take.
  while read -r opt; do opts+=(--aptopt="$opt"); done < <(apt-config dump --format '%f "%v";%n' |
    grep -E '^Acquire::https?::(.*::)?(Proxy|CaInfo|Verify-Peer)' || true)
  rm -rf "$dir"; mkdir -p "${dir%/*}"
  nice -n 10 mmdebstrap --verbose --mode=root --variant=essential \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"' "${opts[@]}" \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include="$packages" "$@" "$suite" "$dir" "$mirror" >"$dir.log" 2>&1 </dev/null || {
    tail -n 20 "$dir.log" >&2
    rm -rf "$dir"
    lab_log "could not unpack $packages of Debian $suite from $mirror: see $dir.log; is the mirror reachable and room left?"
    return 1
  }
}
