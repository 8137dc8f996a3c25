package dev.understudy.session;

import dev.understudy.flow.FlowEnd;
import dev.understudy.flow.FlowReader;
import dev.understudy.protocol.Direction;
import java.util.List;

/** Hands one captured connection on to each of its copies. */
final class FanOut implements FlowReader {
    private final List<? extends FlowReader> readers;

    private FanOut(List<? extends FlowReader> readers) {
        this.readers = readers;
    }

    /** A reader for all of these; {@link FlowReader#DISCARD} where there is none. */
    static FlowReader to(List<? extends FlowReader> readers) {
        return switch (readers.size()) {
            case 0 -> FlowReader.DISCARD;
            case 1 -> readers.getFirst();
            default -> new FanOut(List.copyOf(readers));
        };
    }

    @Override
    public void bytes(
            Direction direction,
            byte[] data,
            int offset,
            int length,
            long streamOffset,
            long timeNanos) {
        for (FlowReader reader : readers) {
            reader.bytes(direction, data, offset, length, streamOffset, timeNanos);
        }
    }

    @Override
    public void gap(Direction direction, long streamOffset, long length, long timeNanos) {
        for (FlowReader reader : readers) {
            reader.gap(direction, streamOffset, length, timeNanos);
        }
    }

    @Override
    public void heard(long timeNanos) {
        for (FlowReader reader : readers) {
            reader.heard(timeNanos);
        }
    }

    @Override
    public void end(Direction direction, FlowEnd how, long timeNanos) {
        for (FlowReader reader : readers) {
            reader.end(direction, how, timeNanos);
        }
    }
}
