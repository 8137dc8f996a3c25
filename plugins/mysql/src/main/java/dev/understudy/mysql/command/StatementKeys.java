package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Names;
import dev.understudy.mysql.sql.SqlDialect;
import dev.understudy.mysql.sql.SqlText;
import dev.understudy.mysql.sql.StatementClass;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.session.Filters;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** The keys by which {@link Filters} pick statements: what is said, and where. */
final class StatementKeys {
    /** Characters of a text that an expression is tried on. */
    static final int MAX_TEXT = 1 << 16;

    /** Characters that an expression may look at, over and over, in one text. */
    private static final int MAX_LOOKS = 1 << 22;

    /** A text as it is held against filters. */
    static final class Said {
        private final Set<String> databases;
        private final byte[] payload;
        private final int from;
        private final SqlDialect dialect;

        /**
         * A text, and where it is said.
         *
         * @param databases that may be the session's default one; empty is none. While it is not
         *     certain which that is, any of them counts for what is not to be sent, and all have to
         *     for what alone is sent
         * @param from index of the text's first byte
         */
        Said(Set<String> databases, byte[] payload, int from, SqlDialect dialect) {
            this.databases = databases;
            this.payload = payload;
            this.from = from;
            this.dialect = dialect;
        }

        private Set<String> names() {
            return Names.of(payload, from, dialect);
        }

        private Set<String> digests() {
            return SqlText.fingerprints(payload, from, dialect);
        }

        private Set<StatementClass> classes() {
            return SqlText.read(payload, from, payload.length, dialect).classes();
        }
    }

    private StatementKeys() {}

    /** The two sections of {@code mysql} that filters stand in. */
    static Filters<Said> read(Settings settings) {
        return Filters.of(
                settings,
                true,
                Map.of(
                        "database", (_, text) -> database(Filters.glob(text)),
                        "table", (_, text) -> table(Filters.glob(text)),
                        "digest", (_, text) -> digest(fingerprint(text)),
                        "class", StatementKeys::statementClass,
                        "statement", StatementKeys::statement));
    }

    private static Filters.Test<Said> database(Pattern name) {
        return (said, doubtful) ->
                isDefault(said.databases, name, doubtful) || anyOf(said.names(), name);
    }

    /** Any name in the text, since no grammar is known. */
    private static Filters.Test<Said> table(Pattern name) {
        return (said, _) -> anyOf(said.names(), name);
    }

    /** Of the text, or of one of its statements. */
    private static Filters.Test<Said> digest(String digest) {
        return (said, _) -> said.digests().contains(digest);
    }

    /** Of several statements one counts for what is not sent, and all for what alone is. */
    private static Filters.Test<Said> statementClass(String setting, String word) {
        StatementClass wanted =
                StatementClass.of(word)
                        .orElseThrow(
                                () ->
                                        new SettingsException(
                                                "%s: '%s' is no class of statements; there are %s"
                                                        .formatted(
                                                                setting,
                                                                word,
                                                                StatementClass.words())));
        return (said, doubtful) ->
                doubtful ? said.classes().contains(wanted) : said.classes().equals(Set.of(wanted));
    }

    private static Filters.Test<Said> statement(String setting, String text) {
        Pattern pattern;
        try {
            pattern = Pattern.compile(text, Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            throw new SettingsException(
                    "%s is no regular expression: %s".formatted(setting, e.getDescription()));
        }
        return (said, doubtful) -> found(pattern, said.payload, said.from, doubtful);
    }

    private static String fingerprint(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return SqlText.read(bytes, 0, bytes.length, SqlDialect.usual()).fingerprint();
    }

    private static boolean isDefault(Set<String> possible, Pattern database, boolean doubtful) {
        return doubtful
                ? anyOf(possible, database)
                : possible.stream().allMatch(name -> database.matcher(name).matches());
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
