package dev.understudy.ledger;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts by reason. Reasons come from plugins, which might make them up from captured bytes; so
 * their number and length are bounded, and what is past that counts as {@value #OTHER}.
 */
final class ReasonCounts {
    /** Distinct reasons, {@value #OTHER} included. */
    static final int MAX_REASONS = 256;

    /** Characters of a reason; longer ones are cut. */
    static final int MAX_REASON_LENGTH = 100;

    /** Stands for every reason past the limit. */
    static final String OTHER = "other";

    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

    void add(String reason, long n) {
        LongAdder known = counts.get(reason);
        (known == null ? begin(reason) : known).add(n);
    }

    void increment(String reason) {
        add(reason, 1);
    }

    /** Synchronized so that two loops with a new reason each cannot both take the last place. */
    private synchronized LongAdder begin(String reason) {
        String name = bounded(reason);
        boolean fits = counts.containsKey(name) || counts.size() < MAX_REASONS - 1;
        return counts.computeIfAbsent(fits ? name : OTHER, _ -> new LongAdder());
    }

    /** The reason as it is counted: never blank, never longer than the limit. */
    static String bounded(String reason) {
        if (reason.isBlank()) {
            return OTHER;
        }
        return reason.length() <= MAX_REASON_LENGTH
                ? reason
                : reason.substring(0, MAX_REASON_LENGTH - 1) + "…";
    }

    long sum() {
        return counts.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** The counts by name, a copy. */
    SortedMap<String, Long> snapshot() {
        SortedMap<String, Long> copy = new TreeMap<>();
        counts.forEach((reason, count) -> copy.put(reason, count.sum()));
        return Collections.unmodifiableSortedMap(copy);
    }
}
