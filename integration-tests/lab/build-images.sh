#!/usr/bin/env bash
# Docker images out of the trees of build-rootfs.sh, with the tags that Testcontainers asks for; no
# registry is asked. Wants a running engine (dockerd.sh start).
#   build-images.sh [TREE...]     default: mysql97 mariadb1011 mariadb118 memcached nginx nettools clean
# An image made from the same tree and entry point is kept.
. "$(dirname "$0")/common.sh"
images=(mysql97 mariadb1011 mariadb118 memcached nginx nettools clean)
[ $# -gt 0 ] || set -- "${images[@]}"
docker version >/dev/null 2>&1 || lab_die "no docker engine answers: run $LAB_DIR/dockerd.sh start"
"$LAB_DIR/build-rootfs.sh" "$@"
lab_lock images
extra=$(mktemp -d); trap 'rm -rf "$extra"' EXIT
for name in "$@"; do
  config=() add=()
  case $name in
    mysql97) tag=mysql:9.7 ;;
    mariadb1011) tag=mariadb:10.11 ;;
    mariadb118) tag=mariadb:11.8 ;;
    memcached) tag=memcached:1.6 config=('USER memcache' 'EXPOSE 11211' 'CMD ["memcached"]') ;;
    nginx) tag=lab/nginx:1 config=('EXPOSE 80' 'CMD ["nginx", "-g", "daemon off;"]') ;;
    nettools) tag=lab/nettools:1 config=('CMD ["bash"]') ;;
    clean) tag=lab/clean:1 config=('CMD ["/usr/sbin/init"]') ;;
    *) lab_die "no image is made of '$name': choose some of ${images[*]}" ;;
  esac
  case $name in mysql*|mariadb*)
    install -D -m 755 "$LAB_DIR/db-entrypoint.sh" "$extra/usr/local/bin/db-entrypoint.sh"
    add=(-C "$extra" ./usr/local/bin/db-entrypoint.sh)
    config=('EXPOSE 3306' 'ENTRYPOINT ["db-entrypoint.sh"]' 'CMD ["mysqld"]') ;;
  esac
  root=$("$LAB_DIR/build-rootfs.sh" --path "$name")
  stamp=$({ basename "$root"; cat "$0" "$LAB_DIR/db-entrypoint.sh"; } | sha256sum | cut -c1-16)
  [ "$(docker image inspect -f '{{index .Config.Labels "lab.stamp"}}' "$tag" 2>/dev/null)" != "$stamp" ] || continue
  args=(--change "LABEL lab.stamp=$stamp" --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
  for c in "${config[@]}"; do args+=(--change "$c"); done
  tar -c --numeric-owner -C "$root" . "${add[@]}" | docker import "${args[@]}" - "$tag" >/dev/null
  lab_log "$tag: imported"
done
