package dev.understudy.session;

import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a session sends, in order: a request that locks waits here for the commits before it, and
 * all that comes behind waits for that.
 */
final class Outbox {
    private final Lanes lanes;
    private final SessionRequests requests;
    private final Turn turn;
    private final ArrayDeque<SessionAction> waiting = new ArrayDeque<>(2);
    private int bytes;

    Outbox(Lanes lanes, SessionRequests requests, Turn turn) {
        this.lanes = lanes;
        this.requests = requests;
        this.turn = turn;
    }

    /** Bytes that wait. */
    int bytes() {
        return bytes;
    }

    /** Sends, half-closes or turns a lane to TLS. */
    void add(SessionAction action) {
        if (waiting.isEmpty() && may(action)) {
            perform(action);
        } else {
            waiting.add(action);
            bytes += size(action);
        }
    }

    /** Sends what may be sent now. */
    void release() {
        while (!waiting.isEmpty() && may(waiting.element())) {
            SessionAction next = waiting.remove();
            bytes -= size(next);
            perform(next);
        }
    }

    private boolean may(SessionAction action) {
        if (!(action instanceof SessionAction.Send(int _, ByteBuf _, long ordinal))) {
            return true;
        }
        OptionalLong locked = requests.lockedAt(ordinal);
        if (locked.isEmpty()) {
            return true;
        }
        boolean may = turn.mayLock(locked.getAsLong());
        if (may && turn.suspectLock(locked.getAsLong())) {
            requests.suspect(ordinal);
        }
        return may;
    }

    private static int size(SessionAction action) {
        return action instanceof SessionAction.Send(int _, ByteBuf data, long _)
                ? data.readableBytes()
                : 0;
    }

    private void perform(SessionAction action) {
        switch (action) {
            case SessionAction.Send(int lane, ByteBuf data, long ordinal) ->
                    send(lane, data, ordinal);
            case SessionAction.StartTls(int lane) -> lanes.find(lane).ifPresent(Lane::startTls);
            case SessionAction.HalfClose(int lane) -> lanes.find(lane).ifPresent(Lane::halfClose);
            default -> throw new IllegalStateException(action + " is not sent");
        }
    }

    private void send(int number, ByteBuf data, long ordinal) {
        Optional<Lane> lane = lanes.find(number);
        if (lane.isEmpty()) {
            // The target has ended, and the session may not know yet: this request is not sent.
            data.release();
            return;
        }
        lane.get().send(data);
        if (ordinal != SessionAction.NO_ORDINAL) {
            requests.sent(ordinal, lane.get(), lanes.received());
        }
    }

    /** Nothing more is sent. */
    void clear() {
        for (SessionAction action : waiting) {
            if (action instanceof SessionAction.Send(int _, ByteBuf data, long _)) {
                data.release();
            }
        }
        waiting.clear();
        bytes = 0;
    }
}
