package dev.understudy.mysql.command;

import dev.understudy.mysql.command.Answer.Result;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Holds two answers to one command against each other. Kinds of difference: {@code error-appeared},
 * {@code error-gone}, {@code error-changed}, {@code contention} (a lock wait or a dead lock on one
 * side), {@code shape}, {@code columns}, {@code rows}, {@code affected-rows}, {@code order}, {@code
 * content}, {@code type} (the same values in columns of another type), {@code warnings}; of several
 * the first is told.
 *
 * <p>Not compared: texts of errors and of OK packets, ids of rows inserted, names and types of
 * columns, transaction and session state: servers differ in them by flavour and history.
 */
public final class Replies {
    private static final Verdict SAME = new Verdict.Same();

    /** What MariaDB answers for each row of a bulk execute. */
    private static final List<String> UNIT_RESULTS = List.of("Id", "Affected_rows");

    private static final int LOCK_WAIT_TIMEOUT = 1205;
    private static final int DEADLOCK = 1213;

    private Replies() {}

    /**
     * What the comparison comes to; a pure function of the replies. What the control, a server like
     * production's, answers otherwise than production did is noise.
     *
     * @param floatTolerance by how much of their value floating point numbers may differ, 0..1
     */
    public static Verdict compare(
            Exchange exchange, Optional<Reply> control, double floatTolerance) {
        if (!(exchange.online() instanceof Answer online)
                || !(exchange.target() instanceof Answer target)) {
            throw new IllegalArgumentException("not replies of this protocol: " + exchange);
        }
        Verdict verdict = compare(online, target);
        if (!(verdict instanceof Verdict.Different different)) {
            return verdict;
        }
        Optional<Answer> third = control.filter(Answer.class::isInstance).map(Answer.class::cast);
        Optional<Verdict> byCells =
                different.kind().equals("content")
                        ? cells(online, target, third, floatTolerance)
                        : Optional.empty();
        return byCells.orElseGet(
                () ->
                        third.filter(answer -> kind(online, answer).equals(different.kind()))
                                .<Verdict>map(_ -> new Verdict.NotCompared("noise"))
                                .orElse(different));
    }

    private static String kind(Answer online, Answer other) {
        return compare(online, other) instanceof Verdict.Different different
                ? different.kind()
                : "";
    }

    /** Rows that were kept whole, value by value; empty where those that differ were not. */
    private static Optional<Verdict> cells(
            Answer online, Answer target, Optional<Answer> control, double floatTolerance) {
        List<Result> mine = resultsOf(online);
        List<Result> theirs = resultsOf(target);
        List<Result> noise = control.map(Replies::resultsOf).orElse(List.of());
        if (mine.size() != theirs.size() || (control.isPresent() && noise.size() != mine.size())) {
            return Optional.empty();
        }
        for (int i = 0; i < mine.size(); i++) {
            String place = mine.size() > 1 ? "result " + (i + 1) + ": " : "";
            Optional<Verdict> verdict =
                    mine.get(i) instanceof Result.Rows rows
                                    && theirs.get(i) instanceof Result.Rows others
                            ? cells(
                                    place,
                                    rows,
                                    others,
                                    control.isPresent()
                                            ? Optional.of(noise.get(i))
                                            : Optional.empty(),
                                    floatTolerance)
                            : Optional.of(result(place, mine.get(i), theirs.get(i), false));
            if (verdict.isEmpty() || !verdict.get().equals(SAME)) {
                return verdict;
            }
        }
        return Optional.of(SAME);
    }

    private static Optional<Verdict> cells(
            String place,
            Result.Rows online,
            Result.Rows target,
            Optional<Result> control,
            double floatTolerance) {
        Optional<RowSet> noise =
                control.flatMap(
                        third ->
                                third instanceof Result.Rows(RowSet rows, int _)
                                        ? Optional.of(rows)
                                        : Optional.empty());
        if (noise.isEmpty() != control.isEmpty()) {
            return Optional.empty();
        }
        return online.rows()
                .unlike(target.rows(), noise, floatTolerance)
                .map(
                        unlike ->
                                unlike.map(
                                                found ->
                                                        different(
                                                                found.typeOnly()
                                                                        ? "type"
                                                                        : "content",
                                                                place,
                                                                found.cell().online(),
                                                                found.cell().target()))
                                        .orElseGet(
                                                () ->
                                                        warnings(
                                                                place,
                                                                online.warnings(),
                                                                target.warnings())));
    }

