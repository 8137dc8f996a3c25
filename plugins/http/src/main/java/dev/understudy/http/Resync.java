package dev.understudy.http;

import dev.understudy.http.message.Framing;
import dev.understudy.http.message.HeadReader;
import dev.understudy.http.message.MessageLimits;
import dev.understudy.http.message.RequestHead;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Finds the first whole request of a connection that was open before the capture began.
 *
 * <p>A border is proven by three things together: the server has spoken since the client's last
 * byte, and not an interim answer, so the client has said all it had to; what the client says next
 * is a whole, plain request head; and what the server says next is an answer. The request waits
 * unread for that third one. All before it is passed over.
 */
final class Resync {
    private static final String ANSWER = "HTTP/1.";
    private static final int STATUS_AT = 9;

    /** A request with a longer body is passed over: it would have to wait unread. */
    private static final long MAX_BODY_BYTES = 1 << 20;

    private enum State {
        /** The client may be within a message. */
        UNKNOWN,
        /** The server has spoken last: the client's next byte may begin a request. */
        QUIET,
        /** The client's unread bytes begin a head. */
        BEGUN,
        /** The client's unread bytes are a request, should an answer follow. */
        CANDIDATE,
        /** The client's unread bytes turned out to be none. */
        REFUTED,
        /** The border is proven. */
        PROVEN
    }

    private final HeadReader heads;
    private State state = State.UNKNOWN;
    private boolean serverGoesOn;

    Resync(MessageLimits limits) {
        this.heads = new HeadReader(limits);
    }

    /** Whether the next unread byte of either direction begins a message. */
    boolean isProven() {
        return state == State.PROVEN;
    }

    /** The capture lacks bytes: all has to begin anew. */
    void gap() {
        state = State.UNKNOWN;
        serverGoesOn = true;
        heads.reset();
    }

    void read(Direction direction, ByteBuf in) {
        switch (direction) {
            case FROM_CLIENT -> client(in);
            case FROM_SERVER -> server(in);
        }
    }

    private void client(ByteBuf in) {
        switch (state) {
            case UNKNOWN, REFUTED -> pass(in);
            case QUIET, BEGUN -> {
                switch (heads.read(in)) {
                    case Decoded.Incomplete<String> _ -> state = State.BEGUN;
                    case Decoded.Malformed<String> _ -> pass(in);
                    case Decoded.Complete<String>(String text, int _) -> {
                        if (isCandidate(text)) {
                            state = State.CANDIDATE;
                        } else {
                            pass(in);
                        }
                    }
                }
            }
            case CANDIDATE, PROVEN -> {}
        }
    }

    private void pass(ByteBuf in) {
        in.skipBytes(in.readableBytes());
        heads.reset();
        state = State.UNKNOWN;
        serverGoesOn = false;
    }

    private static boolean isCandidate(String text) {
        return RequestHead.parse(text) instanceof Decoded.Complete<RequestHead>(var head, int _)
                && Framing.of(head) instanceof Framing.Said.Plainly(Framing framing)
                && switch (framing) {
                    case Framing.None() -> true;
                    case Framing.Length(long bytes) -> bytes <= MAX_BODY_BYTES;
                    case Framing.Chunked(), Framing.UntilClose() -> false;
                };
    }

    private void server(ByteBuf in) {
        int look = Math.min(in.readableBytes(), STATUS_AT + 1);
        String begin = in.toString(in.readerIndex(), look, StandardCharsets.ISO_8859_1);
        switch (state) {
            case CANDIDATE -> {
                if (look <= STATUS_AT && ANSWER.startsWith(begin.substring(0, Math.min(look, 7)))) {
                    return;
                }
                state = begin.startsWith(ANSWER) ? State.PROVEN : State.REFUTED;
                if (state == State.REFUTED) {
                    in.skipBytes(in.readableBytes());
                }
            }
            case UNKNOWN, QUIET -> {
                boolean interim =
                        !serverGoesOn
                                && begin.startsWith(ANSWER)
                                && look > STATUS_AT
                                && begin.charAt(STATUS_AT) == '1';
                serverGoesOn = !interim;
                in.skipBytes(in.readableBytes());
                state = interim ? State.UNKNOWN : State.QUIET;
            }
            case BEGUN, REFUTED -> {
                in.skipBytes(in.readableBytes());
                heads.reset();
                state = State.REFUTED;
            }
            case PROVEN -> {}
        }
    }
}
