package dev.understudy.memcached.command;

import dev.understudy.protocol.Verdict;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Holds two answers to one request against one another: values, flags and whether an item is there;
 * of errors their class; never a cas value, a version or a text of the server's own.
 */
public final class Comparison {
    static final String COLD = "cold";
    static final String RECACHE = "recache";

    private static final Verdict SAME = new Verdict.Same();
    private static final int SHOWN_BYTES = 60;
    private static final int SHOWN_BEFORE = 16;
    private static final long TTL_SECONDS = 1;

    /** What a request says that wanted to change an item which is not there. */
    private static final Set<String> NOT_THERE = Set.of("NOT_FOUND", "NOT_STORED");

    /** What an add is told where there is an item. */
    private static final Set<String> THERE = Set.of("NOT_STORED", "EXISTS");

    private final boolean showValues;

    /**
     * Compares answers.
     *
     * @param showValues whether a difference shows some bytes of the two values around it
     */
    public Comparison(boolean showValues) {
        this.showValues = showValues;
    }

    /** What two answers to one request come to. */
    public Verdict compare(CacheReply online, CacheReply target) {
        if (target.reservation().isPresent()) {
            return new Verdict.NotCompared(target.reservation().get());
        }
        Verdict verdict = held(online, target);
        return target.doubt().isPresent() && verdict instanceof Verdict.Different
                ? new Verdict.NotCompared(target.doubt().get())
                : verdict;
    }

    private Verdict held(CacheReply online, CacheReply target) {
        return switch (online.answer()) {
            case Answer.Items(List<Item> mine)
                    when target.answer() instanceof Answer.Items(List<Item> theirs) ->
                    items(online.ask(), mine, theirs, target);
            case Answer.Failed mine when target.answer() instanceof Answer.Failed theirs ->
                    mine.type().equals(theirs.type()) ? SAME : different("error", online, target);
            case Answer.Failed _ -> different("error", online, target);
            case Answer.Said _ when target.answer() instanceof Answer.Said -> SAME;
            case Answer.Silent _ when target.answer() instanceof Answer.Silent -> SAME;
            case Answer.Status mine when target.answer() instanceof Answer.Status theirs ->
                    sameWord(online.ask(), mine.word(), theirs.word())
                            ? SAME
                            : status(online, target);
            case Answer.Counted mine when target.answer() instanceof Answer.Counted theirs ->
                    sameNumber(mine, theirs) ? SAME : coldOr("number", online, target);
            case Answer.Counted _ -> status(online, target);
            case Answer.Status _ -> status(online, target);
            case Answer.Items _, Answer.Said _, Answer.Silent _ ->
                    different(isError(target) ? "error" : "status", online, target);
        };
    }

    /** An add is refused in words of its dialect, and of the form that it was given. */
    private static boolean sameWord(Ask ask, String mine, String theirs) {
        return mine.equals(theirs)
                || (ask.kind() == Kind.ADD && THERE.contains(mine) && THERE.contains(theirs));
    }

    private static boolean isError(CacheReply reply) {
        return reply.answer() instanceof Answer.Failed;
    }

    private static boolean sameNumber(Answer.Counted mine, Answer.Counted theirs) {
        // A quiet form tells none.
        return mine.digits().isEmpty()
                || theirs.digits().isEmpty()
                || mine.digits().equals(theirs.digits());
    }

    private static Verdict status(CacheReply online, CacheReply target) {
        if (isError(target)) {
            return different("error", online, target);
        }
        boolean missing =
                online.ask().kind() != Kind.SET
                        && target.answer() instanceof Answer.Status(String word, String _, long _)
                        && NOT_THERE.contains(word);
        boolean added =
                online.ask().kind() == Kind.ADD
                        && target.answer() instanceof Answer.Status(String word, String _, long _)
                        && word.equals("STORED");
        boolean unsure =
                online.ask().keys().stream().anyMatch(key -> target.past(key) == KeyPast.UNSURE);
        return missing || added || unsure
                ? coldOr("status", online, target)
                : different("status", online, target);
    }

    /** Of a key that nobody has stored since the copy began the target cannot know as much. */
    private static Verdict coldOr(String kind, CacheReply online, CacheReply target) {
        return online.ask().keys().stream()
                        .map(target::past)
                        .anyMatch(past -> past == KeyPast.COLD || past == KeyPast.UNSURE)
                ? new Verdict.NotCompared(COLD)
                : different(kind, online, target);
    }

