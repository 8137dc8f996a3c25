package dev.understudy.ledger;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Times of one group: eight buckets to each doubling, so a percentile is at most 12.5 % above the
 * truth, in 800 bytes. A histogram of full depth for each of thousands of groups would not fit.
 */
final class LatencySketch {
    private static final int STEP_BITS = 3;
    private static final int STEPS = 1 << STEP_BITS;

    /** Times from 2^27 microseconds (134 s) on fall into the last bucket. */
    private static final int MAX_OCTAVE = 26;

    private static final int BUCKETS = STEPS * (MAX_OCTAVE - STEP_BITS + 2);

    private final AtomicIntegerArray counts = new AtomicIntegerArray(BUCKETS);

    private final LongAdder total = new LongAdder();

    void recordMicros(long micros) {
        counts.incrementAndGet(bucketOf(Math.max(0, micros)));
        total.add(Math.max(0, micros));
    }

    /** What it holds, at about this moment. */
    Group.Latency snapshot() {
        return new Group.Latency(
                percentileMicros(50), percentileMicros(95), percentileMicros(99), total.sum());
    }

    /**
     * The upper edge of the bucket in which the percentile falls, in microseconds; 0 while nothing
     * was recorded.
     *
     * @param percent 0..100
     */
    long percentileMicros(int percent) {
        long total = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            total += counts.get(bucket);
        }
        if (total == 0) {
            return 0;
        }
        long rank = Math.max(1, Math.ceilDiv(total * percent, 100));
        int bucket = -1;
        for (long seen = 0; seen < rank && bucket < BUCKETS - 1; ) {
            bucket++;
            seen += counts.get(bucket);
        }
        return upperEdge(bucket);
    }

    private static int bucketOf(long micros) {
        if (micros < STEPS) {
            return (int) micros;
        }
        int octave = Long.SIZE - 1 - Long.numberOfLeadingZeros(micros);
        if (octave > MAX_OCTAVE) {
            return BUCKETS - 1;
        }
        int step = (int) (micros >> (octave - STEP_BITS)) & (STEPS - 1);
        return STEPS * (octave - STEP_BITS + 1) + step;
    }

    private static long upperEdge(int bucket) {
        if (bucket < STEPS) {
            return bucket;
        }
        int octave = bucket / STEPS + STEP_BITS - 1;
        long step = bucket % STEPS;
        return ((STEPS + step + 1) << (octave - STEP_BITS)) - 1;
    }
}
