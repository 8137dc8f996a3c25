package dev.understudy.intercept;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** What the copier's end counted, of all event loops; read by any thread. */
final class LinkCounts {
    private final LongAdder made = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private final LongAdder connections = new LongAdder();
    private final LongAdder ended = new LongAdder();
    private final LongAdder bytesSent = new LongAdder();
    private final LongAdder bytesReceived = new LongAdder();

    void made() {
        made.increment();
    }

    void lost() {
        lost.increment();
    }

    void connection() {
        connections.increment();
    }

    void ended() {
        ended.increment();
    }

    void sent(int bytes) {
        bytesSent.add(bytes);
    }

    void received(int bytes) {
        bytesReceived.add(bytes);
    }

    SortedMap<String, Long> snapshot() {
        SortedMap<String, Long> counts = new TreeMap<>();
        counts.put("links", made.sum());
        counts.put("linksLost", lost.sum());
        counts.put("connections", connections.sum());
        counts.put("ended", ended.sum());
        counts.put("bytesSent", bytesSent.sum());
        counts.put("bytesReceived", bytesReceived.sum());
        return counts;
    }
}
