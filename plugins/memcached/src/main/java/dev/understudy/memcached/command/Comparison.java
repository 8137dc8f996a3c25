package dev.understudy.memcached.command;

import dev.understudy.protocol.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
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
    static final String NOISE = "noise";

    private static final String EVICTED = "evicted";
    private static final String LOST_WRITE = "lost-write";
    private static final String EXTRA = "extra";

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

    /**
     * What two answers to one request come to. What the control, a server like production's, has
     * answered otherwise in the same way is noise: of several items key by key.
     *
     * @param control empty where there is none, or it did not answer
     */
    public Verdict compare(CacheReply online, CacheReply target, Optional<CacheReply> control) {
        Verdict verdict = compare(online, target, Map.of());
        if (!(verdict instanceof Verdict.Different(String kind, String _, String _))) {
            return verdict;
        }
        Optional<CacheReply> third = control.filter(Comparison::isTelling);
        if (third.isPresent()
                && online.answer() instanceof Answer.Items(List<Item> mine)
                && third.get().answer() instanceof Answer.Items(List<Item> its)) {
            Map<String, String> noise = new HashMap<>();
            findings(online.ask(), mine, its, third.get()).stream()
                    .filter(found -> found.verdict() instanceof Verdict.Different)
                    .forEach(found -> noise.putIfAbsent(found.key(), found.kind()));
            return compare(online, target, noise);
        }
        return third.map(reply -> held(online, reply, Map.of()))
                        .filter(
                                other ->
                                        other
                                                        instanceof
                                                        Verdict.Different(
                                                                String its,
                                                                String _,
                                                                String _)
                                                && its.equals(kind))
                        .isPresent()
                ? new Verdict.NotCompared(NOISE)
                : verdict;
    }

    /** Whether nothing is known that may have made the answer another. */
    private static boolean isTelling(CacheReply control) {
        return control.reservation().isEmpty() && control.doubt().isEmpty();
    }

    private Verdict compare(CacheReply online, CacheReply target, Map<String, String> noise) {
        if (target.reservation().isPresent()) {
            return new Verdict.NotCompared(target.reservation().get());
        }
        Verdict verdict = held(online, target, noise);
        return target.doubt().isPresent() && verdict instanceof Verdict.Different
                ? new Verdict.NotCompared(target.doubt().get())
                : verdict;
    }

    /**
     * Compares without what the target is not sure to have.
     *
     * @param noise kinds of differences that tell nothing, by the item's key
     */
    private Verdict held(CacheReply online, CacheReply target, Map<String, String> noise) {
        return switch (online.answer()) {
            case Answer.Items(List<Item> mine)
                    when target.answer() instanceof Answer.Items(List<Item> theirs) ->
                    items(findings(online.ask(), mine, theirs, target), noise);
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

    /**
     * What is to be said of one item.
     *
     * @param verdict a difference of {@code kind}, or not compared for that reason
     */
    private record Finding(String key, String kind, Verdict verdict) {
        private static Finding notCompared(Item item, String reason) {
            return new Finding(item.key(), reason, new Verdict.NotCompared(reason));
        }

        private static Finding different(String kind, Item item, String online, String target) {
            return new Finding(item.key(), kind, new Verdict.Different(kind, online, target));
        }

        /** Of several the first in this order is told. */
        private int rank() {
            return switch (kind) {
                case EVICTED, LOST_WRITE -> 1;
                case EXTRA -> 2;
                case RECACHE -> 3;
                case COLD -> 4;
                default -> 0;
            };
        }
    }

    private static Verdict items(List<Finding> findings, Map<String, String> noise) {
        Optional<Finding> told =
                findings.stream()
                        .filter(found -> !found.kind().equals(noise.get(found.key())))
                        .min(Comparator.comparingInt(Finding::rank));
        return told.map(Finding::verdict)
                .orElse(findings.isEmpty() ? SAME : new Verdict.NotCompared(NOISE));
    }

    private List<Finding> findings(
            Ask ask, List<Item> online, List<Item> target, CacheReply reply) {
        List<Finding> findings = new ArrayList<>(0);
        Map<String, Item> theirs = new HashMap<>();
        target.forEach(item -> theirs.putIfAbsent(item.key(), item));
        for (Item mine : online) {
            Item its = theirs.get(mine.key());
            if (its == null) {
                findings.add(missing(ask, mine, reply.past(mine.key())));
                continue;
            }
            item(ask, mine, its)
                    .map(
                            difference ->
                                    reply.past(mine.key()) == KeyPast.UNSURE
                                            ? Finding.notCompared(mine, COLD)
                                            : mine.contended() || its.contended()
                                                    ? Finding.notCompared(mine, RECACHE)
                                                    : difference)
                    .ifPresent(findings::add);
        }
        // A key that was asked for twice is answered twice.
        online.forEach(item -> theirs.remove(item.key()));
        for (Item extra : theirs.values()) {
            findings.add(
                    reply.past(extra.key()) == KeyPast.UNSURE
                            ? Finding.notCompared(extra, COLD)
                            : extra.contended()
                                    ? Finding.notCompared(extra, RECACHE)
                                    : Finding.different(
                                            EXTRA,
                                            extra,
                                            place(ask, extra) + "miss",
                                            place(ask, extra) + extra.describe()));
        }
        return findings;
    }

    private static Finding missing(Ask ask, Item mine, KeyPast past) {
        return switch (past) {
            case COLD, UNSURE -> Finding.notCompared(mine, COLD);
            case WRITTEN -> miss(ask, EVICTED, mine);
            case LOST -> miss(ask, LOST_WRITE, mine);
        };
    }

    private static Finding miss(Ask ask, String kind, Item mine) {
        return Finding.different(
                kind, mine, place(ask, mine) + mine.describe(), place(ask, mine) + "miss");
    }

    /** Which key is meant, where there are several. */
    private static String place(Ask ask, Item item) {
        return ask.keys().size() < 2 ? "" : item.key() + ": ";
    }

    private Optional<Finding> item(Ask ask, Item online, Item target) {
        String place = place(ask, online);
        if (online.value().isPresent() && target.value().isPresent()) {
            KeptValue mine = online.value().get();
            KeptValue theirs = target.value().get();
            if (!mine.sameAs(theirs) && !mine.sameNumber(theirs)) {
                return Optional.of(
                        Finding.different(
                                "value",
                                online,
                                place + value(mine, theirs),
                                place + value(theirs, mine)));
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

    private static Optional<Finding> differs(String kind, String place, Item online, Item target) {
        return Optional.of(
                Finding.different(
                        kind, online, place + online.describe(), place + target.describe()));
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
