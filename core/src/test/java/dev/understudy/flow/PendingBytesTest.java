package dev.understudy.flow;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PendingBytesTest {
    /** A map from position to byte says the same, whatever comes and goes. */
    @Test
    void chunksComeOutInOrderAsTheyCameInFirst() {
        Random random = new Random(7);
        PendingBytes pending = new PendingBytes();
        TreeMap<Long, Byte> expected = new TreeMap<>();
        for (int round = 0; round < 20_000; round++) {
            if (random.nextInt(3) > 0) {
                long from = 10_000L + random.nextInt(3000);
                byte[] data = new byte[1 + random.nextInt(20)];
                random.nextBytes(data);
                long to = from + data.length;
                pending.add(from, to, data, 0, data.length, 0, 0, 0);
                for (long at = from; at < to; at++) {
                    expected.putIfAbsent(at, data[(int) (at - from)]);
                }
                assertTrue(pending.covers(from, to));
            }
            // Sometimes all but a few, so that many polled ones lie before the first.
            for (int i = random.nextInt(400) == 0 ? 500 : 0; i > 0 && !pending.isEmpty(); i--) {
                PendingBytes.Chunk first = pending.first();
                assertEquals(first, pending.poll());
                assertEquals(expected.firstKey(), first.from());
                byte[] bytes = new byte[first.data().length];
                for (int at = 0; at < bytes.length; at++) {
                    bytes[at] = expected.remove(first.from() + at);
                }
                assertArrayEquals(bytes, first.data(), () -> Arrays.toString(first.data()));
            }
            assertEquals(expected.isEmpty(), pending.isEmpty());
            if (!expected.isEmpty()) {
                assertEquals(expected.firstKey(), pending.first().from());
                assertEquals(expected.lastKey() + 1, pending.last().to());
            }
        }
        pending.clear();
        assertEquals(0, pending.bytes());
        assertTrue(pending.isEmpty());
    }
}
