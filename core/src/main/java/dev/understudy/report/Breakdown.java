package dev.understudy.report;

import dev.understudy.ledger.Group;
import dev.understudy.protocol.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a reader sees of groups and labels side by side: where time is lost, and whose it is. */
final class Breakdown {
    private static final List<String> SLOWER =
            List.of("requests", "p50", "p95", "p99", "lost", "operation", "group");

    private static final List<String> BY_LABEL =
            List.of("requests", "same", "different", "not compared", "other", "p95 ms", "");

    private Breakdown() {}

    /** The groups that cost the target more time, the costliest first; then requests by label. */
    static List<Table> of(Report report) {
        List<Table> tables = new ArrayList<>();
        List<Group> slower =
                report.groups().stream()
                        .filter(group -> group.lostMicros() > 0)
                        .sorted(Comparator.comparingLong(Group::lostMicros).reversed())
                        .toList();
        if (!slower.isEmpty()) {
            tables.add(
                    new Table(
                            "%,d of %,d groups took longer on the target, most time lost first (ms online/target)"
                                    .formatted(slower.size(), report.groups().size()),
                            SLOWER,
                            slower.stream().map(Breakdown::slower).toList()));
        }
        report.byLabel().stream()
                .collect(Collectors.groupingBy(Group::operation, TreeMap::new, Collectors.toList()))
                .forEach(
                        (label, groups) ->
                                tables.add(
                                        new Table(
                                                "requests by " + label,
                                                BY_LABEL,
                                                groups.stream().map(Breakdown::label).toList())));
        return tables;
    }

    private static List<String> slower(Group group) {
        Group.Latency online = group.onlineLatency();
        Group.Latency target = group.targetLatency();
        return List.of(
                number(group.count()),
                pair(online.p50Micros(), target.p50Micros()),
                pair(online.p95Micros(), target.p95Micros()),
                pair(online.p99Micros(), target.p99Micros()),
                TextReport.millis(group.lostMicros()),
                group.operation(),
                group.fingerprint());
    }

    private static List<String> label(Group group) {
        long notCompared = group.notCompared().values().stream().mapToLong(Long::longValue).sum();
        long compared = group.same() + group.differentSum() + notCompared;
        return List.of(
                number(group.count()),
                number(group.same()),
                number(group.differentSum()),
                number(notCompared),
                number(group.count() - compared),
                pair(group.onlineLatency().p95Micros(), group.targetLatency().p95Micros()),
                group.fingerprint());
    }

    /** Both sides' times in milliseconds, and how many times the online one the target's is. */
    private static String pair(long onlineMicros, long targetMicros) {
        String times =
                String.format(Locale.ROOT, "%.3f/%.3f", onlineMicros / 1e3, targetMicros / 1e3);
        return onlineMicros == 0
                ? times
                : times
                        + String.format(
                                Locale.ROOT, " x%.1f", (double) targetMicros / onlineMicros);
    }

    private static String number(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }
}
