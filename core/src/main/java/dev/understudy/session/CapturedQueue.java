package dev.understudy.session;

import dev.understudy.protocol.Direction;
import java.util.ArrayDeque;

/** What was captured of one connection and is not due yet, in captured order. */
final class CapturedQueue {
    private final ArrayDeque<CapturedItem> items = new ArrayDeque<>(4);

    /** Of those, the server's: the first of them is asked for with each step. */
    private final ArrayDeque<CapturedItem> ofServer = new ArrayDeque<>(2);

    private final UnreadBytes fromClient = new UnreadBytes();
    private final UnreadBytes fromServer = new UnreadBytes();
    private long lastNanos = Long.MIN_VALUE;

    /**
     * When something captured at this time is due. The two directions of a flow may be told out of
     * order; the order that they are told in is the one they are copied in, so time does not go
     * back here: nothing must wait for what stands behind it.
     */
    long dueNanos(long timeNanos) {
        return Math.max(timeNanos, lastNanos);
    }

    /**
     * The client has read more of an answer before it sent what comes next: the answer was there
     * just before that.
     */
    void heard(long timeNanos) {
        add(new CapturedItem.Heard(dueNanos(timeNanos - 1)));
        lastNanos++;
    }

    void add(CapturedItem item) {
        lastNanos = Math.max(lastNanos, item.timeNanos());
        items.add(item);
        if (item.direction() == Direction.FROM_SERVER) {
            ofServer.add(item);
        }
    }

    /** Adds what is due before all that waits. */
    void addFirst(CapturedItem item) {
        items.addFirst(item);
        if (item.direction() == Direction.FROM_SERVER) {
            ofServer.addFirst(item);
        }
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    int size() {
        return items.size();
    }

    /** What is next; only of a queue that is not empty. */
    CapturedItem first() {
        return items.element();
    }

    void removeFirst() {
        if (items.remove().direction() == Direction.FROM_SERVER) {
            ofServer.remove();
        }
    }

    /** When the server's next item was captured, {@link CausalOrder#NEVER} if there is none. */
    long nextOfServerNanos() {
        CapturedItem next = ofServer.peek();
        return next == null ? CausalOrder.NEVER : next.timeNanos();
    }

    /** When its first item was captured, {@link CausalOrder#NEVER} if there is none. */
    long firstNanos() {
        CapturedItem first = items.peek();
        return first == null ? CausalOrder.NEVER : first.timeNanos();
    }

    UnreadBytes stream(Direction direction) {
        return switch (direction) {
            case FROM_CLIENT -> fromClient;
            case FROM_SERVER -> fromServer;
        };
    }

    /** Bytes that came and were not read, of both directions, due or not. */
    int bytes() {
        return fromClient.size() + fromServer.size();
    }

    Iterable<CapturedItem> items() {
        return items;
    }

    void clear() {
        items.clear();
        ofServer.clear();
        fromClient.clear();
        fromServer.clear();
    }
}
