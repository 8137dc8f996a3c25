package com.example.redis;

import dev.understudy.protocol.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Holds answers against one another.
 *
 * @param showValues whether a difference shows what clients have stored
 */
record Comparison(boolean showValues) {
    private static final int MAX_SHOWN = 200;
    private static final int MAX_ITEMS = 10;
    private static final Pattern POSITIVE = Pattern.compile("[0-9]{1,18}");
    private static final String ECHO = ", with args beginning with";

    /** What two answers to one request come to. */
    Verdict compare(RedisReply online, RedisReply target) {
        if (online instanceof RedisReply.Said(Value mine, Likeness likeness)
                && target instanceof RedisReply.Said(Value theirs, Likeness _)) {
            return compare(likeness, mine, theirs).orElseGet(Verdict.Same::new);
        }
        return online.equals(target) ? new Verdict.Same() : new Verdict.NotCompared("too-large");
    }

    private Optional<Verdict> compare(Likeness likeness, Value online, Value target) {
        if (online instanceof Value.Failure(String mine)
                && target instanceof Value.Failure(String theirs)) {
            boolean oneCode = code(online).equals(code(target));
            return mine.equals(theirs)
                    ? Optional.empty()
                    : different(oneCode ? "error-text" : "error", online, target);
        }
        if (online instanceof Value.Failure || target instanceof Value.Failure) {
            return different("error", online, target);
        }
        return switch (likeness) {
            case Likeness.Exact() -> exact(online, target);
            case Likeness.AnyOrder() -> exact(sorted(online, 1), sorted(target, 1));
            case Likeness.FieldsInAnyOrder() -> exact(sorted(online, 2), sorted(target, 2));
            case Likeness.Time(long tolerance) -> time(tolerance, online, target);
            case Likeness.Scan(Likeness found) -> scan(found, online, target);
            case Likeness.Greeting() -> exact(protocol(online), protocol(target));
            case Likeness.ServersOwn(String reason) -> Optional.of(new Verdict.NotCompared(reason));
            case Likeness.Transaction(List<Likeness> each) -> transaction(each, online, target);
        };
    }

    private static String code(Value failure) {
        return failure instanceof Value.Failure known ? known.code() : "";
    }

    private Optional<Verdict> exact(Value online, Value target) {
        if (online.equals(target)) {
            return Optional.empty();
        }
        if (online instanceof Value.Nil || target instanceof Value.Nil) {
            return different("missing", online, target);
        }
        if (online.getClass() != target.getClass()) {
            return different("type", online, target);
        }
        if (online instanceof Value.Items(List<Value> mine, boolean _)
                && target instanceof Value.Items(List<Value> theirs, boolean _)) {
            if (mine.size() != theirs.size()) {
                return different("length", online, target);
            }
            for (int i = 0; i < mine.size(); i++) {
                Optional<Verdict> found = exact(mine.get(i), theirs.get(i));
                if (found.isPresent()) {
                    return at(i, found.get());
                }
            }
        }
        return different("value", online, target);
    }

    /** Says which of several values differs. */
    private static Optional<Verdict> at(int place, Verdict verdict) {
        return Optional.of(
                switch (verdict) {
                    case Verdict.Different(String kind, String online, String target) -> {
                        String where = "item %d: ".formatted(place + 1);
                        yield new Verdict.Different(kind, where + online, where + target);
                    }
                    case Verdict.Same same -> same;
                    case Verdict.NotCompared not -> not;
                });
    }

    /** The same values in an order of ours, {@code group} of them kept together. */
    private static Value sorted(Value value, int group) {
        if (!(value instanceof Value.Items(List<Value> values, boolean isMap))
                || values.size() % group != 0) {
            return value;
        }
        List<List<Value>> groups = new ArrayList<>();
        for (int i = 0; i < values.size(); i += group) {
            groups.add(values.subList(i, i + group));
        }
        groups.sort(Comparator.comparing(List::toString));
        return new Value.Items(groups.stream().flatMap(List::stream).toList(), isMap);
    }

