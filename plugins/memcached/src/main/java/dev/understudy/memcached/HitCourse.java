package dev.understudy.memcached;

import dev.understudy.protocol.Side;
import dev.understudy.protocol.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How the hit rates of both servers went in the course of a run: in slices of one width, by the
 * time at which production was asked. Where the run outgrows them, each two become one. Shared by
 * the sessions of a copy, from several threads.
 */
final class HitCourse {
    /** Slices that are kept; between half of them and all are in use. */
    static final int MAX_SLICES = 60;

    private final Hits[] slices = new Hits[MAX_SLICES];
    private long widthSeconds = 1;
    private long beginNanos = -1;

    HitCourse() {
        for (int i = 0; i < MAX_SLICES; i++) {
            slices[i] = new Hits();
        }
    }

    /** One side has answered a read; what came before the first one counts with it. */
    synchronized void answered(Side side, long askedNanos, int keys, int hits) {
        if (beginNanos < 0) {
            beginNanos = askedNanos;
        }
        long second = TimeUnit.NANOSECONDS.toSeconds(Math.max(0, askedNanos - beginNanos));
        while (second / widthSeconds >= MAX_SLICES) {
            widen();
        }
        slices[(int) (second / widthSeconds)].add(side, keys, hits);
    }

    private void widen() {
        for (int i = 0; i < MAX_SLICES; i++) {
            Hits merged = new Hits();
            if (2 * i < MAX_SLICES) {
                merged.add(slices[2 * i]);
                merged.add(slices[2 * i + 1]);
            }
            slices[i] = merged;
        }
        widthSeconds *= 2;
    }

    /** The course for the report; none where all of it falls into one slice. */
    synchronized List<Table> tables() {
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < MAX_SLICES; i++) {
            Hits slice = slices[i];
            if (slice.asked() > 0) {
                rows.add(
                        List.of(
                                i * widthSeconds + " s",
                                String.valueOf(slice.asked()),
                                slice.rate(Side.ONLINE),
                                slice.rate(Side.TARGET)));
            }
        }
        return rows.size() < 2
                ? List.of()
                : List.of(
                        new Table(
                                "hit rate over time, in slices of %d s".formatted(widthSeconds),
                                List.of("from", "keys asked", "online", "target"),
                                rows));
    }
}
