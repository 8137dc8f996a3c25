package dev.understudy.memcached;

import dev.understudy.protocol.Side;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/** Keys that were asked for, and how many of them each server had. From several threads. */
final class Hits {
    private final LongAdder onlineAsked = new LongAdder();
    private final LongAdder onlineHits = new LongAdder();
    private final LongAdder targetAsked = new LongAdder();
    private final LongAdder targetHits = new LongAdder();

    void add(Side side, long keys, long hits) {
        switch (side) {
            case ONLINE -> {
                onlineAsked.add(keys);
                onlineHits.add(hits);
            }
            case TARGET -> {
                targetAsked.add(keys);
                targetHits.add(hits);
            }
        }
    }

    void add(Hits others) {
        add(Side.ONLINE, others.onlineAsked.sum(), others.onlineHits.sum());
        add(Side.TARGET, others.targetAsked.sum(), others.targetHits.sum());
    }

    /** Keys that production was asked for. */
    long asked() {
        return onlineAsked.sum();
    }

    /** The share that this side had, of what it has answered. */
    String rate(Side side) {
        return switch (side) {
            case ONLINE -> percent(onlineHits.sum(), onlineAsked.sum());
            case TARGET -> percent(targetHits.sum(), targetAsked.sum());
        };
    }

    private static String percent(long part, long whole) {
        return whole == 0 ? "-" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / whole);
    }
}
