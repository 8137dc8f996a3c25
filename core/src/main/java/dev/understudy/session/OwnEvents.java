package dev.understudy.session;

import dev.understudy.delivery.Clock;
import dev.understudy.protocol.SessionEvent;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Events that core makes for a session, waiting to be shown: of values that sessions give one
 * another, of connections and timers.
 */
final class OwnEvents {
    private final Copier copier;
    private final CopySession session;
    private final SessionTimers timers;
    private final ArrayDeque<SessionEvent> waiting = new ArrayDeque<>(2);

    OwnEvents(Copier copier, CopySession session, SessionTimers timers) {
        this.copier = copier;
        this.session = session;
        this.timers = timers;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    void add(SessionEvent event) {
        waiting.add(event);
    }

    /** The next to be shown; only while there is one. */
    SessionEvent take() {
        return waiting.remove();
    }

    /** The session asks for a value that another has announced. */
    void await(String key, long maxNanos) {
        Optional<byte[]> known = copier.published().find(key);
        if (known.isPresent()) {
            add(new SessionEvent.Known(key, Unpooled.wrappedBuffer(known.get())));
        } else if (!copier.published().isAnnounced(key)) {
            add(new SessionEvent.Unknown(key));
        } else if (copier.published().await(key, session)) {
            timers.start(
                    new SessionTimers.Purpose.Await(key),
                    maxNanos,
                    () -> {
                        copier.published().forget(key, session);
                        session.happened(new SessionEvent.Expired(key, Clock.epochNanos()));
                    });
        } else {
            add(new SessionEvent.Expired(key, Clock.epochNanos()));
        }
    }

    /** A value that was awaited; shown later, since another session is being shown now. */
    void known(String key, byte[] value) {
        settled(key, new SessionEvent.Known(key, Unpooled.wrappedBuffer(value)));
    }

    /** Nobody will give the value that was awaited. */
    void unknown(String key) {
        settled(key, new SessionEvent.Unknown(key));
    }

    private void settled(String key, SessionEvent event) {
        timers.cancel(new SessionTimers.Purpose.Await(key));
        add(event);
        copier.loop().execute(session::drive);
    }

    /** The session is over: nothing is awaited any longer, and nothing shown. */
    void clear() {
        for (String key : timers.cancelAll()) {
            copier.published().forget(key, session);
        }
        copier.published().withdrawAll(session);
        waiting.clear();
    }
}
