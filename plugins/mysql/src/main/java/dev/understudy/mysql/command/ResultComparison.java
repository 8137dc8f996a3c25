package dev.understudy.mysql.command;

import dev.understudy.mysql.command.Answer.Result;
import dev.understudy.protocol.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Holds two results against each other. Kinds: those of errors, {@code shape}, {@code columns},
 * {@code rows}, {@code affected-rows}, {@code order}, {@code content}, {@code transaction} (one of
 * the sessions is in a transaction, or commits by itself, and the other not), {@code insert-id},
 * {@code type} (the same values in columns of another type), {@code warnings}, {@code names} (of
 * columns), {@code column-type}, {@code collation}.
 *
 * <p>Of the same kind the control has to show the same place to excuse it: its value in the same
 * row and column is another than production's, its error is the target's.
 */
final class ResultComparison {
    private final Found found;
    private final Strictness strictness;
    private final boolean changes;
    private final Optional<Result> control;

    /**
     * @param place of the results among others, for a reader
     * @param changes whether the statement answers otherwise on each call or server
     */
    ResultComparison(
            String place, Strictness strictness, boolean changes, Optional<Result> control) {
        this.found = new Found(place);
        this.strictness = strictness;
        this.changes = changes;
        this.control = control;
    }

    Verdict verdict(Result online, Result target) {
        switch (online) {
            case Result.Failed mine when target instanceof Result.Failed theirs -> {
                if (!Errors.same(mine, theirs)) {
                    unlike(mine, theirs);
                }
            }
            case Result.Done mine when target instanceof Result.Done theirs -> done(mine, theirs);
            case Result.Rows mine when target instanceof Result.Rows theirs -> rows(mine, theirs);
            case Result.Failed _, Result.Done _, Result.Rows _ -> unlike(online, target);
        }
        return found.verdict();
    }

    private void unlike(Result online, Result target) {
        Optional<Result> mine = Optional.of(online);
        Optional<Result> theirs = Optional.of(target);
        found.differs(
                Errors.failed(mine) || Errors.failed(theirs) ? Errors.kind(mine, theirs) : "shape",
                online.describe(),
                target.describe(),
                control.isPresent()
                        && !Errors.signature(control).equals(Errors.signature(mine))
                        && Errors.signature(control).equals(Errors.signature(theirs)));
    }

    private void done(Result.Done online, Result.Done target) {
        Optional<Result.Done> third =
                control.filter(Result.Done.class::isInstance).map(Result.Done.class::cast);
        if (online.affectedRows() != target.affectedRows()) {
            found.differs(
                    "affected-rows",
                    Long.toUnsignedString(online.affectedRows()),
                    Long.toUnsignedString(target.affectedRows()),
                    third.filter(c -> c.affectedRows() != online.affectedRows()).isPresent());
        }
        transaction(online.state(), target.state(), third.map(Result.Done::state));
        if (strictness.insertIds() && online.lastInsertId() != target.lastInsertId()) {
            found.differs(
                    "insert-id",
                    "id " + Long.toUnsignedString(online.lastInsertId()),
                    "id " + Long.toUnsignedString(target.lastInsertId()),
                    third.filter(c -> c.lastInsertId() != online.lastInsertId()).isPresent());
        }
        warnings(found, online.warnings(), target.warnings(), third.map(Result.Done::warnings));
    }

    private void rows(Result.Rows online, Result.Rows target) {
        Optional<Result.Rows> third =
                control.filter(Result.Rows.class::isInstance).map(Result.Rows.class::cast);
        Optional<RowSet> noise = third.map(Result.Rows::rows);
        RowSet mine = online.rows();
        RowSet theirs = target.rows();
        int columns = mine.columns().size();
        if (columns != theirs.columns().size()) {
            found.differs(
                    "columns",
                    columns + " columns",
                    theirs.columns().size() + " columns",
                    noise.filter(rows -> rows.columns().size() == theirs.columns().size())
                            .isPresent());
            return;
        }
        noise = noise.filter(rows -> rows.columns().size() == columns);
        Optional<RowSet.Difference> ofType = Optional.empty();
        if (mine.isCutShort()) {
            beginnings(mine, theirs);
        } else if (mine.count() != theirs.count()) {
            found.differs(
                    "rows",
                    mine.count() + " rows",
                    theirs.count() + " rows",
                    noise.filter(rows -> rows.count() != mine.count()).isPresent());
        } else if (!mine.equalInOrder(theirs)) {
            if (changes) {
                found.notCompared("non-deterministic");
            } else if (mine.equalInAnyOrder(theirs)) {
                RowSet.Difference difference = mine.describeDifference(theirs);
                found.differs(
                        "order",
                        difference.online(),
                        difference.target(),
                        noise.filter(rows -> !mine.equalInOrder(rows))
                                .filter(mine::equalInAnyOrder)
                                .isPresent());
            } else {
                ofType = values(mine, theirs, noise);
            }
        }
        transaction(online.state(), target.state(), third.map(Result.Rows::state));
        ofType.ifPresent(at -> found.differs("type", at.online(), at.target(), false));
        if (!mine.isCutShort()) {
            warnings(found, online.warnings(), target.warnings(), third.map(Result.Rows::warnings));
        }
        names(found, mine.columns(), theirs.columns(), noise.map(RowSet::columns));
        if (strictness.metadata() == Strictness.Metadata.COMPARE) {
            metadata(mine.columns(), theirs.columns(), noise.map(RowSet::columns));
        }
    }

