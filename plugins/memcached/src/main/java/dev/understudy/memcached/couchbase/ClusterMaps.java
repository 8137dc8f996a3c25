package dev.understudy.memcached.couchbase;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** The latest map that any session of a copy was given. Safe for use by several threads. */
final class ClusterMaps {
    private final AtomicReference<Optional<ClusterMap>> latest =
            new AtomicReference<>(Optional.empty());

    Optional<ClusterMap> latest() {
        return latest.get();
    }

    /** Takes a map where it is newer than what is known; says whether it was. */
    boolean offer(ClusterMap map) {
        while (true) {
            Optional<ClusterMap> known = latest.get();
            if (known.isPresent() && !map.newerThan(known.get())) {
                return false;
            }
            if (latest.compareAndSet(known, Optional.of(map))) {
                return true;
            }
        }
    }
}
