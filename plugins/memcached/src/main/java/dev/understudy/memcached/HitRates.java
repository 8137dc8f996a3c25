package dev.understudy.memcached;

import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.CacheReply;
import dev.understudy.memcached.command.KeyPast;
import dev.understudy.memcached.command.KeyTemplate;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Pending;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many of the items that were asked for both servers had, by key prefix. Shared by the sessions
 * of a copy, from several threads.
 */
final class HitRates {
    /** Prefixes that are counted each for itself; further ones are counted together. */
    static final int MAX_PREFIXES = 999;

    private static final String OTHERS = "(others)";

    private final Map<String, Counts> byPrefix = new ConcurrentHashMap<>();

    private static final class Counts {
        private final LongAdder asked = new LongAdder();
        private final LongAdder onlineHits = new LongAdder();
        private final LongAdder targetAsked = new LongAdder();
        private final LongAdder targetHits = new LongAdder();
        private final LongAdder cold = new LongAdder();
    }

    /** One side has answered a request; a multi-get counts under the prefix of its first key. */
    void answered(Side side, Pending request, CacheReply reply) {
        int keys = request.ask().keys().size();
        if (request.ask().kind() != Kind.READ
                || keys == 0
                || !(reply.answer() instanceof Answer.Items items)) {
            return;
        }
        Counts counts = of(KeyTemplate.of(request.ask().keys().getFirst()));
        switch (side) {
            case ONLINE -> {
                counts.asked.add(keys);
                counts.onlineHits.add(items.items().size());
            }
            case TARGET -> {
                counts.targetAsked.add(keys);
                counts.targetHits.add(items.items().size());
                counts.cold.add(
                        request.pasts().values().stream().filter(KeyPast.COLD::equals).count());
            }
        }
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
                                                -each.getValue().asked.sum())
                                .thenComparing(Map.Entry.comparingByKey()))
                .forEach(each -> rows.add(row(each.getKey(), each.getValue())));
        return List.of(
                new Table(
                        "hit rate by key prefix",
                        List.of("prefix", "keys asked", "online", "target", "never stored here"),
                        rows));
    }

    private static List<String> row(String prefix, Counts counts) {
        return List.of(
                prefix,
                String.valueOf(counts.asked.sum()),
                percent(counts.onlineHits.sum(), counts.asked.sum()),
                percent(counts.targetHits.sum(), counts.targetAsked.sum()),
                String.valueOf(counts.cold.sum()));
    }

    private static String percent(long part, long whole) {
        return whole == 0 ? "-" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / whole);
    }
}