    /**
     * Values that differ; where they do so only by the types of their columns, that is returned.
     */
    private Optional<RowSet.Difference> values(
            RowSet online, RowSet target, Optional<RowSet> noise) {
        switch (online.unlike(target, noise, strictness.floatTolerance())) {
            case RowSet.Cells.Alike() -> {}
            case RowSet.Cells.OfType(RowSet.Difference at) -> {
                return Optional.of(at);
            }
            case RowSet.Cells.Unlike(RowSet.Difference at) ->
                    found.differs("content", at.online(), at.target(), false);
            case RowSet.Cells.Untold() -> {
                RowSet.Difference at = online.describeDifference(target);
                boolean excused =
                        noise.filter(rows -> rows.count() == online.count())
                                .filter(rows -> !online.equalInAnyOrder(rows))
                                .isPresent();
                found.differs("content", at.online(), at.target(), excused);
            }
        }
        return Optional.empty();
    }

    /** Production's client left its cursor before the end; the target gave all rows at once. */
    private void beginnings(RowSet online, RowSet target) {
        if (online.count() > target.count()) {
            found.differs(
                    "rows",
                    "at least " + online.count() + " rows",
                    target.count() + " rows",
                    false);
            return;
        }
        Optional<Boolean> same = online.begins(target);
        if (same.isEmpty()) {
            found.notCompared("cursor-not-read-to-its-end");
        } else if (!same.get()) {
            RowSet.Difference at = online.describeDifference(target);
            found.differs("content", at.online(), at.target(), false);
        }
    }

    private void transaction(int online, int target, Optional<Integer> third) {
        if (online != target) {
            found.differs(
                    "transaction",
                    ComparedState.describe(online),
                    ComparedState.describe(target),
                    third.filter(state -> state == target).isPresent());
        }
    }

    static void warnings(Found found, int online, int target, Optional<Integer> third) {
        if (online != target) {
            found.differs(
                    "warnings",
                    online + " warnings",
                    target + " warnings",
                    third.filter(count -> count != online).isPresent());
        }
    }

    /** By which names clients find columns; as many on either side. */
    static void names(
            Found found, List<Column> online, List<Column> target, Optional<List<Column>> third) {
        for (int i = 0; i < online.size(); i++) {
            Column theirs = target.get(i);
            if (!online.get(i).isNamedLike(theirs)) {
                String place = "column %d is called ".formatted(i + 1);
                found.differs(
                        "names",
                        place + online.get(i).name(),
                        place + theirs.name(),
                        isAt(third, i, theirs::isNamedLike));
            }
        }
    }

    private void metadata(List<Column> online, List<Column> target, Optional<List<Column>> third) {
        for (int i = 0; i < online.size(); i++) {
            Column mine = online.get(i);
            Column theirs = target.get(i);
            String place = "column %s: ".formatted(mine.name());
            if (!mine.isTypedLike(theirs)) {
                found.differs(
                        "column-type",
                        place + mine.describeType(),
                        place + theirs.describeType(),
                        isAt(third, i, theirs::isTypedLike));
            }
            if (mine.collation() != theirs.collation()) {
                found.differs(
                        "collation",
                        place + "collation " + mine.collation(),
                        place + "collation " + theirs.collation(),
                        isAt(third, i, other -> other.collation() == theirs.collation()));
            }
        }
    }

    private static boolean isAt(
            Optional<List<Column>> columns, int index, Predicate<Column> matches) {
        return columns.filter(all -> index < all.size())
                .filter(all -> matches.test(all.get(index)))
                .isPresent();
    }
}
