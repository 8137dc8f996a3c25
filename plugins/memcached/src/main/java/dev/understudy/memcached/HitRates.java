package dev.understudy.memcached;

import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.CacheReply;
import dev.understudy.memcached.command.Item;
import dev.understudy.memcached.command.KeyPast;
import dev.understudy.memcached.command.KeyTemplate;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Pending;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many of the items that were asked for both servers had, by key prefix and over time. Shared
 * by the sessions of a copy, from several threads.
 */
final class HitRates {
    /** Prefixes that are counted each for itself; further ones are counted together. */
    static final int MAX_PREFIXES = 999;

    private static final String OTHERS = "(others)";

    private final Map<String, Counts> byPrefix = new ConcurrentHashMap<>();

    private final HitCourse course = new HitCourse();

    private static final class Counts {
        private final Hits hits = new Hits();
        private final LongAdder cold = new LongAdder();
    }

    /** One side has answered a request; each key counts under its own prefix. */
    void answered(Side side, Pending request, CacheReply reply) {
        List<String> keys = request.ask().keys();
        if (request.ask().kind() != Kind.READ
                || keys.isEmpty()
                || !(reply.answer() instanceof Answer.Items items)) {
            return;
        }
        for (String key : keys) {
            Counts counts = of(KeyTemplate.of(key));
            counts.hits.add(side, 1, 0);
            if (side == Side.TARGET && request.pasts().get(key) == KeyPast.COLD) {
                counts.cold.increment();
            }
        }
        for (Item item : items.items()) {
            of(KeyTemplate.of(item.key())).hits.add(side, 0, 1);
        }
        course.answered(side, request.timeNanos(), keys.size(), items.items().size());
    }

    private Counts of(String prefix) {
        Counts known = byPrefix.get(prefix);
        if (known != null) {
            return known;
        }
        String counted = byPrefix.size() < MAX_PREFIXES ? prefix : OTHERS;
        return byPrefix.computeIfAbsent(counted, _ -> new Counts());
    }

    /** The figures for the report, the most asked for first; none if nothing was read. */
    List<Table> tables() {
        if (byPrefix.isEmpty()) {
            return List.of();
        }
        List<List<String>> rows = new ArrayList<>();
        byPrefix.entrySet().stream()
                .sorted(
                        Comparator.comparingLong(
                                        (Map.Entry<String, Counts> each) ->
                                                -each.getValue().hits.asked())
                                .thenComparing(Map.Entry.comparingByKey()))
                .forEach(each -> rows.add(row(each.getKey(), each.getValue())));
        List<Table> tables = new ArrayList<>(2);
        tables.add(
                new Table(
                        "hit rate by key prefix",
                        List.of("prefix", "keys asked", "online", "target", "never stored here"),
                        rows));
        tables.addAll(course.tables());
        return tables;
    }

    private static List<String> row(String prefix, Counts counts) {
        return List.of(
                prefix,
                String.valueOf(counts.hits.asked()),
                counts.hits.rate(Side.ONLINE),
                counts.hits.rate(Side.TARGET),
                String.valueOf(counts.cold.sum()));
    }
}