    private Optional<Verdict> time(long tolerance, Value online, Value target) {
        if (online instanceof Value.Numeral(String mine)
                && target instanceof Value.Numeral(String theirs)
                && POSITIVE.matcher(mine).matches()
                && POSITIVE.matcher(theirs).matches()
                && Math.abs(Long.parseLong(mine) - Long.parseLong(theirs)) <= tolerance) {
            return Optional.empty();
        }
        return exact(online, target);
    }

    private Optional<Verdict> scan(Likeness found, Value online, Value target) {
        if (isWholeScan(online) && isWholeScan(target)) {
            return compare(found, last(online), last(target));
        }
        return Optional.of(new Verdict.NotCompared("scan-order"));
    }

    private static boolean isWholeScan(Value value) {
        return value instanceof Value.Items(List<Value> values, boolean _)
                && values.size() == 2
                && values.getFirst().equals(new Value.Bytes("0"));
    }

    private static Value last(Value items) {
        return items instanceof Value.Items(List<Value> values, boolean _)
                ? values.getLast()
                : items;
    }

    /** The value of {@code proto} in a greeting; the greeting itself where it has none. */
    private static Value protocol(Value greeting) {
        if (greeting instanceof Value.Items(List<Value> values, boolean _)) {
            int name = values.indexOf(new Value.Bytes("proto"));
            if (name >= 0 && name + 1 < values.size()) {
                return values.get(name + 1);
            }
        }
        return greeting;
    }

    private Optional<Verdict> transaction(List<Likeness> each, Value online, Value target) {
        if (online instanceof Value.Items(List<Value> mine, boolean _)
                && target instanceof Value.Items(List<Value> theirs, boolean _)
                && mine.size() == each.size()
                && theirs.size() == each.size()) {
            Optional<Verdict> notCompared = Optional.empty();
            for (int i = 0; i < each.size(); i++) {
                Optional<Verdict> found = compare(each.get(i), mine.get(i), theirs.get(i));
                if (found.orElse(null) instanceof Verdict.Different difference) {
                    return at(i, difference);
                }
                notCompared = notCompared.or(() -> found);
            }
            return notCompared;
        }
        return exact(online, target);
    }

    private Optional<Verdict> different(String kind, Value online, Value target) {
        if (!showValues
                && online instanceof Value.Bytes(String mine)
                && target instanceof Value.Bytes(String theirs)) {
            int at = 0;
            while (at < Math.min(mine.length(), theirs.length())
                    && mine.charAt(at) == theirs.charAt(at)) {
                at++;
            }
            String where = ", other from byte %d on".formatted(at);
            return Optional.of(
                    new Verdict.Different(
                            kind, shown(online, false) + where, shown(target, false) + where));
        }
        return Optional.of(
                new Verdict.Different(kind, shown(online, showValues), shown(target, showValues)));
    }

    /** A value for a reader. */
    static String shown(Value value, boolean withBytes) {
        return switch (value) {
            case Value.Word(String text) -> Command.printable(text, MAX_SHOWN);
            // Servers repeat what they were asked, which may be anything.
            case Value.Failure(String text) ->
                    "error " + Command.printable(text.split(ECHO, 2)[0], MAX_SHOWN);
            case Value.Numeral(String digits) -> digits;
            case Value.Bytes(String bytes) ->
                    withBytes
                            ? "'" + Command.printable(bytes, MAX_SHOWN) + "'"
                            : bytes.length() + " bytes";
            case Value.Nil() -> "nil";
            case Value.Items(List<Value> values, boolean _) -> {
                List<String> each =
                        values.stream().limit(MAX_ITEMS).map(one -> shown(one, withBytes)).toList();
                yield "%d items: %s%s"
                        .formatted(
                                values.size(), each, values.size() > MAX_ITEMS ? " and more" : "");
            }
        };
    }
}
