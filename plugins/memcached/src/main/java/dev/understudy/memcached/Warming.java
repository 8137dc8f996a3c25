package dev.understudy.memcached;

import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Item;
import dev.understudy.memcached.command.KeyTable;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Pending;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * Stores on the target what production has and the target lacks, as reads show it. It adds, so that
 * a newer write wins, and leaves alone what was changed since the read was sent: a delete must not
 * be undone.
 */
final class Warming {
    /** Reads whose other answer is awaited. */
    private static final int MAX_OPEN = 1024;

    /** Items that wait until a large value has passed. */
    private static final int MAX_WAITING = 64;

    /** Longer spans are taken for a date. */
    private static final long MAX_SPAN_SECONDS = TimeUnit.DAYS.toSeconds(30);

    private final MemcachedSettings settings;
    private final KeyTable keys;
    private final Dialect dialect;
    private final Map<Long, Answer.Items> first = new LinkedHashMap<>();
    private final ArrayDeque<Dialect.Own> waiting = new ArrayDeque<>();

    Warming(Shared shared, Dialect dialect) {
        this.settings = shared.settings();
        this.keys = shared.keys();
        this.dialect = dialect;
    }

    /** One side has answered a request. */
    void answered(Side side, Pending request, Answer answer, long timeNanos) {
        if (!settings.warm() || request.ask().kind() != Kind.READ) {
            return;
        }
        Answer.Items items =
                answer instanceof Answer.Items read ? read : new Answer.Items(List.of());
        Answer.Items other = first.remove(request.ordinal());
        if (other == null) {
            if (first.size() < MAX_OPEN) {
                first.put(request.ordinal(), kept(side, items));
            }
            return;
        }
        Answer.Items online = side == Side.ONLINE ? items : other;
        Answer.Items target = side == Side.ONLINE ? other : items;
        if (online.items().isEmpty() || changedSince(request)) {
            return;
        }
        Set<String> there = new HashSet<>();
        target.items().forEach(item -> there.add(item.key()));
        for (Item item : online.items()) {
            if (there.add(item.key()) && storable(item) && waiting.size() < MAX_WAITING) {
                keys.stored(item.key());
                waiting.add(dialect.add(item, ttl(item, timeNanos)));
            }
        }
    }

    /** Without the values that will not be stored. */
    private Answer.Items kept(Side side, Answer.Items items) {
        return new Answer.Items(
                items.items().stream()
                        .map(item -> side == Side.ONLINE && storable(item) ? item : without(item))
                        .toList());
    }

    private static Item without(Item item) {
        return new Item(
                item.key(),
                item.flags(),
                item.length(),
                Optional.empty(),
                item.ttl(),
                item.cas(),
                item.contended());
    }

    private boolean changedSince(Pending request) {
        int changes = 0;
        for (String key : request.ask().keys()) {
            changes += keys.changes(key);
        }
        return changes != request.changes();
    }

    private boolean storable(Item item) {
        return !item.contended()
                && item.flags().isPresent()
                && item.value().isPresent()
                && item.value().get().whole()
                && item.value().get().length() <= settings.warmMaxBytes()
                && item.key().chars().allMatch(c -> c > ' ' && c != 0x7F);
    }

    private long ttl(Item item, long timeNanos) {
        if (item.ttl().isEmpty()) {
            return settings.warmTtlSeconds();
        }
        long seconds = item.ttl().getAsLong();
        if (seconds < 0) {
            return 0;
        }
        return seconds <= MAX_SPAN_SECONDS
                ? Math.max(1, seconds)
                : TimeUnit.NANOSECONDS.toSeconds(timeNanos) + seconds;
    }

    /** Sends what waits; not to be called in the middle of a request. */
    void flush(BiConsumer<Dialect.Own, List<SessionAction>> sender, List<SessionAction> out) {
        for (Optional<Dialect.Own> next = Optional.ofNullable(waiting.poll());
                next.isPresent();
                next = Optional.ofNullable(waiting.poll())) {
            sender.accept(next.get(), out);
        }
    }
}
