package dev.understudy.http;

import dev.understudy.http.message.ResponseHead;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.session.InOrder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The connection to the target, made anew where the target closes it while production goes on. What
 * was sent and not read by a target that closes in order is sent once more, where it is safe to.
 */
final class TargetLane {
    /** Connections of one session that may fail in a row. */
    static final int MAX_FAILURES = 3;

    /** A request is sent at most so often. */
    private static final int MAX_TIMES = 2;

    /** Bytes of a request that is kept to be sent again. */
    static final int MAX_AGAIN_BYTES = 16 * 1024;

    private enum State {
        NONE,
        CONNECTING,
        UP
    }

    private final InOrder<OpenRequest> requests;
    private State state = State.NONE;
    private int generation;
    private int failures;
    private boolean used;
    private boolean lastAnswer;
    private Optional<byte[]> prefix = Optional.empty();

    TargetLane(InOrder<OpenRequest> requests) {
        this.requests = requests;
    }

    /** Bytes that come first on each connection. */
    void prefix(byte[] bytes) {
        prefix = Optional.of(bytes);
    }

    /** Whether the connection was made. */
    boolean isUp() {
        return state == State.UP;
    }

    boolean isOpen() {
        return state != State.NONE;
    }

    /** Tells connections apart: a body begun on one does not go on, on another. */
    int generation() {
        return generation;
    }

    boolean failsAlways() {
        return failures >= MAX_FAILURES;
    }

    /** Begins a request; its bytes are all of it, or its head. */
    void begin(OpenRequest request, byte[] bytes, List<SessionAction> out) {
        if (isOpen() && lastAnswer) {
            close(out);
        }
        requests.add(Side.TARGET, request);
        send(request, bytes, out);
    }

    private void send(OpenRequest request, byte[] bytes, List<SessionAction> out) {
        if (!isOpen()) {
            out.add(SessionAction.Connect.toTarget());
            if (generation > 0) {
                out.add(new SessionAction.Injected("reconnect"));
            }
            state = State.CONNECTING;
            generation++;
            used = false;
            lastAnswer = false;
            prefix.ifPresent(
                    first -> out.add(SessionAction.Send.plumbing(Unpooled.copiedBuffer(first))));
        }
        request.sentOnceMore();
        out.add(SessionAction.Send.request(request.ordinal(), Unpooled.wrappedBuffer(bytes)));
    }

    /** Asks once more what production asked once; not sent again should the connection end. */
    void probe(OpenRequest probe, byte[] bytes, List<SessionAction> out) {
        requests.add(Side.TARGET, probe);
        out.add(SessionAction.Send.plumbing(Unpooled.wrappedBuffer(bytes)));
        out.add(new SessionAction.Injected("probe"));
    }

    /** Sends more of a request that was begun on this connection. */
    void more(OpenRequest request, ByteBuf bytes, List<SessionAction> out) {
        out.add(SessionAction.Send.request(request.ordinal(), bytes));
    }

    void up() {
        state = State.UP;
        failures = 0;
    }

    /** The target has answered a request in full. */
    void answered(ResponseHead head) {
        used = true;
        lastAnswer |= !head.persists() && head.status() != 101;
    }

    /** Whether the target has said that it reads no further request on this connection. */
    boolean readsNoMore() {
        return lastAnswer;
    }

    /** We close. What is open is the caller's to end. */
    void close(List<SessionAction> out) {
        if (isOpen()) {
            out.add(new SessionAction.Close(SessionAction.MAIN_LANE));
            state = State.NONE;
        }
    }

    /**
     * The connection has ended, by either side, and what is open on it was not answered.
     *
     * @param unread whether the target may be thought not to have read what it did not answer: it
     *     closed in order behind an answer
     * @return the requests that were not sent again
     */
    List<OpenRequest> ended(boolean unread, List<SessionAction> out) {
        if (state == State.CONNECTING) {
            failures++;
        }
        state = State.NONE;
        List<OpenRequest> left = new ArrayList<>();
        while (requests.next(Side.TARGET).isPresent()) {
            left.add(requests.take(Side.TARGET));
        }
        left.removeIf(OpenRequest::isProbe);
        boolean again =
                unread && used && !left.isEmpty() && left.stream().allMatch(TargetLane::mayGoAgain);
        if (!again) {
            return left;
        }
        for (OpenRequest request : left) {
            requests.add(Side.TARGET, request);
            send(request, request.again().orElseThrow(), out);
            out.add(new SessionAction.Injected("sent-again"));
        }
        return List.of();
    }

    private static boolean mayGoAgain(OpenRequest request) {
        return request.again().isPresent() && request.times() < MAX_TIMES && !request.over();
    }
}
