package dev.understudy.memcached.couchbase;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The addresses of the cluster's nodes. A session must not wait for a name server, so names are
 * looked up before the run; what a later map names anew is looked up when core asks the protocol to
 * refresh. Safe for use by several threads.
 */
final class HostNames {
    /** Names that may wait to be looked up. */
    private static final int MAX_WANTED = 256;

    private final Map<String, InetAddress> known = new ConcurrentHashMap<>();
    private final Set<String> wanted = ConcurrentHashMap.newKeySet();

    /** Names that need no looking up. */
    HostNames(Map<String, InetAddress> given) {
        known.putAll(given);
    }

    /** The address of a host; a name that is not known yet is noted. Does not block. */
    Optional<InetAddress> address(String host) {
        InetAddress found = known.get(host);
        if (found == null) {
            try {
                found = InetAddress.ofLiteral(host);
                known.put(host, found);
            } catch (IllegalArgumentException _) {
                if (wanted.size() < MAX_WANTED) {
                    wanted.add(host);
                }
            }
        }
        return Optional.ofNullable(found);
    }

    /** Looks up what is wanted, and says what could not be found. Blocks. */
    Set<String> lookUp() {
        Set<String> unknown = new TreeSet<>();
        for (String host : Set.copyOf(wanted)) {
            try {
                known.put(host, InetAddress.getByName(host));
                wanted.remove(host);
            } catch (UnknownHostException _) {
                unknown.add(host);
            }
        }
        return unknown;
    }
}
