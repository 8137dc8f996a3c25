package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Collation;
import dev.understudy.mysql.wire.ServerVersion;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which collations a login can name, by flavour and version. A server takes a number that it does
 * not know for its own default without a word, and from then on stores text wrongly.
 */
public final class Collations {
    private static final Map<Integer, Row> ROWS = load();

    /** MariaDB has this one's like since 10.10.1, under numbers that no login can name. */
    private static final int UTF8MB4_0900_AI_CI = 255;

    private static final String MARIADB_0900_AI_CI = "utf8mb4_uca1400_nopad_ai_ci";

    /** {@code utf8mb4_unicode_520_ci}: by the Unicode algorithm, though of an earlier version. */
    private static final int UTF8MB4_UNICODE_520_CI = 246;

    /**
     * @param atLogin what the login says
     * @param result what the connection has in the end
     * @param setNames whether a SET NAMES must take it from the one to the other
     */
    record Choice(Collation atLogin, Collation result, boolean setNames) {
        /** The statement, where {@link #setNames} says so. */
        String statement() {
            return "SET NAMES " + result.charset() + " COLLATE " + result.name();
        }
    }

    /** A version without a text, to compare with; {@code never} is after all of them. */
    private record Since(int major, int minor, int patch) {
        private static Since parse(String text) {
            if (text.equals("-")) {
                return new Since(Integer.MAX_VALUE, 0, 0);
            }
            ServerVersion version = ServerVersion.parse(text);
            return new Since(version.major(), version.minor(), version.patch());
        }
    }

    private record Row(Collation collation, Since mySql, Since mariaDb) {
        private boolean isKnownTo(ServerVersion version) {
            Since since = version.isMariaDb() ? mariaDb : mySql;
            return version.isAtLeast(since.major(), since.minor(), since.patch());
        }
    }

    private Collations() {}

    /**
     * The collation that a server of this version takes a number for; unknown where it does not.
     */
    static Collation of(ServerVersion version, int id) {
        Row row = ROWS.get(id);
        return row != null && row.isKnownTo(version) ? row.collation() : Collation.unknown(id);
    }

    /** What servers call the collation of a number, for a reader. */
    public static String describe(int id) {
        Row row = ROWS.get(id);
        return row == null ? "collation " + id : row.collation().name();
    }

    /** The collation of a name; unknown where there is none. */
    static Collation named(String name) {
        return ROWS.values().stream()
                .map(Row::collation)
                .filter(collation -> collation.name().equals(name))
                .findFirst()
                .orElse(Collation.unknown(0));
    }

    /** What to ask a target for; empty where it lacks the character set. */
    static Optional<Choice> forTarget(Collation wanted, ServerVersion target) {
        if (!wanted.isKnown()) {
            return Optional.empty();
        }
        if (of(target, wanted.id()).isKnown()) {
            return Optional.of(new Choice(wanted, wanted, false));
        }
        Optional<Collation> nearest = nearest(wanted, target);
        if (wanted.id() == UTF8MB4_0900_AI_CI
                && target.isMariaDb()
                && target.isAtLeast(10, 10, 1)) {
            return nearest.map(
                    login ->
                            new Choice(
                                    login,
                                    new Collation(0, wanted.charset(), MARIADB_0900_AI_CI),
                                    true));
        }
        return nearest.map(login -> new Choice(login, login, false));
    }

    private static Optional<Collation> nearest(Collation wanted, ServerVersion target) {
        if (wanted.id() == UTF8MB4_0900_AI_CI && of(target, UTF8MB4_UNICODE_520_CI).isKnown()) {
            return Optional.of(of(target, UTF8MB4_UNICODE_520_CI));
        }
        // The first number of a character set is its default, or was when the others came.
        return ROWS.values().stream()
                .filter(row -> row.isKnownTo(target))
                .map(Row::collation)
                .filter(collation -> collation.charset().equals(wanted.charset()))
                .min(Comparator.comparingInt(Collation::id));
    }

    private static Map<Integer, Row> load() {
        Map<Integer, Row> rows = new TreeMap<>();
        try (InputStream file = Collations.class.getResourceAsStream("collations.txt");
                BufferedReader lines =
                        new BufferedReader(
                                new InputStreamReader(file, StandardCharsets.US_ASCII))) {
            lines.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" ", -1))
                    .forEach(
                            cells ->
                                    rows.put(
                                            Integer.valueOf(cells[0]),
                                            new Row(
                                                    new Collation(
                                                            Integer.parseInt(cells[0]),
                                                            cells[1],
                                                            cells[2]),
                                                    Since.parse(cells[3]),
                                                    Since.parse(cells[4]))));
        } catch (IOException e) {
            throw new UncheckedIOException("the plugin's own collations.txt", e);
        }
        return Map.copyOf(rows);
    }
}
