package dev.understudy.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The first sessions left out for each reason. */
final class LeftOutSamples {
    /** Sessions that are named for each reason. */
    static final int MAX_PER_REASON = 3;

    /** Characters of a detail that are kept. */
    static final int MAX_DETAIL = 500;

    private final Map<String, List<Counts.LeftOutSample>> samples = new TreeMap<>();

    /** Keeps the sample if there is room: sessions are left out seldom enough for a lock. */
    synchronized void offer(String reason, SessionLabel session, String detail) {
        String name = ReasonCounts.bounded(reason);
        if (samples.size() >= ReasonCounts.MAX_REASONS && !samples.containsKey(name)) {
            return;
        }
        List<Counts.LeftOutSample> kept = samples.computeIfAbsent(name, _ -> new ArrayList<>());
        if (kept.size() < MAX_PER_REASON) {
            kept.add(new Counts.LeftOutSample(name, session, cut(detail)));
        }
    }

    /** All samples, by reason. */
    synchronized List<Counts.LeftOutSample> snapshot() {
        return samples.values().stream().flatMap(List::stream).toList();
    }

    private static String cut(String detail) {
        return detail.length() <= MAX_DETAIL ? detail : detail.substring(0, MAX_DETAIL - 1) + "…";
    }
}
