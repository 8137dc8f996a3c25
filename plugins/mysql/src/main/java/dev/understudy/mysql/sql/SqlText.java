package dev.understudy.mysql.sql;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What the text of a request, one statement or several, says about itself.
 *
 * @param refusals the rules it falls under, each with its reason, worst first
 * @param fingerprint the text without its values, as MySQL's digest, at most {@link
 *     Digest#MAX_LENGTH} characters
 * @param changes whether the answer changes from call to call or server to server: it asks for the
 *     time, a random number, its connection
 * @param prepares names of statements that it prepares by text, in lower case
 * @param executes names of statements prepared by text that it executes, in lower case
 * @param charsets the character sets that it says it will speak from then on, in lower case; {@code
 *     default} for the one from the login
 * @param kill where the text is one KILL of one thread
 * @param readOnlyAt where WRITE stands for the access of transactions, in bytes from the beginning
 * @param leaves what it leaves in its session for others to need
 * @param inner the texts within it that it prepares or executes, and those within them
 * @param effects on locks, ids and what the clock is asked for
 * @param classes of its statements; what reads and may change something besides, as to lock rows,
 *     is a write
 */
public record SqlText(
        Map<Rule, String> refusals,
        String fingerprint,
        boolean changes,
        Set<String> prepares,
        Set<String> executes,
        List<String> charsets,
        Optional<Kill> kill,
        Set<Integer> readOnlyAt,
        Leaves leaves,
        Set<ByteBuffer> inner,
        Effects effects,
        Set<StatementClass> classes) {
    /**
     * Version comments of so many unlike versions may stand in one text: each may be executed or
     * not, and all 2^n readings have to be harmless.
     */
    private static final int MAX_VERSIONS = 5;

    /** Such statements set, begin and end things in their session. */
    private static final Set<StatementClass> STEERING =
            EnumSet.of(StatementClass.SESSION, StatementClass.TRANSACTION);

    /** Bytes of all texts within a text. */
    private static final int MAX_INNER_BYTES = 1 << 24;

    /** Texts in texts (PREPARE ... FROM 'PREPARE ...') are followed so deep. */
    private static final int MAX_DEPTH = 3;

    /**
     * Reads a text.
     *
     * @param from index of its first byte
     * @param to index behind its last byte
     */
    public static SqlText read(byte[] text, int from, int to, SqlDialect dialect) {
        return read(text, from, to, dialect, 0);
    }

    static SqlText read(byte[] text, int from, int to, SqlDialect dialect, int depth) {
        List<String> versions = new ArrayList<>();
        Digest digest = new Digest(text, to);
        Tokens tokens =
                Tokens.read(
                        text,
                        new Lexer(text, from, to, dialect, false, versions, new BitSet()),
                        digest::add);
        Findings findings = new Findings();
        if (depth > MAX_DEPTH) {
            findings.refuse(Rule.UNCLASSIFIED, "texts in texts too deep");
            findings.refuse(Rule.READ_ONLY, "texts in texts too deep");
        } else {
            new Classifier(tokens, text, from, dialect, depth, findings).classify();
            otherReadings(text, from, to, dialect, depth, versions, findings);
        }
        Optional<Kill> kill = versions.isEmpty() ? Kill.of(tokens, text, from) : Optional.empty();
        return findings.toSqlText(digest.text(tokens.whole()), ChangingAnswers.among(tokens), kill);
    }

    /** The same text with some version comments not executed, or double quotes around names. */
    private static void otherReadings(
            byte[] text,
            int from,
            int to,
            SqlDialect dialect,
            int depth,
            List<String> versions,
            Findings findings) {
        boolean quotes = hasEscapeInDoubleQuotes(text, from, to);
        for (int mask = 0; mask < 1 << versions.size(); mask++) {
            if (versions.size() > MAX_VERSIONS) {
                findings.refuse(Rule.UNCLASSIFIED, "version comments of too many versions");
                findings.refuse(Rule.READ_ONLY, "version comments of too many versions");
                return;
            }
            for (int ansi = 0; ansi <= (quotes ? 1 : 0); ansi++) {
                if (mask == 0 && ansi == 0) {
                    continue;
                }
                BitSet excluded = BitSet.valueOf(new long[] {mask});
                Lexer lexer = new Lexer(text, from, to, dialect, ansi == 1, versions, excluded);
                new Classifier(Tokens.read(text, lexer), text, from, dialect, depth, findings)
                        .classify();
            }
        }
    }

    /** Under ANSI_QUOTES a backslash in double quotes escapes nothing. */
    private static boolean hasEscapeInDoubleQuotes(byte[] text, int from, int to) {
        boolean quote = false;
        boolean backslash = false;
        for (int i = from; i < to; i++) {
            quote |= text[i] == '"';
            backslash |= text[i] == '\\';
        }
        return quote && backslash;
    }

    /** The fingerprints of the statements in a text, each by itself, and of the whole. */
    public static Set<String> fingerprints(byte[] text, int from, SqlDialect dialect) {
        Set<String> fingerprints = new TreeSet<>();
        Digest all = new Digest(text, text.length);
        AtomicReference<Digest> one = new AtomicReference<>(new Digest(text, text.length));
        Tokens tokens =
                Tokens.read(
                        text,
                        new Lexer(text, from, text.length, dialect),
                        lexer -> {
                            all.add(lexer);
                            if (lexer.kind() == TokenKind.DELIMITER) {
                                Digest next = new Digest(text, text.length);
                                fingerprints.add(one.getAndSet(next).text(true));
                            } else {
                                one.get().add(lexer);
                            }
                        });
        fingerprints.add(one.get().text(tokens.whole()));
        fingerprints.add(all.text(tokens.whole()));
        return fingerprints;
    }

    /** The character set that it speaks in the end, if it says so. */
    public Optional<String> clientCharset() {
        return charsets.isEmpty() ? Optional.empty() : Optional.of(charsets.getLast());
    }

    /** The texts that it prepares or executes by text, and those within them. */
    public List<byte[]> innerTexts() {
        return inner.stream().map(SqlText::bytes).toList();
    }

    private static byte[] bytes(ByteBuffer text) {
        byte[] bytes = new byte[text.remaining()];
        text.duplicate().get(bytes);
        return bytes;
    }

    /** Whether all it does is to set, begin and end things in its session. */
    public boolean steersSession() {
        return STEERING.containsAll(classes);
    }

    /** Whether what it does cannot be said with certainty, whatever the rules allow. */
    public boolean isUncertain() {
        return refusals.containsKey(Rule.UNCLASSIFIED);
    }

    /** The first rule that forbids this text and that nobody allowed. */
    public Optional<Refusal> refusal(StatementRules rules) {
        return refusals.entrySet().stream()
                .filter(refusal -> !rules.allows(refusal.getKey()))
                .findFirst()
                .map(refusal -> new Refusal(refusal.getKey(), refusal.getValue()));
    }

    /** The bytes of a text that begins here, with READ ONLY wherever it says READ WRITE. */
    public byte[] readingOnly(byte[] bytes, int begin) {
        if (readOnlyAt.isEmpty()) {
            return bytes;
        }
        byte[] out = bytes.clone();
        byte[] only = "ONLY ".getBytes(StandardCharsets.US_ASCII);
        readOnlyAt.forEach(at -> System.arraycopy(only, 0, out, begin + at, only.length));
        return out;
    }

    /** Whether the text may hold a secret, so that only its fingerprint may be shown. */
    public boolean mayHoldSecrets() {
        return refusals.containsKey(Rule.ACCOUNTS)
                || refusals.containsKey(Rule.REPLICATION)
                || refusals.containsKey(Rule.SERVER_WIDE)
                || refusals.containsKey(Rule.UNCLASSIFIED);
    }

    /** What a classifier found so far, in any of the readings. */
    static final class Findings {
        private final Map<Rule, String> refusals = new EnumMap<>(Rule.class);
        private final Set<String> prepares = new TreeSet<>();
        private final Set<String> executes = new TreeSet<>();
        private final Set<Integer> readOnlyAt = new TreeSet<>();
        private final Set<StatementClass> classes = EnumSet.noneOf(StatementClass.class);
        private final Leaves.Found leaves = new Leaves.Found();
        private final Set<ByteBuffer> inner = new LinkedHashSet<>();
        private int innerBytes;
        private final Effects.Found effects = new Effects.Found();
        private final List<String> charsets = new ArrayList<>();

        void refuse(Rule rule, String reason) {
            refusals.putIfAbsent(rule, reason);
        }

        void sendsReadOnlyAt(int offset) {
            readOnlyAt.add(offset);
        }

        void begins(String word) {
            classes.add(StatementClass.openedBy(word));
        }

        Leaves.Found leaves() {
            return leaves;
        }

        Effects.Found effects() {
            return effects;
        }

        void prepares(String name) {
            prepares.add(name);
        }

        void executes(String name) {
            executes.add(name);
        }

        void speaks(String charset) {
            charsets.add(charset);
        }

        /** Takes over what was found in an inner text. */
        void add(byte[] sql, SqlText read) {
            read.refusals().forEach(this::refuse);
            if (!read.readOnlyAt().isEmpty()) {
                refuse(Rule.READ_ONLY, "READ WRITE within a text");
            }
            if (read.effects().setsMode() || !read.charsets().isEmpty()) {
                // When it is executed is not followed, and texts behind it are read otherwise.
                refuse(Rule.UNCLASSIFIED, "SET of the SQL mode or character set within a text");
                refuse(Rule.READ_ONLY, "SET of the SQL mode or character set within a text");
            }
            if (read.leaves().newDatabase().isPresent()) {
                // Of MariaDB; when it is executed is not followed.
                refuse(Rule.UNCLASSIFIED, "USE within a text");
                leaves.database(read.leaves().newDatabase().get());
            }
            executes.addAll(read.executes());
            add(ByteBuffer.wrap(sql));
            read.inner().forEach(this::add);
        }

        private void add(ByteBuffer text) {
            if (innerBytes + text.remaining() > MAX_INNER_BYTES) {
                refuse(Rule.UNCLASSIFIED, "too much text in texts");
                refuse(Rule.READ_ONLY, "too much text in texts");
            } else if (inner.add(text)) {
                innerBytes += text.remaining();
            }
        }

        private Set<StatementClass> classes() {
            Set<StatementClass> all = EnumSet.copyOf(classes);
            if (refusals.containsKey(Rule.READ_ONLY) && all.remove(StatementClass.READ)) {
                all.add(StatementClass.WRITE);
            }
            return all;
        }

        private SqlText toSqlText(String fingerprint, boolean changes, Optional<Kill> kill) {
            return new SqlText(
                    refusals,
                    fingerprint,
                    changes,
                    prepares,
                    executes,
                    charsets,
                    kill,
                    readOnlyAt,
                    leaves.whole(),
                    inner,
                    effects.whole(),
                    classes());
        }
    }
}
