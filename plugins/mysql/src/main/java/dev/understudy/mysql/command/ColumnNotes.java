package dev.understudy.mysql.command;

import dev.understudy.mysql.command.Answer.Result;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;

/**
 * Answers whose values are the same, and whose columns the servers describe otherwise: of each
 * statement the first such column, and how many answers. Safe for several threads.
 */
final class ColumnNotes {
    /** Statements that are told apart. */
    static final int MAX_STATEMENTS = Table.MAX_ROWS - 1;

    private final Map<String, Note> notes = new ConcurrentHashMap<>();
    private final LongAdder others = new LongAdder();

    private record Note(String column, String online, String target, LongAdder answers) {}

    /** Looks at two answers that are the same. */
    void look(Exchange exchange, IntFunction<String> collationName) {
        if (!(exchange.online() instanceof Answer.Results online)
                || !(exchange.target() instanceof Answer.Results target)) {
            return;
        }
        for (int i = 0; i < Math.min(online.results().size(), target.results().size()); i++) {
            if (online.results().get(i) instanceof Result.Rows mine
                    && target.results().get(i) instanceof Result.Rows theirs) {
                Optional<Note> note =
                        between(mine.rows().columns(), theirs.rows().columns(), collationName);
                if (note.isPresent()) {
                    count(exchange.request().fingerprint(), note.get());
                    return;
                }
            }
        }
    }

    private static Optional<Note> between(
            List<Column> online, List<Column> target, IntFunction<String> collationName) {
        for (int i = 0; i < Math.min(online.size(), target.size()); i++) {
            Column mine = online.get(i);
            Column theirs = target.get(i);
            if (!mine.isTypedLike(theirs) || mine.collation() != theirs.collation()) {
                return Optional.of(
                        new Note(
                                mine.name(),
                                described(mine, collationName),
                                described(theirs, collationName),
                                new LongAdder()));
            }
        }
        return Optional.empty();
    }

    private static String described(Column column, IntFunction<String> collationName) {
        return column.collation() == Column.BINARY_COLLATION
                ? column.describeType()
                : column.describeType() + ", " + collationName.apply(column.collation());
    }

    private void count(String fingerprint, Note note) {
        Note known = notes.get(fingerprint);
        if (known == null && notes.size() < MAX_STATEMENTS) {
            known = notes.computeIfAbsent(fingerprint, _ -> note);
        }
        (known == null ? others : known.answers()).increment();
    }

    /** None where there is nothing to say. */
    List<Table> tables() {
        List<List<String>> rows = new ArrayList<>();
        notes.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .limit(MAX_STATEMENTS)
                .forEach(
                        each ->
                                rows.add(
                                        List.of(
                                                each.getKey(),
                                                each.getValue().column(),
                                                each.getValue().online(),
                                                each.getValue().target(),
                                                each.getValue().answers().toString())));
        if (others.sum() > 0) {
            rows.add(List.of("other statements", "", "", "", others.toString()));
        }
        return rows.isEmpty()
                ? List.of()
                : List.of(
                        new Table(
                                "same values in columns that the servers describe otherwise",
                                List.of("statement", "column", "online", "target", "answers"),
                                rows));
    }
}
