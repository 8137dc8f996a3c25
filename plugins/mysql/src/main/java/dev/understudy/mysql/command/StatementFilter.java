package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Names;
import dev.understudy.mysql.sql.SqlDialect;
import dev.understudy.mysql.sql.SqlText;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Picks statements out: by user, database, table, digest and a regular expression. All that are
 * given have to fit.
 *
 * @param name as reports count it
 * @param user of production, with * and ? as wildcards
 * @param database the session's default one, or one that the text names; with wildcards. While it
 *     is not certain which the default one is, any of them counts for what is not to be sent, and
 *     all have to for what alone is sent
 * @param table any name in the text, since no grammar is known; with wildcards
 * @param digest of the text, or of one of its statements
 * @param statement found anywhere in the text
 */
record StatementFilter(
        String name,
        Optional<Pattern> user,
        Optional<Pattern> database,
        Optional<Pattern> table,
        Optional<String> digest,
        Optional<Pattern> statement) {
    /** Entries of one list. */
    static final int MAX_ENTRIES = 100;

    /** Characters of a text that an expression is tried on. */
    static final int MAX_TEXT = 1 << 16;

    /** Characters that an expression may look at, over and over, in one text. */
    private static final int MAX_LOOKS = 1 << 22;

    private static final Set<String> SETTINGS =
            Set.of("user", "database", "table", "digest", "statement");

    /** Who sends a text, and which default databases the session may have; empty is none. */
    record Sender(String user, Set<String> databases) {}

    /** Reads a section of named filters. */
    static List<StatementFilter> all(Settings section) {
        List<StatementFilter> filters = new ArrayList<>();
        for (String name : section.names()) {
            Settings entry = section.section(name);
            entry.allowOnly(SETTINGS);
            if (entry.names().isEmpty() || filters.size() >= MAX_ENTRIES) {
                throw new SettingsException(
                        "%s: each entry needs one of %s, and there may be %d of them"
                                .formatted(entry.path(), SETTINGS, MAX_ENTRIES));
            }
            filters.add(
                    new StatementFilter(
                            name,
                            entry.text("user").map(StatementFilter::glob),
                            entry.text("database").map(StatementFilter::glob),
                            entry.text("table").map(StatementFilter::glob),
                            entry.text("digest").map(StatementFilter::fingerprint),
                            entry.text("statement").map(text -> expression(entry, text))));
        }
        return List.copyOf(filters);
    }

    private static Pattern glob(String text) {
        StringBuilder pattern = new StringBuilder();
        text.chars()
                .mapToObj(Character::toString)
                .map(c -> c.equals("*") ? ".*" : c.equals("?") ? "." : Pattern.quote(c))
                .forEach(pattern::append);
        return Pattern.compile(pattern.toString(), Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    }

    private static String fingerprint(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return SqlText.read(bytes, 0, bytes.length, SqlDialect.usual()).fingerprint();
    }

    private static Pattern expression(Settings entry, String text) {
        try {
            return Pattern.compile(text, Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            throw new SettingsException(
                    "%s.statement is no regular expression: %s"
                            .formatted(entry.path(), e.getDescription()));
        }
    }

    /** Whether the sender is picked, whatever is said. */
    boolean picks(Sender sender) {
        return user.map(u -> u.matcher(sender.user()).matches()).orElse(true);
    }

    /**
     * Whether a text is picked.
     *
     * @param doubtful whether it is where that is not certain: an expression does not come to an
     *     end, or the default database is not known
     */
    boolean picks(Sender sender, byte[] payload, int from, SqlDialect dialect, boolean doubtful) {
        if (!picks(sender)
                || digest.filter(d -> !SqlText.fingerprints(payload, from, dialect).contains(d))
                        .isPresent()) {
            return false;
        }
        if (database.isPresent() || table.isPresent()) {
            Set<String> names = Names.of(payload, from, dialect);
            boolean inDatabase =
                    database.map(d -> isDefault(sender, d, doubtful) || anyOf(names, d))
                            .orElse(true);
            if (!inDatabase || !table.map(t -> anyOf(names, t)).orElse(true)) {
                return false;
            }
        }
        return statement.map(s -> found(s, payload, from, doubtful)).orElse(true);
    }

    private static boolean isDefault(Sender sender, Pattern database, boolean doubtful) {
        return doubtful
                ? anyOf(sender.databases(), database)
                : sender.databases().stream().allMatch(name -> database.matcher(name).matches());
    }

    private static boolean anyOf(Set<String> names, Pattern pattern) {
        return names.stream()
                .anyMatch(name -> pattern.matcher(name.toLowerCase(Locale.ROOT)).matches());
    }

    private static boolean found(Pattern pattern, byte[] payload, int from, boolean doubtful) {
        int length = Math.min(payload.length - from, MAX_TEXT);
        String text = new String(payload, from, length, StandardCharsets.UTF_8);
        try {
            return pattern.matcher(
                            new Limited(text, new AtomicInteger(MAX_LOOKS), 0, text.length()))
                    .find();
        } catch (EndlessExpression | StackOverflowError _) {
            return doubtful;
        }
    }

    private static final class EndlessExpression extends RuntimeException {
        private static final long serialVersionUID = 1;

        EndlessExpression() {
            super("an expression takes too long", null, false, false);
        }
    }

    /** A text that can be looked at so often and no more. */
    private record Limited(String text, AtomicInteger looksLeft, int start, int end)
            implements CharSequence {
        @Override
        public int length() {
            return end - start;
        }

        @Override
        public char charAt(int index) {
            if (looksLeft.getAndDecrement() <= 0) {
                throw new EndlessExpression();
            }
            return text.charAt(start + index);
        }

        @Override
        public CharSequence subSequence(int from, int to) {
            return new Limited(text, looksLeft, start + from, start + to);
        }

        @Override
        public String toString() {
            return text.substring(start, end);
        }
    }
}
