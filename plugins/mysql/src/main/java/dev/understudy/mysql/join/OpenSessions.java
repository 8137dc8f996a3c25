package dev.understudy.mysql.join;

import dev.understudy.protocol.Table;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The sessions of a run that wait to be joined, and what was read of them. Safe for use by several
 * threads: sessions ask, and who reads the online server answers.
 */
public final class OpenSessions {
    /** Sessions that may wait; those past it are told that there is no room. */
    static final int MAX_WAITING = 20_000;

    private final Set<InetSocketAddress> waiting = ConcurrentHashMap.newKeySet();
    private final Map<InetSocketAddress, OpenSession> read = new ConcurrentHashMap<>();
    private final Map<String, Long> tally = new TreeMap<>();
    private volatile String trouble = "the online server has not been asked yet";

    /** This client's session waits; false where there is no room for more. */
    public boolean await(InetSocketAddress client) {
        return waiting.contains(client) || (waiting.size() < MAX_WAITING && waiting.add(client));
    }

    /** It waits no longer. */
    public void forget(InetSocketAddress client) {
        waiting.remove(client);
        read.remove(client);
    }

    /** What was read last of this client's session. */
    public Optional<OpenSession> of(InetSocketAddress client) {
        return Optional.ofNullable(read.get(client));
    }

    /** Those that wait. */
    Collection<InetSocketAddress> waiting() {
        return List.copyOf(waiting);
    }

    /** Something was read. */
    public void found(Map<InetSocketAddress, OpenSession> found) {
        found.forEach(
                (client, session) -> {
                    if (waiting.contains(client)) {
                        read.put(client, session);
                    }
                });
        trouble = "the online server does not list it";
    }

    /** Nothing could be read. */
    void failed(String why) {
        trouble = why;
    }

    /** Why a session that nothing was read of could not be found. */
    public String trouble() {
        return trouble;
    }

    /** Counts a thing that happened, for the report. */
    public synchronized void count(String what) {
        tally.merge(what, 1L, Long::sum);
    }

    /** What was counted; no table where no session was open before. */
    public synchronized List<Table> tables() {
        if (tally.isEmpty()) {
            return List.of();
        }
        List<List<String>> rows = new ArrayList<>();
        tally.forEach((what, count) -> rows.add(List.of(what, String.valueOf(count))));
        return List.of(
                new Table(
                        "sessions that were open before the capture",
                        List.of("what", "count"),
                        rows));
    }
}
