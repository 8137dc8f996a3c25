package dev.understudy.mysql.command;

import dev.understudy.mysql.command.Answer.Result;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Holds two answers to one command against each other. Kinds of difference: {@code error}, {@code
 * shape}, {@code columns}, {@code rows}, {@code affected-rows}, {@code order}, {@code content},
 * {@code warnings}; of several the first is told.
 *
 * <p>Not compared: texts of errors and of OK packets, ids of rows inserted, names and types of
 * columns, transaction and session state: servers differ in them by flavour and history.
 */
public final class Replies {
    private static final Verdict SAME = new Verdict.Same();

    /** What MariaDB answers for each row of a bulk execute. */
    private static final List<String> UNIT_RESULTS = List.of("Id", "Affected_rows");

    private Replies() {}

    /** What the comparison comes to; a pure function of the two replies. */
    public static Verdict compare(Exchange exchange) {
        if (!(exchange.online() instanceof Answer online)
                || !(exchange.target() instanceof Answer target)) {
            throw new IllegalArgumentException("not replies of this protocol: " + exchange);
        }
        return compare(online, target);
    }

    static Verdict compare(Answer online, Answer target) {
        return switch (online) {
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
                    described(failed(online) || failed(target) ? "error" : "shape", online, target);
        };
    }

    private static boolean failed(Answer answer) {
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
                            : different("error", place, mine.describe(), theirs.describe());
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
                                    ? "error"
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