    private static List<Result> resultsOf(Answer answer) {
        return answer instanceof Answer.Results results ? results.results() : List.of();
    }

    static Verdict compare(Answer online, Answer target) {
        return switch (online) {
            case Answer.Results mine
                    when target instanceof Answer.Results(List<Result> theirs, boolean _)
                            && hasUnitResults(mine)
                            && theirs.getLast() instanceof Result.Done done ->
                    unrolled(mine.results().getLast(), new Answer.Unrolled(done, 1));
            case Answer.Results mine when target instanceof Answer.Results theirs ->
                    results(mine, theirs);
            case Answer.Results mine when target instanceof Answer.Unrolled theirs ->
                    unrolled(mine.results().getLast(), theirs);
            case Answer.Prepared mine when target instanceof Answer.Prepared theirs ->
                    prepared(mine, theirs);
            case Answer.Listed mine when target instanceof Answer.Listed theirs ->
                    mine.columns() == theirs.columns() ? SAME : described("columns", mine, theirs);
            case Answer.Statistics _ when target instanceof Answer.Statistics ->
                    new Verdict.NotCompared("statistics");
            case Answer.Results _,
                    Answer.Prepared _,
                    Answer.Unrolled _,
                    Answer.Listed _,
                    Answer.Statistics _ ->
                    described(
                            failed(online) || failed(target) ? errorKind(online, target) : "shape",
                            online,
                            target);
        };
    }

    private static String errorKind(Answer online, Answer target) {
        return errorKind(lastError(online), lastError(target));
    }

    private static Optional<Result.Failed> lastError(Answer answer) {
        return switch (answer) {
            case Answer.Results(List<Result> results, boolean _) ->
                    Optional.of(results.getLast()).flatMap(Replies::asError);
            case Answer.Unrolled(Result result, int _) -> asError(result);
            case Answer.Prepared _, Answer.Listed _, Answer.Statistics _ -> Optional.empty();
        };
    }

    private static Optional<Result.Failed> asError(Result result) {
        return result instanceof Result.Failed failed ? Optional.of(failed) : Optional.empty();
    }

    /** Of two that differ, one of them an error at least. */
    private static String errorKind(
            Optional<Result.Failed> online, Optional<Result.Failed> target) {
        boolean locks =
                online.filter(Replies::isContention).isPresent()
                        != target.filter(Replies::isContention).isPresent();
        if (locks) {
            return "contention";
        }
        return online.isEmpty()
                ? "error-appeared"
                : target.isEmpty() ? "error-gone" : "error-changed";
    }

    /** A lock wait timed out, or a dead lock was broken. */
    private static boolean isContention(Result.Failed failed) {
        return failed.number() == LOCK_WAIT_TIMEOUT || failed.number() == DEADLOCK;
    }

    static boolean failed(Answer answer) {
        return answer instanceof Answer.Results results
                && results.results().getLast() instanceof Result.Failed;
    }

    private static Verdict prepared(Answer.Prepared online, Answer.Prepared target) {
        boolean same =
                online.parameters() == target.parameters()
                        && online.columns().size() == target.columns().size();
        if (!same) {
            return described("columns", online, target);
        }
        return warnings("", online.warnings(), target.warnings());
    }

    private static boolean hasUnitResults(Answer.Results answer) {
        return answer.results().size() == 1
                && answer.results().getFirst() instanceof Result.Rows(RowSet rows, int _)
                && rows.columns().stream().map(Column::name).toList().equals(UNIT_RESULTS);
    }

    /** MariaDB may answer with what each row came to; the others have no such answer. */
    private static Verdict unrolled(Result online, Answer.Unrolled target) {
        if (online instanceof Result.Rows(RowSet rows, int _)
                && target.result() instanceof Result.Done done
                && rows.columns().stream().map(Column::name).toList().equals(UNIT_RESULTS)) {
            OptionalLong affected = rows.sum(1);
            if (affected.isEmpty()) {
                return new Verdict.NotCompared("bulk-unit-results");
            }
            return affected.getAsLong() == done.affectedRows()
                    ? SAME
                    : different(
                            "affected-rows",
                            "",
                            Long.toString(affected.getAsLong()),
                            Long.toUnsignedString(done.affectedRows()));
        }
        return result("", online, target.result(), false);
    }

