package dev.understudy.mysql.sql;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a text leaves in its session: if it is kept back, later texts that need it cannot be sent
 * either.
 *
 * @param names of temporary tables made and user variables set, in lower case, variables with their
 *     at
 * @param transaction whether it opens a transaction
 * @param databases all that it makes the default one on its way
 * @param newDatabase the default database from then on
 */
public record Leaves(
        Set<String> names,
        boolean transaction,
        Set<String> databases,
        Optional<String> newDatabase) {
    /** Nothing. */
    public static final Leaves NOTHING = new Leaves(Set.of(), false, Set.of(), Optional.empty());

    /** Collects them. */
    static final class Found {
        private final Set<String> names = new TreeSet<>();
        private boolean transaction;
        private final Set<String> databases = new TreeSet<>();
        private Optional<String> database = Optional.empty();

        /** The default database becomes this one. */
        void database(String name) {
            database = Optional.of(name);
            databases.add(name);
        }

        /** Looks at a statement that begins here. */
        void in(Tokens tokens, int lead, int to) {
            switch (tokens.word(lead)) {
                case "USE" -> database(tokens.name(lead + 1));
                case "BEGIN" -> transaction |= lead + 1 >= to || tokens.is(lead + 1, "WORK");
                case "START" -> transaction |= tokens.is(lead + 1, "TRANSACTION");
                case "CREATE" -> temporaryTable(tokens, lead, to);
                default -> {}
            }
            boolean set = tokens.is(lead, "SET");
            boolean into = false;
            for (int i = lead; i < to; i++) {
                into |= tokens.is(i, "INTO");
                boolean assigned =
                        tokens.raw(i + 1).equals(":=") || (set && tokens.is(i + 1, '=')) || into;
                if (tokens.kind(i) == TokenKind.USER_VARIABLE && assigned) {
                    names.add(Names.plain(tokens.raw(i)));
                }
            }
        }

        private void temporaryTable(Tokens tokens, int lead, int to) {
            boolean temporary = false;
            for (int i = lead + 1; i < to; i++) {
                temporary |= tokens.is(i, "TEMPORARY");
                if (tokens.is(i, "TABLE") && temporary) {
                    int name = i + 1;
                    while (tokens.is(name, "IF")
                            || tokens.is(name, "NOT")
                            || tokens.is(name, "EXISTS")) {
                        name++;
                    }
                    if (tokens.is(name + 1, '.')) {
                        name += 2;
                    }
                    names.add(tokens.name(name).toLowerCase(Locale.ROOT));
                    return;
                }
            }
        }

        Leaves whole() {
            return names.isEmpty() && !transaction && database.isEmpty()
                    ? NOTHING
                    : new Leaves(names, transaction, databases, database);
        }
    }
}
