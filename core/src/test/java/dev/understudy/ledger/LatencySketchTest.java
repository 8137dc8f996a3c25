package dev.understudy.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LatencySketchTest {
    @Test
    void percentilesAreAtMostAnEighthAboveTheTruth() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            LatencySketch sketch = new LatencySketch();
            long[] times = new long[1 + random.nextInt(300)];
            for (int i = 0; i < times.length; i++) {
                times[i] = random.nextLong(1L << (1 + random.nextInt(26)));
                sketch.recordMicros(times[i]);
            }
            Arrays.sort(times);
            for (int percent : new int[] {50, 95, 99}) {
                long truth = times[Math.ceilDiv(times.length * percent, 100) - 1];
                long told = sketch.percentileMicros(percent);
                assertTrue(
                        told >= truth && told <= truth + truth / 8,
                        "p%d of %d told as %d".formatted(percent, truth, told));
            }
            assertEquals(Arrays.stream(times).sum(), sketch.snapshot().totalMicros());
        }
    }

    @Test
    void whatIsTooLongCountsAsTheLongest() {
        LatencySketch sketch = new LatencySketch();
        sketch.recordMicros(Long.MAX_VALUE / 2);
        assertEquals((1L << 27) - 1, sketch.percentileMicros(99));
        assertEquals(new Group.Latency(0, 0, 0, 0), new LatencySketch().snapshot());
    }
}
