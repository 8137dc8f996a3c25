package dev.understudy.session;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Values that sessions of one target and copy give to one another, as a cas value or a cookie that
 * the target made. A key that some session has announced is told from one never heard of: only the
 * former is worth waiting for. Bounded: past its limits the value used longest ago is forgotten, no
 * further key is announced, and no further session may wait.
 */
final class PublishedValues {
    /** Keys remembered. */
    static final int MAX_KEYS = 65_536;

    /** Bytes of all values remembered. */
    static final long MAX_BYTES = 32L << 20;

    /** Keys announced, each counted for each session that did. */
    static final int MAX_ANNOUNCED = 65_536;

    /** Sessions that wait, each counted for each key. */
    static final int MAX_WAITING = 65_536;

    /**
     * A value with whom it goes.
     *
     * @param until the session at whose end it is forgotten; empty where it stays
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Value(byte[] bytes, Optional<CopySession> until) {}

    private final Map<String, Value> values = new LinkedHashMap<>(64, 0.75f, true);

    /** The keys of the values that go with a session; no more than there are values. */
    private final Map<CopySession, Set<String>> lentBy = new HashMap<>();

    private final Map<String, Set<CopySession>> announced = new HashMap<>();
    private final Map<CopySession, Set<String>> announcedBy = new HashMap<>();
    private final Map<String, List<CopySession>> awaited = new HashMap<>();
    private long bytes;
    private int announcements;
    private int waiting;

    /** A session will publish or withdraw the key. */
    void announce(String key, CopySession session) {
        if (announcements < MAX_ANNOUNCED
                && announced.computeIfAbsent(key, _ -> new HashSet<>(2)).add(session)) {
            announcedBy.computeIfAbsent(session, _ -> new HashSet<>(2)).add(key);
            announcements++;
        }
    }

    /**
     * A session will not publish the key, and whoever waited for it alone is told so; or it takes
     * back what it has published until its end.
     */
    void withdraw(String key, CopySession session) {
        Value value = values.get(key);
        if (value != null && value.until().filter(session::equals).isPresent()) {
            forget(key, values.remove(key));
        }
        withdrawAnnouncement(key, session);
    }

    private void withdrawAnnouncement(String key, CopySession session) {
        Set<String> keys = announcedBy.get(session);
        if (keys == null || !keys.remove(key)) {
            return;
        }
        if (keys.isEmpty()) {
            announcedBy.remove(session);
        }
        removeAnnouncement(key, session);
    }

    /** A session has ended: what it has not published is withdrawn, and what goes with it. */
    void withdrawAll(CopySession session) {
        Set.copyOf(lentBy.getOrDefault(session, Set.of()))
                .forEach(key -> forget(key, values.remove(key)));
        Set<String> keys = announcedBy.remove(session);
        if (keys != null) {
            keys.forEach(key -> removeAnnouncement(key, session));
        }
    }

    private void removeAnnouncement(String key, CopySession session) {
        announcements--;
        Set<CopySession> others = announced.get(key);
        others.remove(session);
        if (others.isEmpty()) {
            announced.remove(key);
            takeWaiting(key).forEach(waiter -> waiter.unknown(key));
        }
    }

    /**
     * Remembers a value, and tells it to those that wait for it.
     *
     * @param untilEnd whether it is forgotten when the session ends
     */
    void publish(String key, ByteBuf value, boolean untilEnd, CopySession session) {
        byte[] copy = new byte[value.readableBytes()];
        value.getBytes(value.readerIndex(), copy);
        Value before = values.remove(key);
        if (before != null) {
            forget(key, before);
        }
        values.put(key, new Value(copy, untilEnd ? Optional.of(session) : Optional.empty()));
        bytes += copy.length;
        if (untilEnd) {
            lentBy.computeIfAbsent(session, _ -> new HashSet<>(2)).add(key);
        }
        forgetOldest();
        takeWaiting(key).forEach(waiter -> waiter.known(key, copy));
        withdrawAnnouncement(key, session);
    }

    private void forgetOldest() {
        Iterator<Map.Entry<String, Value>> oldest = values.entrySet().iterator();
        while (values.size() > MAX_KEYS || bytes > MAX_BYTES) {
            Map.Entry<String, Value> gone = oldest.next();
            oldest.remove();
            forget(gone.getKey(), gone.getValue());
        }
    }

    /** What else is known of a value that is no longer remembered. */
    private void forget(String key, Value gone) {
        bytes -= gone.bytes().length;
        gone.until()
                .ifPresent(
                        session -> {
                            Set<String> keys = lentBy.get(session);
                            keys.remove(key);
                            if (keys.isEmpty()) {
                                lentBy.remove(session);
                            }
                        });
    }

    private List<CopySession> takeWaiting(String key) {
        List<CopySession> told = awaited.remove(key);
        if (told == null) {
            return List.of();
        }
        waiting -= told.size();
        return told;
    }

    Optional<byte[]> find(String key) {
        return Optional.ofNullable(values.get(key)).map(Value::bytes);
    }

    /** Whether some session has said that it will publish the key. */
    boolean isAnnounced(String key) {
        return announced.containsKey(key);
    }

    /** Whether the session will be told; not if too many wait already. */
    boolean await(String key, CopySession session) {
        List<CopySession> sessions = awaited.computeIfAbsent(key, _ -> new ArrayList<>(1));
        if (sessions.contains(session)) {
            return true;
        }
        if (waiting >= MAX_WAITING) {
            if (sessions.isEmpty()) {
                awaited.remove(key);
            }
            return false;
        }
        waiting++;
        return sessions.add(session);
    }

    /** The session waits no longer. */
    void forget(String key, CopySession session) {
        List<CopySession> sessions = awaited.get(key);
        if (sessions != null && sessions.remove(session)) {
            waiting--;
            if (sessions.isEmpty()) {
                awaited.remove(key);
            }
        }
    }

    /** Sessions that wait, each counted for each key. */
    int waiting() {
        return waiting;
    }

    /** Keys announced, each counted for each session that did. */
    int announcements() {
        return announcements;
    }
}
