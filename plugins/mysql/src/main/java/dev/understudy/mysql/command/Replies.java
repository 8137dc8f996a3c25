package dev.understudy.mysql.command;

import dev.understudy.mysql.command.Answer.Result;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Holds two answers to one command against each other. Kinds of difference, of which the first is
 * told: {@code error-appeared}, {@code error-gone}, {@code error-changed}, {@code contention} (a
 * lock wait or a dead lock on one side), {@code shape}, {@code columns}, and those of a {@link
 * ResultComparison}.
 *
 * <p>Not compared: texts of OK packets, and of errors but for those that a statement gave itself:
 * servers word them by flavour and version.
 */
public final class Replies {
    /** What MariaDB answers for each row of a bulk execute. */
    private static final List<String> UNIT_RESULTS = List.of("Id", "Affected_rows");

    private final Optional<Answer> control;
    private final Strictness strictness;

    private Replies(Optional<Answer> control, Strictness strictness) {
        this.control = control;
        this.strictness = strictness;
    }

    /**
     * What the comparison comes to; a pure function of the replies. What the control, a server like
     * production's, answers otherwise than production did is noise.
     */
    public static Verdict compare(
            Exchange exchange, Optional<Reply> control, Strictness strictness) {
        if (!(exchange.online() instanceof Answer online)
                || !(exchange.target() instanceof Answer target)) {
            throw new IllegalArgumentException("not replies of this protocol: " + exchange);
        }
        return new Replies(
                        control.filter(Answer.class::isInstance).map(Answer.class::cast),
                        strictness)
                .verdict(online, target);
    }

    static Verdict compare(Answer online, Answer target) {
        return new Replies(Optional.empty(), Strictness.USUAL).verdict(online, target);
    }

    private Verdict verdict(Answer online, Answer target) {
        return switch (online) {
            case Answer.Results mine
                    when target instanceof Answer.Results theirs
                            && hasUnitResults(mine)
                            && theirs.results().getLast() instanceof Result.Done done ->
                    unrolled(mine.results().getLast(), done);
            case Answer.Results mine when target instanceof Answer.Results theirs ->
                    results(mine, theirs);
            case Answer.Results mine when target instanceof Answer.Unrolled(Result result, int _) ->
                    unrolled(mine.results().getLast(), result);
            case Answer.Prepared mine when target instanceof Answer.Prepared theirs ->
                    prepared(mine, theirs);
            case Answer.Listed mine when target instanceof Answer.Listed theirs ->
                    listed(mine, theirs);
            case Answer.Statistics _ when target instanceof Answer.Statistics ->
                    new Verdict.NotCompared("statistics");
            case Answer.Results _,
                    Answer.Prepared _,
                    Answer.Unrolled _,
                    Answer.Listed _,
                    Answer.Statistics _ ->
                    unlike(online, target);
        };
    }

    /** Answers of unlike make: one of them is an error, as a rule. */
    private Verdict unlike(Answer online, Answer target) {
        Optional<Result> mine = lastResult(online);
        Optional<Result> theirs = lastResult(target);
        Found found = new Found("");
        boolean noise =
                control.map(third -> Errors.signature(lastResult(third)))
                        .filter(Errors.signature(theirs)::equals)
                        .isPresent();
        found.differs(
                Errors.failed(mine) || Errors.failed(theirs) ? Errors.kind(mine, theirs) : "shape",
                online.describe(),
                target.describe(),
                noise);
        return found.verdict();
    }

    static boolean failed(Answer answer) {
        return Errors.failed(lastResult(answer));
    }

    private static Optional<Result> lastResult(Answer answer) {
        return switch (answer) {
            case Answer.Results(List<Result> results, boolean _) -> Optional.of(results.getLast());
            case Answer.Unrolled(Result result, int _) -> Optional.of(result);
            case Answer.Prepared _, Answer.Listed _, Answer.Statistics _ -> Optional.empty();
        };
    }

