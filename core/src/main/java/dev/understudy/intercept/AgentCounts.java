package dev.understudy.intercept;

import dev.understudy.delivery.DeliveryCounts;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the agent counted for one run of a copier; on the agent's loop. */
final class AgentCounts {
    private final DeliveryCounts delivery = new DeliveryCounts();
    private long links;
    private long connections;
    private long refused;
    private long ended;
    private long late;
    private long bytesToServer;
    private long bytesFromServer;

    /** Where connectors count. */
    DeliveryCounts delivery() {
        return delivery;
    }

    void link() {
        links++;
    }

    void connection() {
        connections++;
    }

    /** A connection to where none may go, or for whom none may be made. */
    void refused() {
        refused++;
    }

    /** A connection that is open no longer. */
    void ended() {
        ended++;
    }

    /** Something for a connection that has ended meanwhile. */
    void late() {
        late++;
    }

    void toServer(int bytes) {
        bytesToServer += bytes;
    }

    void fromServer(int bytes) {
        bytesFromServer += bytes;
    }

    SortedMap<String, Long> snapshot() {
        SortedMap<String, Long> counts = new TreeMap<>();
        counts.put("links", links);
        counts.put("connections", connections);
        counts.put("refused", refused);
        counts.put("ended", ended);
        counts.put("late", late);
        counts.put("otherPort", delivery.otherPorts());
        counts.put("bytesToServer", bytesToServer);
        counts.put("bytesFromServer", bytesFromServer);
        return counts;
    }
}
