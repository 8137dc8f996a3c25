package dev.understudy.session;

import dev.understudy.ledger.SessionLabel;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Brings the answers of a control to the comparisons of the other targets of its online server,
 * joined by session and ordinal. Whichever comes first waits for the other, for {@link #MAX_WAIT}
 * and within {@link #MAX_BYTES}; past that the answers are compared without the control's, and
 * counted. Lives on one event loop; no clock: the time is an argument, of one that does not go
 * back.
 */
final class ControlReplies {
    /** How long an answer waits for the control's, or the control's for it. */
    static final Duration MAX_WAIT = Duration.ofSeconds(5);

    /** Bytes of all answers that wait. */
    static final long MAX_BYTES = 16L << 20;

    /** What an answer takes beside its bytes. */
    static final int OVERHEAD_BYTES = 256;

    /** An exchange that could be compared. */
    private record Waiting(
            Copier copier, SessionLabel label, Exchange exchange, Dispatch dispatch, long bytes) {}

    /** One request, of which an answer waits. */
    private static final class Entry {
        private final long session;
        private final long ordinal;
        private final long sinceNanos;
        private final List<Waiting> waiting = new ArrayList<>(1);
        private Optional<Reply> reply = Optional.empty();
        private long bytes;
        private int taken;
        private boolean done;

        private Entry(long session, long ordinal, long sinceNanos) {
            this.session = session;
            this.ordinal = ordinal;
            this.sinceNanos = sinceNanos;
        }
    }

    private final int takers;

    private final Map<Long, Map<Long, Entry>> bySession = new HashMap<>();

    /** Sessions in which the control is still being asked. */
    private final Set<Long> open = new HashSet<>();

    private final ArrayDeque<Entry> byAge = new ArrayDeque<>();
    private long bytes;

    /**
     * Nothing waits.
     *
     * @param takers how many copiers compare with each answer of the control
     */
    ControlReplies(int takers) {
        this.takers = takers;
    }

    /** The control is being asked what this session asks. */
    void opened(long session) {
        open.add(session);
    }

    /** The control has answered all it will of this session. */
    void ended(long session) {
        open.remove(session);
        Map<Long, Entry> entries = bySession.get(session);
        if (entries != null) {
            for (Entry entry : List.copyOf(entries.values())) {
                if (entry.reply.isEmpty()) {
                    giveUp(entry, "no-answer");
                }
            }
        }
    }

    /** The control has answered a request. */
    void answered(long session, long ordinal, Reply reply, long weight, long nowNanos) {
        Entry entry = entry(session, ordinal, nowNanos);
        entry.reply = Optional.of(reply);
        grow(entry, weight);
        List<Waiting> waiting = List.copyOf(entry.waiting);
        waiting.forEach(one -> take(entry, one));
        shrink();
    }

    /** A target has answered too: compares at once, or when the control has answered. */
    void compare(
            Copier copier,
            SessionLabel label,
            Exchange exchange,
            Dispatch dispatch,
            long weight,
            long nowNanos) {
        Waiting waiting = new Waiting(copier, label, exchange, dispatch, weight);
        long ordinal = exchange.request().ordinal();
        Entry known = bySession.getOrDefault(label.id(), Map.of()).get(ordinal);
        if (known != null && known.reply.isPresent()) {
            take(known, waiting);
        } else if (open.contains(label.id())) {
            Entry entry = entry(label.id(), ordinal, nowNanos);
            entry.waiting.add(waiting);
            grow(entry, weight);
            shrink();
        } else {
            without(waiting, "no-answer");
        }
    }

    /** Gives up what has waited too long. */
    void expire(long nowNanos) {
        for (Entry oldest = byAge.peek();
                oldest != null
                        && (oldest.done || nowNanos - oldest.sinceNanos >= MAX_WAIT.toNanos());
                oldest = byAge.peek()) {
            byAge.remove();
            giveUp(oldest, "late");
        }
    }

    /** The run is over: nothing waits any longer. */
    void settle() {
        List.copyOf(byAge).forEach(entry -> giveUp(entry, "no-answer"));
        byAge.clear();
    }

    /** Bytes of all answers that wait. */
    long bytes() {
        return bytes;
    }

    private Entry entry(long session, long ordinal, long nowNanos) {
        Map<Long, Entry> entries = bySession.computeIfAbsent(session, _ -> new HashMap<>(2));
        Entry known = entries.get(ordinal);
        if (known != null) {
            return known;
        }
        Entry entry = new Entry(session, ordinal, nowNanos);
        entries.put(ordinal, entry);
        byAge.add(entry);
        return entry;
    }

    private void take(Entry entry, Waiting waiting) {
        Optional<Reply> reply = entry.reply;
        entry.waiting.remove(waiting);
        entry.taken++;
        if (entry.taken >= takers) {
            remove(entry);
        }
        waiting.copier().ledger().withControl();
        waiting.copier().compare(waiting.label(), waiting.exchange(), waiting.dispatch(), reply);
    }

    private void giveUp(Entry entry, String reason) {
        if (!entry.done) {
            remove(entry);
            entry.waiting.forEach(waiting -> without(waiting, reason));
        }
    }

    private static void without(Waiting waiting, String reason) {
        waiting.copier().ledger().withoutControl(reason);
        waiting.copier()
                .compare(waiting.label(), waiting.exchange(), waiting.dispatch(), Optional.empty());
    }

    /** It may stand in line by age for a while yet: without what it held. */
    private void remove(Entry entry) {
        entry.done = true;
        entry.reply = Optional.empty();
        bytes -= entry.bytes;
        Map<Long, Entry> entries = bySession.get(entry.session);
        entries.remove(entry.ordinal);
        if (entries.isEmpty()) {
            bySession.remove(entry.session);
        }
    }

    private void grow(Entry entry, long weight) {
        entry.bytes += weight + OVERHEAD_BYTES;
        bytes += weight + OVERHEAD_BYTES;
    }

    /** What has waited longest makes room. */
    private void shrink() {
        while (bytes > MAX_BYTES && !byAge.isEmpty()) {
            giveUp(byAge.remove(), "memory");
        }
    }
}