    private static Verdict different(String kind, CacheReply online, CacheReply target) {
        return new Verdict.Different(kind, online.describe(), target.describe());
    }

    // Items.

    private Verdict items(Ask ask, List<Item> online, List<Item> target, CacheReply reply) {
        Map<String, Item> theirs = new HashMap<>();
        target.forEach(item -> theirs.putIfAbsent(item.key(), item));
        Optional<Verdict> missing = Optional.empty();
        boolean cold = false;
        boolean recache = false;
        for (Item mine : online) {
            Item its = theirs.remove(mine.key());
            if (its != null) {
                Optional<Verdict> difference = item(ask, mine, its);
                if (difference.isPresent() && reply.past(mine.key()) == KeyPast.UNSURE) {
                    cold = true;
                } else if (difference.isPresent() && (mine.contended() || its.contended())) {
                    recache = true;
                } else if (difference.isPresent()) {
                    return difference.get();
                }
                // A key that was asked for twice is answered twice.
                theirs.put(mine.key(), its);
                continue;
            }
            switch (reply.past(mine.key())) {
                case COLD, UNSURE -> cold = true;
                case WRITTEN -> missing = missing.or(() -> Optional.of(miss(ask, "evicted", mine)));
                case LOST -> missing = missing.or(() -> Optional.of(miss(ask, "lost-write", mine)));
            }
        }
        online.forEach(item -> theirs.remove(item.key()));
        cold |= theirs.keySet().removeIf(key -> reply.past(key) == KeyPast.UNSURE);
        if (missing.isPresent()) {
            return missing.get();
        }
        if (!theirs.isEmpty()) {
            Item extra = theirs.values().iterator().next();
            return extra.contended()
                    ? new Verdict.NotCompared(RECACHE)
                    : new Verdict.Different(
                            "extra",
                            place(ask, extra) + "miss",
                            place(ask, extra) + extra.describe());
        }
        if (recache) {
            return new Verdict.NotCompared(RECACHE);
        }
        return cold ? new Verdict.NotCompared(COLD) : SAME;
    }

    private static Verdict miss(Ask ask, String kind, Item mine) {
        return new Verdict.Different(
                kind, place(ask, mine) + mine.describe(), place(ask, mine) + "miss");
    }

    /** Which key is meant, where there are several. */
    private static String place(Ask ask, Item item) {
        return ask.keys().size() < 2 ? "" : item.key() + ": ";
    }

    private Optional<Verdict> item(Ask ask, Item online, Item target) {
        String place = place(ask, online);
        if (online.value().isPresent() && target.value().isPresent()) {
            KeptValue mine = online.value().get();
            KeptValue theirs = target.value().get();
            if (!mine.sameAs(theirs) && !mine.sameNumber(theirs)) {
                return Optional.of(
                        new Verdict.Different(
                                "value", place + value(mine, theirs), place + value(theirs, mine)));
            }
        } else if (online.value().isPresent() != target.value().isPresent()
                || differ(online.length(), target.length())) {
            return differs("value", place, online, target);
        }
        if (differ(online.flags(), target.flags())) {
            return differs("flags", place, online, target);
        }
        boolean ttlDiffers =
                online.ttl().isPresent()
                        && target.ttl().isPresent()
                        && Math.abs(online.ttl().getAsLong() - target.ttl().getAsLong())
                                > TTL_SECONDS;
        return ttlDiffers ? differs("ttl", place, online, target) : Optional.empty();
    }

    private static Optional<Verdict> differs(String kind, String place, Item online, Item target) {
        return Optional.of(
                new Verdict.Different(kind, place + online.describe(), place + target.describe()));
    }

    private static boolean differ(OptionalLong mine, OptionalLong theirs) {
        return mine.isPresent() && theirs.isPresent() && mine.getAsLong() != theirs.getAsLong();
    }

    private String value(KeptValue mine, KeptValue other) {
        String told = "%d bytes, differing %s".formatted(mine.length(), mine.place(other));
        int first = mine.firstDifference(other);
        if (!showValues || first < 0) {
            return told;
        }
        int from = Math.max(0, first - SHOWN_BEFORE);
        return "%s: from byte %d '%s'".formatted(told, from, mine.shown(from, SHOWN_BYTES));
    }
}
