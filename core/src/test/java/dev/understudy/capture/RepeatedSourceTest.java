package dev.understudy.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.wire.LinkLayer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepeatedSourceTest {
    private final List<Once> opened = new ArrayList<>();

    /** Two packets, at 100 and 250. */
    private static final class Once implements PacketSource {
        private final boolean cut;
        private int next;
        private boolean closed;
        private boolean stopped;

        private Once(boolean cut) {
            this.cut = cut;
        }

        @Override
        public State poll(PacketBatch into, Duration wait) {
            if (stopped || next == 2) {
                return State.ENDED;
            }
            into.add(next == 0 ? 100 : 250, LinkLayer.ETHERNET, 1, new byte[1], 0, 1);
            next++;
            return next == 2 ? State.ENDED : State.OPEN;
        }

        @Override
        public CaptureCounts counts() {
            return new CaptureCounts(next, 1, 0, 0, cut ? 77 : CaptureCounts.NOT_CUT);
        }

        @Override
        public String describe() {
            return "two packets";
        }

        @Override
        public void stop() {
            stopped = true;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private RepeatedSource source(int passes, boolean cut) throws IOException {
        return RepeatedSource.open(
                () -> {
                    opened.add(new Once(cut));
                    return opened.getLast();
                },
                passes);
    }

    /** Times, with 0 where a pass ends and another begins. */
    private static List<Long> read(RepeatedSource source) throws IOException {
        List<Long> times = new ArrayList<>();
        PacketBatch batch = new PacketBatch();
        PacketSource.State state = PacketSource.State.OPEN;
        while (state != PacketSource.State.ENDED) {
            batch.clear();
            state = source.poll(batch, Duration.ZERO);
            for (int i = 0; i < batch.count(); i++) {
                times.add(batch.timeNanos(i));
            }
            if (state == PacketSource.State.AGAIN) {
                times.add(0L);
            }
        }
        return times;
    }

    @Test
    void eachPassComesBehindTheOneBefore() throws Exception {
        RepeatedSource source = source(3, false);
        long step = 150 + RepeatedSource.BETWEEN_NANOS;
        assertEquals(
                List.of(100L, 250L, 0L, 100 + step, 250 + step, 0L, 100 + 2 * step, 250 + 2 * step),
                read(source));
        assertEquals(new CaptureCounts(6, 3, 0, 0, CaptureCounts.NOT_CUT), source.counts());
        source.close();
        assertTrue(opened.stream().allMatch(one -> one.closed));
        assertEquals(3, opened.size());
    }

    @Test
    void aRecordingThatIsCutIsReadOnceAndSaysSo() throws Exception {
        RepeatedSource source = source(3, true);
        assertEquals(List.of(100L, 250L), read(source));
        assertTrue(source.counts().cutShort());
    }

    @Test
    void oneThatIsStoppedIsNotBegunAnew() throws Exception {
        RepeatedSource source = source(3, false);
        source.poll(new PacketBatch(), Duration.ZERO);
        source.stop();
        assertEquals(List.of(), read(source));
        assertEquals(1, opened.size());
    }
}
