package dev.understudy.session;

import dev.understudy.delivery.Clock;
import dev.understudy.protocol.SessionEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values that sessions of one target and copy give to one another, as a cas value or a cookie that
 * the target made. Bounded: past {@link #MAX_KEYS} the value used longest ago is forgotten.
 */
final class PublishedValues {
    /** Keys remembered. */
    static final int MAX_KEYS = 65_536;

    private final Copier copier;
    private final Map<String, byte[]> values = new LinkedHashMap<>(64, 0.75f, true);
    private final Map<String, List<CopySession>> awaited = new HashMap<>();

    PublishedValues(Copier copier) {
        this.copier = copier;
    }

    void publish(String key, ByteBuf value) {
        byte[] bytes = new byte[value.readableBytes()];
        value.getBytes(value.readerIndex(), bytes);
        values.put(key, bytes);
        if (values.size() > MAX_KEYS) {
            values.remove(values.keySet().iterator().next());
        }
        List<CopySession> waiting = awaited.remove(key);
        if (waiting != null) {
            for (CopySession session : waiting) {
                session.happened(new SessionEvent.Known(key, Unpooled.wrappedBuffer(bytes)));
            }
        }
    }

    void await(String key, CopySession session, long maxNanos) {
        byte[] known = values.get(key);
        if (known != null) {
            session.happened(new SessionEvent.Known(key, Unpooled.wrappedBuffer(known)));
            return;
        }
        awaited.computeIfAbsent(key, _ -> new ArrayList<>(1)).add(session);
        copier.later(maxNanos, () -> expire(key, session));
    }

    private void expire(String key, CopySession session) {
        List<CopySession> waiting = awaited.get(key);
        if (waiting != null && waiting.remove(session)) {
            if (waiting.isEmpty()) {
                awaited.remove(key);
            }
            session.happened(new SessionEvent.Expired(key, Clock.epochNanos()));
        }
    }
}
