package dev.understudy.memcached.couchbase;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The parts of requests that are not answered yet. Of one key the first alone may be on its way, so
 * that the order of its requests holds whatever is sent again.
 */
final class OpenParts {
    /** More have to wait. */
    static final int MAX_PARTS = 4096;

    /** Bytes that are held, to be sent again if need be; more have to wait. */
    static final int MAX_HELD_BYTES = 32 << 20;

    private final Map<ByteBuf, ArrayDeque<Batch.Part>> byKey = new HashMap<>();
    private int parts;
    private long heldBytes;

    boolean isFull() {
        return parts >= MAX_PARTS || heldBytes >= MAX_HELD_BYTES;
    }

    boolean isEmpty() {
        return parts == 0;
    }

    /** Takes one in; says whether it may go, or waits for another one of its key. */
    boolean add(Batch.Part part) {
        parts++;
        heldBytes += part.request().heldBytes();
        ArrayDeque<Batch.Part> sameKey =
                byKey.computeIfAbsent(part.request().key(), _ -> new ArrayDeque<>(1));
        sameKey.add(part);
        return sameKey.size() == 1;
    }

    /** The part that was on its way has ended; gives the one that may go in its place. */
    Optional<Batch.Part> done(Batch.Part part) {
        parts--;
        heldBytes -= part.request().heldBytes();
        ByteBuf key = part.request().key();
        ArrayDeque<Batch.Part> sameKey = byKey.get(key);
        sameKey.remove();
        if (sameKey.isEmpty()) {
            byKey.remove(key);
        }
        return Optional.ofNullable(sameKey.peek());
    }
}