    private static Verdict results(Answer.Results online, Answer.Results target) {
        List<Result> mine = online.results();
        List<Result> theirs = target.results();
        boolean several = mine.size() > 1 || theirs.size() > 1;
        for (int i = 0; i < Math.min(mine.size(), theirs.size()); i++) {
            String place = several ? "result " + (i + 1) + ": " : "";
            Verdict verdict = result(place, mine.get(i), theirs.get(i), online.changes());
            if (!(verdict instanceof Verdict.Same)) {
                return verdict;
            }
        }
        return mine.size() == theirs.size()
                ? SAME
                : new Verdict.Different(
                        "shape", mine.size() + " results", theirs.size() + " results");
    }

    private static Verdict result(String place, Result online, Result target, boolean changes) {
        return switch (online) {
            case Result.Failed mine when target instanceof Result.Failed theirs ->
                    mine.number() == theirs.number()
                            ? SAME
                            : different(
                                    errorKind(Optional.of(mine), Optional.of(theirs)),
                                    place,
                                    mine.describe(),
                                    theirs.describe());
            case Result.Done mine when target instanceof Result.Done theirs ->
                    mine.affectedRows() == theirs.affectedRows()
                            ? warnings(place, mine.warnings(), theirs.warnings())
                            : different(
                                    "affected-rows",
                                    place,
                                    Long.toUnsignedString(mine.affectedRows()),
                                    Long.toUnsignedString(theirs.affectedRows()));
            case Result.Rows mine when target instanceof Result.Rows theirs ->
                    rows(place, mine, theirs, changes);
            case Result.Failed _, Result.Done _, Result.Rows _ ->
                    different(
                            online instanceof Result.Failed || target instanceof Result.Failed
                                    ? errorKind(asError(online), asError(target))
                                    : "shape",
                            place,
                            online.describe(),
                            target.describe());
        };
    }

    private static Verdict rows(
            String place, Result.Rows online, Result.Rows target, boolean changes) {
        RowSet mine = online.rows();
        RowSet theirs = target.rows();
        if (mine.columns().size() != theirs.columns().size()) {
            return different(
                    "columns",
                    place,
                    mine.columns().size() + " columns",
                    theirs.columns().size() + " columns");
        }
        if (mine.isCutShort()) {
            return beginnings(place, mine, theirs);
        }
        if (mine.count() != theirs.count()) {
            return different("rows", place, mine.count() + " rows", theirs.count() + " rows");
        }
        if (mine.equalInOrder(theirs)) {
            return warnings(place, online.warnings(), target.warnings());
        }
        if (changes) {
            return new Verdict.NotCompared("non-deterministic");
        }
        RowSet.Difference difference = mine.describeDifference(theirs);
        return different(
                mine.equalInAnyOrder(theirs) ? "order" : "content",
                place,
                difference.online(),
                difference.target());
    }

    /** Production's client left its cursor before the end; the target gave all rows at once. */
    private static Verdict beginnings(String place, RowSet online, RowSet target) {
        if (online.count() > target.count()) {
            return different(
                    "rows",
                    place,
                    "at least " + online.count() + " rows",
                    target.count() + " rows");
        }
        Optional<Boolean> same = online.begins(target);
        if (same.isEmpty()) {
            return new Verdict.NotCompared("cursor-not-read-to-its-end");
        }
        if (same.get()) {
            return SAME;
        }
        RowSet.Difference difference = online.describeDifference(target);
        return different("content", place, difference.online(), difference.target());
    }

    private static Verdict warnings(String place, int online, int target) {
        return online == target
                ? SAME
                : different("warnings", place, online + " warnings", target + " warnings");
    }

    private static Verdict different(String kind, String place, String online, String target) {
        return new Verdict.Different(kind, place + online, place + target);
    }

    private static Verdict described(String kind, Answer online, Answer target) {
        return new Verdict.Different(kind, online.describe(), target.describe());
    }
}
