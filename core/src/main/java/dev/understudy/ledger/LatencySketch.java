package dev.understudy.ledger;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Times of one group: four buckets to each doubling, so a percentile is at most 25 % above the
 * truth, in half a kilobyte. A histogram of full depth for each of thousands of groups would not
 * fit.
 */
final class LatencySketch {
    private static final int STEPS = 4;

    /** Times from 2^27 microseconds (134 s) on fall into the last bucket. */
    private static final int MAX_OCTAVE = 26;

    private static final int BUCKETS = STEPS * MAX_OCTAVE;

    private final AtomicIntegerArray counts = new AtomicIntegerArray(BUCKETS);

    void recordMicros(long micros) {
        counts.incrementAndGet(bucketOf(Math.max(0, micros)));
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
        int step = (int) (micros >> (octave - 2)) & (STEPS - 1);
        return STEPS * (octave - 1) + step;
    }

    private static long upperEdge(int bucket) {
        if (bucket < STEPS) {
            return bucket;
        }
        int octave = bucket / STEPS + 1;
        long step = bucket % STEPS;
        return ((STEPS + step + 1) << (octave - 2)) - 1;
    }
}
