package dev.understudy.ledger;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.AtomicHistogram;

/** Times in microseconds, up to an hour; recorded by any thread. About 190 KiB each. */
final class TimeHistogram {
    /** Longer times count as this one. */
    static final long MAX_MICROS = TimeUnit.HOURS.toMicros(1);

    private static final int SIGNIFICANT_DIGITS = 3;

    private final AtomicHistogram histogram = new AtomicHistogram(MAX_MICROS, SIGNIFICANT_DIGITS);

    void recordNanos(long nanos) {
        histogram.recordValue(Math.clamp(TimeUnit.NANOSECONDS.toMicros(nanos), 0, MAX_MICROS));
    }

    Counts.Percentiles percentiles() {
        AtomicHistogram copy = histogram.copy();
        return new Counts.Percentiles(
                copy.getTotalCount(),
                copy.getValueAtPercentile(50),
                copy.getValueAtPercentile(95),
                copy.getValueAtPercentile(99),
                copy.getMaxValue());
    }
}
