#!/usr/bin/env bash
# Sees to a JDK 25 or later: does nothing where find-java finds one; else unpacks Debian's into a
# folder of its own, with the libraries it was built against, and links it where systems keep JDKs.
# The host's packages and its default java stay as they are.
#   install-jdk.sh [--again]      --again: also where there is one
. "$(dirname "$0")/common.sh"
tree=/opt/understudy-jdk link=/usr/lib/jvm/understudy-jdk
find_java=$LAB_DIR/../../dist/bin/find-java
if [ "${1-}" != --again ] && "$find_java" --jdk >/dev/null; then exit 0; fi
lab_need patchelf=patchelf
lab_lock jdk
lab_log "no JDK 25 or later found: unpacking Debian's"
# The first of these that the newest suite still has.
# The first of these that the newest suite still has. man1: where the package links its manual.
home=
for version in 25 26 27 28 29; do
  # shellcheck disable=SC2016 # $1 is mmdebstrap's
  if lab_unpack sid "$tree.tmp" "openjdk-$version-jdk-headless" --essential-hook='mkdir -p "$1/usr/share/man/man1"'; then
    home=$(echo "$tree.tmp/usr/lib/jvm/java-$version-openjdk-"*)
    break
  fi
  grep -q 'Unable to locate package' "$tree.tmp.log" || break
done
by_hand="install a JDK 25 by hand, set JAVA_HOME to it, and run this again"
case $home in "$tree.tmp"/*) ;; *) lab_die "Debian's mirror gave no JDK 25: $by_hand" ;; esac
[ -x "$home/bin/javac" ] || lab_die "$home holds no JDK: $by_hand"
# Links that are right inside the tree alone (to its /etc) are made right on the host.
while IFS= read -r -d '' link_in_tree; do
  case $link_in_tree in "$tree.tmp"/*) ;; *) lab_die "$link_in_tree is not in $tree.tmp: left alone" ;; esac
  ln -sfn "$(realpath -ms --relative-to="${link_in_tree%/*}" "$tree.tmp$(readlink "$link_in_tree")")" "$link_in_tree"
done < <(find "$home" "$tree.tmp/etc/ssl" "$tree.tmp"/etc/java-*-openjdk -type l -lname '/*' -print0)
# Its programs take the tree's loader and libraries, also for what they load later (DT_RPATH).
loader=$(patchelf --print-interpreter "$home/bin/java")
libc=$(find "$tree.tmp/usr/lib" -maxdepth 2 -name libc.so.6)
libs=$tree${libc#"$tree.tmp"}; libs=${libs%/*}
for program in "$home"/bin/* "$home"/lib/jspawnhelper; do
  patchelf --print-interpreter "$program" >/dev/null 2>&1 || continue        # a script
  patchelf --set-interpreter "$tree$loader" --force-rpath --set-rpath "\$ORIGIN/../lib:\$ORIGIN:$libs" "$program"
done
home=$tree${home#"$tree.tmp"}
rm -rf "$tree"; mv "$tree.tmp" "$tree"; rm -f "$tree.tmp.log"
"$home/bin/java" -version >"$LAB_HOME/jdk.log" 2>&1 || {
  cat "$LAB_HOME/jdk.log" >&2
  lab_die "the JDK unpacked in $tree does not run here: $by_hand"
}
mkdir -p "${link%/*}"; ln -sfn "$home" "$link"
lab_log "$link: $(head -n 1 "$LAB_HOME/jdk.log"), $(du -sm "$tree" | cut -f1) MB"
