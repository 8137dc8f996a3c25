package dev.understudy.session;

import dev.understudy.flow.FlowEnd;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.StreamEnd;

/** What the capture says of one connection, in captured order, waiting to be due. */
sealed interface CapturedItem {
    Direction direction();

    /** When it was captured, nanoseconds since the epoch. */
    long timeNanos();

    /** Bytes that lie in the direction's {@link UnreadBytes}, not shown yet. */
    record Bytes(Direction direction, int length, long timeNanos) implements CapturedItem {}

    record Gap(Direction direction, long offset, long length, long timeNanos)
            implements CapturedItem {}

    /** The client has read more of an answer that the capture lacks. */
    record Heard(long timeNanos) implements CapturedItem {
        @Override
        public Direction direction() {
            return Direction.FROM_SERVER;
        }
    }

    record End(Direction direction, StreamEnd how, long timeNanos) implements CapturedItem {}

    /** How a stream ended, in the words that protocols are told. */
    static StreamEnd streamEnd(FlowEnd how) {
        return switch (how) {
            case FIN -> StreamEnd.FIN;
            case RST -> StreamEnd.RESET;
            case IDLE -> StreamEnd.IDLE;
            case REPLACED -> StreamEnd.REPLACED;
            case CAPTURE_ENDED -> StreamEnd.CAPTURE_ENDED;
        };
    }
}
