package dev.understudy.session;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Values that sessions of one target and copy give to one another, as a cas value or a cookie that
 * the target made. Bounded: past its limits the value used longest ago is forgotten, and no further
 * session may wait.
 */
final class PublishedValues {
    /** Keys remembered. */
    static final int MAX_KEYS = 65_536;

    /** Bytes of all values remembered. */
    static final long MAX_BYTES = 32L << 20;

    /** Sessions that wait, each counted for each key. */
    static final int MAX_WAITING = 65_536;

    private final Map<String, byte[]> values = new LinkedHashMap<>(64, 0.75f, true);
    private final Map<String, List<CopySession>> awaited = new HashMap<>();
    private long bytes;
    private int waiting;

    /** Remembers a value, and tells it to those that wait for it. */
    void publish(String key, ByteBuf value) {
        byte[] copy = new byte[value.readableBytes()];
        value.getBytes(value.readerIndex(), copy);
        byte[] before = values.put(key, copy);
        bytes += copy.length - (before == null ? 0 : before.length);
        forgetOldest();
        List<CopySession> told = awaited.remove(key);
        if (told != null) {
            waiting -= told.size();
            told.forEach(session -> session.known(key, copy));
        }
    }

    private void forgetOldest() {
        Iterator<byte[]> oldest = values.values().iterator();
        while (values.size() > MAX_KEYS || bytes > MAX_BYTES) {
            bytes -= oldest.next().length;
            oldest.remove();
        }
    }

    Optional<byte[]> find(String key) {
        return Optional.ofNullable(values.get(key));
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
}
