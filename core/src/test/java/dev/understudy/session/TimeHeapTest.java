package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimeHeapTest {
    private static final int ENTRIES = 200;

    @Test
    void anEmptyHeapHasNoLeast() {
        assertThrows(IllegalStateException.class, new TimeHeap()::least);
    }

    /** The heap against a map that is searched, over some thousand random steps. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theLeastIsTheLeastWhateverCameBefore(long seed) {
        Random random = new Random(seed);
        TimeHeap heap = new TimeHeap();
        TimeHeap.Entry[] entries = new TimeHeap.Entry[ENTRIES];
        Map<TimeHeap.Entry, Long> inside = new HashMap<>();
        for (int i = 0; i < ENTRIES; i++) {
            entries[i] = new TimeHeap.Entry(null);
        }
        for (int step = 0; step < 5_000; step++) {
            TimeHeap.Entry entry = entries[random.nextInt(ENTRIES)];
            if (random.nextInt(3) == 0) {
                heap.remove(entry);
                inside.remove(entry);
            } else {
                long time = random.nextLong(50);
                heap.put(entry, time);
                inside.put(entry, time);
            }
            assertEquals(inside.containsKey(entry), entry.inside());
            assertEquals(inside.size(), heap.size());
            if (!inside.isEmpty()) {
                long least = inside.values().stream().mapToLong(Long::longValue).min().orElse(-1);
                assertEquals(least, heap.least().time(), "step " + step);
                assertTrue(inside.containsKey(heap.least()));
            }
        }
        long before = Long.MIN_VALUE;
        while (!heap.isEmpty()) {
            TimeHeap.Entry least = heap.least();
            assertTrue(before <= least.time());
            before = least.time();
            heap.remove(least);
            assertFalse(least.inside());
        }
    }
}
