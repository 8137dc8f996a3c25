package dev.understudy.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Direction;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Keeps what flows give, and holds it against the rules of {@link FlowReader}. */
final class Streams implements FlowHandler {
    final List<Read> flows = new ArrayList<>();

    @Override
    public FlowReader opened(Flow flow, long timeNanos) {
        Read read = new Read(flow);
        flows.add(read);
        return read;
    }

    /** After {@link FlowTable#finish}: every direction has ended. */
    void assertAllEnded() {
        for (Read read : flows) {
            assertEquals(2, read.ends.size(), read.flow::toString);
        }
    }

    /** Both streams of one flow. */
    static final class Read implements FlowReader {
        final Flow flow;
        final Map<Direction, ByteArrayOutputStream> bytes = new EnumMap<>(Direction.class);
        final Map<Direction, FlowEnd> ends = new EnumMap<>(Direction.class);
        private final Map<Direction, Long> offsets = new EnumMap<>(Direction.class);
        private final Map<Direction, Long> times = new EnumMap<>(Direction.class);
        long gapBytes;

        Read(Flow flow) {
            this.flow = flow;
            for (Direction direction : Direction.values()) {
                bytes.put(direction, new ByteArrayOutputStream());
                offsets.put(direction, 0L);
                times.put(direction, Long.MIN_VALUE);
            }
        }

        byte[] sent(Direction direction) {
            return bytes.get(direction).toByteArray();
        }

        @Override
        public void bytes(
                Direction direction,
                byte[] data,
                int offset,
                int length,
                long streamOffset,
                long timeNanos) {
            follow(direction, length, streamOffset, timeNanos);
            bytes.get(direction).write(data, offset, length);
        }

        @Override
        public void gap(Direction direction, long streamOffset, long length, long timeNanos) {
            follow(direction, length, streamOffset, timeNanos);
            gapBytes += length;
        }

        @Override
        public void end(Direction direction, FlowEnd how, long timeNanos) {
            assertFalse(ends.containsKey(direction), "ended twice");
            assertTrue(timeNanos >= times.get(direction), "time went back");
            ends.put(direction, how);
        }

        private void follow(Direction direction, long length, long streamOffset, long timeNanos) {
            assertFalse(ends.containsKey(direction), "bytes or gap after the end");
            assertTrue(length >= 1, "nothing given");
            assertEquals(offsets.get(direction), streamOffset, "stream offset");
            assertTrue(timeNanos >= times.get(direction), "time went back");
            offsets.put(direction, streamOffset + length);
            times.put(direction, timeNanos);
        }
    }
}