    private Verdict prepared(Answer.Prepared online, Answer.Prepared target) {
        Optional<Answer.Prepared> third =
                control.filter(Answer.Prepared.class::isInstance).map(Answer.Prepared.class::cast);
        Found found = new Found("");
        if (online.parameters() != target.parameters()
                || online.columns().size() != target.columns().size()) {
            found.differs(
                    "columns",
                    online.describe(),
                    target.describe(),
                    third.filter(c -> c.parameters() == target.parameters())
                            .filter(c -> c.columns().size() == target.columns().size())
                            .isPresent());
            return found.verdict();
        }
        ResultComparison.warnings(
                found, online.warnings(), target.warnings(), third.map(Answer.Prepared::warnings));
        ResultComparison.names(
                found, online.columns(), target.columns(), third.map(Answer.Prepared::columns));
        return found.verdict();
    }

    private Verdict listed(Answer.Listed online, Answer.Listed target) {
        Optional<List<Column>> third =
                control.filter(Answer.Listed.class::isInstance)
                        .map(answer -> ((Answer.Listed) answer).columns());
        Found found = new Found("");
        if (online.columns().size() == target.columns().size()) {
            ResultComparison.names(found, online.columns(), target.columns(), third);
        } else {
            found.differs(
                    "columns",
                    online.describe(),
                    target.describe(),
                    third.filter(c -> c.size() == target.columns().size()).isPresent());
        }
        return found.verdict();
    }

    private static boolean hasUnitResults(Answer.Results answer) {
        return answer.results().size() == 1
                && answer.results().getFirst() instanceof Result.Rows(RowSet rows, int _, int _)
                && isUnitResults(rows);
    }

    private static boolean isUnitResults(RowSet rows) {
        return rows.columns().stream().map(Column::name).toList().equals(UNIT_RESULTS);
    }

    /** MariaDB may answer with what each row came to; the others have no such answer. */
    private Verdict unrolled(Result online, Result target) {
        if (online instanceof Result.Rows(RowSet rows, int warnings, int state)
                && target instanceof Result.Done done
                && isUnitResults(rows)) {
            OptionalLong affected = rows.sum(1);
            return affected.isEmpty()
                    ? new Verdict.NotCompared("bulk-unit-results")
                    : result(
                            "", new Result.Done(affected.getAsLong(), 0, warnings, state), done, 0);
        }
        return result("", online, target, 0);
    }

    private Verdict results(Answer.Results online, Answer.Results target) {
        List<Result> mine = online.results();
        List<Result> theirs = target.results();
        boolean several = mine.size() > 1 || theirs.size() > 1;
        Optional<Verdict> notCompared = Optional.empty();
        for (int i = 0; i < Math.min(mine.size(), theirs.size()); i++) {
            String place = several ? "result " + (i + 1) + ": " : "";
            Verdict verdict =
                    new ResultComparison(place, strictness, online.changes(), controlResult(i))
                            .verdict(mine.get(i), theirs.get(i));
            switch (verdict) {
                case Verdict.Different different -> {
                    return different;
                }
                case Verdict.NotCompared not ->
                        notCompared = notCompared.or(() -> Optional.of(not));
                case Verdict.Same _ -> {}
            }
        }
        if (mine.size() == theirs.size()) {
            return notCompared.orElseGet(Verdict.Same::new);
        }
        Found found = new Found("");
        found.differs(
                "shape",
                mine.size() + " results",
                theirs.size() + " results",
                control.filter(Answer.Results.class::isInstance)
                        .map(answer -> ((Answer.Results) answer).results().size())
                        .filter(size -> size == theirs.size())
                        .isPresent());
        return found.verdict();
    }

    private Verdict result(String place, Result online, Result target, int index) {
        return new ResultComparison(place, strictness, false, controlResult(index))
                .verdict(online, target);
    }

    private Optional<Result> controlResult(int index) {
        return control.flatMap(
                answer ->
                        answer instanceof Answer.Results(List<Result> results, boolean _)
                                        && index < results.size()
                                ? Optional.of(results.get(index))
                                : Optional.empty());
    }
}
