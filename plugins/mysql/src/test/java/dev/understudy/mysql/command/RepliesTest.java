package dev.understudy.mysql.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.command.Answer.Result;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RepliesTest {
    private static final Verdict SAME = new Verdict.Same();

    private static RowSet rowSet(String... values) {
        RowSet rows = new RowSet(List.of(new Column("name", 253, false)), false);
        KeepBudget budget = new KeepBudget(64 << 10);
        for (String value : values) {
            ByteBuf row = Bytes.textRow(value);
            rows.add(row.array(), 0, row.writerIndex(), budget);
        }
        return rows;
    }

    private static Answer rows(String... values) {
        return results(new Result.Rows(rowSet(values), 0));
    }

    private static Answer results(Result... results) {
        return new Answer.Results(List.of(results), false);
    }

    private static Verdict different(String kind, String online, String target) {
        return new Verdict.Different(kind, online, target);
    }

    @Test
    void findsAChangedValue() {
        assertEquals(
                different("content", "row 2, column name: 'b'", "row 2, column name: 'x'"),
                Replies.compare(rows("a", "b", "c"), rows("a", "x", "c")));
        assertEquals(
                different("content", "row 1, column name: ''", "row 1, column name: NULL"),
                Replies.compare(rows(""), rows((String) null)));
        assertEquals(SAME, Replies.compare(rows("a", null), rows("a", null)));
    }

    @Test
    void findsAMissingRow() {
        assertEquals(
                different("rows", "2 rows", "1 rows"), Replies.compare(rows("a", "b"), rows("a")));
    }

    @Test
    void findsAnotherOrder() {
        assertEquals(
                different("order", "row 1, column name: 'a'", "row 1, column name: 'b'"),
                Replies.compare(rows("a", "b"), rows("b", "a")));
    }

    @Test
    void findsAnotherErrorAndErrorsThatCameOrWent() {
        Answer locked = results(new Result.Failed(1205, "HY000", "lock wait"));
        Answer dead = results(new Result.Failed(1213, "40001", "dead lock"));
        Answer sameNumber = results(new Result.Failed(1205, "HY000", "in other words"));
        assertEquals(
                "error-changed",
                kind(
                        Replies.compare(
                                locked, results(new Result.Failed(1205, "40001", "lock wait")))));
        assertEquals(SAME, Replies.compare(locked, sameNumber));
        assertEquals(
                different(
                        "error-changed",
                        "error 1205 (HY000): lock wait",
                        "error 1213 (40001): dead lock"),
                Replies.compare(locked, dead));
        assertEquals("contention", kind(Replies.compare(locked, rows("a"))));
        assertEquals("contention", kind(Replies.compare(rows("a"), dead)));
        Answer unknown = results(new Result.Failed(1054, "42S22", "unknown column"));
        assertEquals("contention", kind(Replies.compare(unknown, dead)));
        assertEquals("error-gone", kind(Replies.compare(unknown, rows("a"))));
        assertEquals("error-appeared", kind(Replies.compare(rows("a"), unknown)));
        assertEquals(
                "error-appeared",
                kind(Replies.compare(new Answer.Prepared(1, 0, List.of(), 0), unknown)));
    }

    private static Verdict judged(
            Answer online, Answer target, Optional<Reply> control, double tolerance) {
        Request request = new Request(0, "COM_QUERY", "SELECT ?", "select 1", 1, true);
        return Replies.compare(
                new Exchange(request, online, target, 1, 2, 3),
                control,
                new Strictness(tolerance, false, Strictness.Metadata.NOTE));
    }

    @Test
    void whatTheControlGivesOtherwiseIsNoise() {
        Answer online = rows("a", "b", "c");
        assertEquals(
                SAME, judged(online, rows("a", "x", "c"), Optional.of(rows("a", "y", "c")), 0));
        assertEquals(
                different("content", "row 3, column name: 'c'", "row 3, column name: 'z'"),
                judged(online, rows("a", "x", "z"), Optional.of(rows("a", "y", "c")), 0));
        assertEquals("content", kind(judged(online, rows("a", "x", "c"), Optional.of(online), 0)));
        assertEquals(
                new Verdict.NotCompared("noise"),
                judged(online, rows("a"), Optional.of(rows("a", "b")), 0));
        assertEquals(
                new Verdict.NotCompared("noise"),
                judged(online, rows("c", "b", "a"), Optional.of(rows("b", "a", "c")), 0));
        assertEquals("rows", kind(judged(online, rows("a"), Optional.of(online), 0)));
        // An error of the control alone excuses nothing.
        Answer failed = results(new Result.Failed(1054, "42S22", "unknown column"));
        assertEquals("rows", kind(judged(online, rows("a"), Optional.of(failed), 0)));
    }

    @Test
    void floatingPointNumbersMayBeNear() {
        Answer online = floats("1.0000001", "5");
        assertEquals(
                "content", kind(judged(online, floats("1.0000002", "5"), Optional.empty(), 0)));
        assertEquals(SAME, judged(online, floats("1.0000002", "5"), Optional.empty(), 1e-6));
        assertEquals(
                "content", kind(judged(online, floats("1.0000002", "6"), Optional.empty(), 1e-6)));
        assertEquals(
                "content",
                kind(judged(rows("1.0000001"), rows("1.0000002"), Optional.empty(), 1e-6)));
    }

    /** The control's error, count or result excuses that one alone. */
    @Test
    void theControlExcusesNothingElse() {
        Answer missing = results(new Result.Failed(1146, "42S02", "no table"));
        Answer syntax = results(new Result.Failed(1064, "42000", "syntax"));
        assertEquals("error-appeared", kind(judged(rows("a"), missing, Optional.of(syntax), 0)));
        assertEquals(
                new Verdict.NotCompared("noise"),
                judged(rows("a"), missing, Optional.of(missing), 0));
        Answer online = results(new Result.Done(1, 0, 0), new Result.Done(5, 0, 0));
        Answer target = results(new Result.Done(1, 0, 0), new Result.Done(6, 0, 0));
        Answer noise = results(new Result.Done(2, 0, 0), new Result.Done(5, 0, 0));
        assertEquals("affected-rows", kind(judged(online, target, Optional.of(noise), 0)));
        // Behind noise in one kind another is looked for.
        Answer warned = results(new Result.Done(7, 0, 1));
        assertEquals(
                "warnings",
                kind(
                        judged(
                                results(new Result.Done(5, 0, 0)),
                                warned,
                                Optional.of(results(new Result.Done(6, 0, 0))),
                                0)));
    }

    /** What cannot be compared in one result hides nothing in the next. */
    @Test
    void behindRowsThatChangeOthersAreCompared() {
        Answer online =
                new Answer.Results(
                        List.of(new Result.Rows(rowSet("1"), 0), new Result.Done(1, 0, 0)), true);
        Answer target =
                new Answer.Results(
                        List.of(new Result.Rows(rowSet("2"), 0), new Result.Done(2, 0, 0)), true);
        assertEquals("affected-rows", kind(Replies.compare(online, target)));
        Answer warned = new Answer.Results(List.of(new Result.Rows(rowSet("2"), 1)), true);
        assertEquals(
                "warnings",
                kind(
                        Replies.compare(
                                new Answer.Results(List.of(new Result.Rows(rowSet("1"), 0)), true),
                                warned)));
    }

    /** What is alike by tolerance or noise alone may still differ in its warnings. */
    @Test
    void rowsThatAreNearStillDifferInWarnings() {
        Answer online = floats("1.0000001");
        Answer target = warned(floats("1.0000002"), 1);
        assertEquals(
                different("warnings", "0 warnings", "1 warnings"),
                judged(online, target, Optional.empty(), 1e-6));
        assertEquals("warnings", kind(judged(online, target, Optional.of(floats("3")), 0)));
    }

    private static Answer warned(Answer answer, int warnings) {
        Result.Rows rows = (Result.Rows) ((Answer.Results) answer).results().getFirst();
        return results(new Result.Rows(rows.rows(), warnings));
    }

    private static Answer column(Column column, String... values) {
        RowSet rows = new RowSet(List.of(column), false);
        for (String value : values) {
            byte[] row = io.netty.buffer.ByteBufUtil.getBytes(Bytes.textRow(value));
            rows.add(row, 0, row.length, new KeepBudget(1 << 16));
        }
        return results(new Result.Rows(rows, 0));
    }

    private static final Column TEXT = new Column("c", 252, false);
    private static final Column JSON = new Column("c", 245, false);
    private static final Column CENTS = new Column("c", 246, false, 2, false);
    private static final Column TENTHS = new Column("c", 246, false, 1, false);
    private static final Column SECONDS = new Column("c", 12, false);
    private static final Column MICROS = new Column("c", 12, false, 6, false);
    private static final Column DATE = new Column("c", 10, false);
    private static final Column DIGITS = new Column("c", 3, true, 0, true);
    private static final Column NUMBER = new Column("c", 3, true);

    static List<Arguments> unlikeTypes() {
        return List.of(
                Arguments.of("type", CENTS, "1.50", TENTHS, "1.5"),
                Arguments.of("content", CENTS, "1.50", TENTHS, "1.6"),
                Arguments.of("content", CENTS, "1.50", CENTS, "1.5"),
                Arguments.of("type", CENTS, "1.50", new Column("c", 5, false, 31, false), "1.5"),
                Arguments.of("type", DIGITS, "00042", NUMBER, "42"),
                Arguments.of("content", TEXT, "00042", TEXT, "42"),
                Arguments.of("content", TEXT, "1.50", new Column("c", 253, false), "1.5"),
                Arguments.of(
                        "type",
                        SECONDS,
                        "2020-01-01 10:00:00",
                        MICROS,
                        "2020-01-01 10:00:00.000000"),
                Arguments.of(
                        "content",
                        SECONDS,
                        "2020-01-01 10:00:00",
                        MICROS,
                        "2020-01-01 10:00:00.000001"),
                Arguments.of(
                        "content", SECONDS, "2020-01-01 10:00:10", MICROS, "2020-01-01 10:00:1"),
                Arguments.of("type", DATE, "2020-01-01", SECONDS, "2020-01-01 00:00:00"),
                Arguments.of("content", DATE, "2020-01-10", SECONDS, "2020-01-01 00:00:00"),
                Arguments.of(
                        "type",
                        TEXT,
                        "{\"b\":1.0,\"a\":[null,true]}",
                        JSON,
                        "{\"a\": [null, true], \"b\": 1}"),
                Arguments.of("content", TEXT, "{\"a\":1}", JSON, "{\"a\": 2}"),
                Arguments.of("content", TEXT, "{\"a\":\"1\"}", JSON, "{\"a\": 1}"),
                Arguments.of("content", TEXT, "[1,2]", JSON, "[2, 1]"),
                Arguments.of("content", TEXT, "[".repeat(200_000), JSON, "["),
                Arguments.of("content", TEXT, "{\"a\":1}", TEXT, "{\"a\": 1}"),
                Arguments.of("content", CENTS, null, TENTHS, "0.0"));
    }

    /** The same value may look otherwise in a column of another type, and only there. */
    @ParameterizedTest
    @MethodSource("unlikeTypes")
    void sameValuesOfAnotherTypeAreTheirOwnKind(
            String kind, Column mine, String online, Column theirs, String target) {
        assertEquals(
                kind,
                kind(judged(column(mine, online), column(theirs, target), Optional.empty(), 0)));
        // Behind a difference of type alone a true one is found.
        assertEquals(
                "content",
                kind(
                        judged(
                                column(mine, online, "1"),
                                column(theirs, target, "2"),
                                Optional.empty(),
                                0)));
    }

    private static Answer floats(String... values) {
        RowSet rows = new RowSet(List.of(new Column("d", BinaryValue.TYPE_DOUBLE, false)), false);
        for (String value : values) {
            byte[] row = io.netty.buffer.ByteBufUtil.getBytes(Bytes.textRow(value));
            rows.add(row, 0, row.length, new KeepBudget(1 << 16));
        }
        return results(new Result.Rows(rows, 0));
    }

    private static String kind(Verdict verdict) {
        return ((Verdict.Different) verdict).kind();
    }

    @Test
    void findsAnotherCountOfAffectedRowsAndOfWarnings() {
        Answer one = results(new Result.Done(1, 7, 0));
        assertEquals(SAME, Replies.compare(one, results(new Result.Done(1, 99, 0))));
        assertEquals(
                different("affected-rows", "1", "2"),
                Replies.compare(one, results(new Result.Done(2, 7, 0))));
        assertEquals(
                different("warnings", "0 warnings", "1 warnings"),
                Replies.compare(one, results(new Result.Done(1, 7, 1))));
        assertEquals(
                "warnings",
                kind(Replies.compare(rows("a"), results(new Result.Rows(rowSet("a"), 1)))));
    }

    @Test
    void findsAnotherShape() {
        Answer done = results(new Result.Done(0, 0, 0));
        assertEquals("shape", kind(Replies.compare(done, rows("a"))));
        assertEquals(
                different("shape", "2 results", "1 results"),
                Replies.compare(results(new Result.Done(0, 0, 0), new Result.Done(0, 0, 0)), done));
        RowSet two =
                new RowSet(List.of(new Column("a", 3, false), new Column("b", 3, false)), false);
        assertEquals(
                different("columns", "1 columns", "2 columns"),
                Replies.compare(rows("a"), results(new Result.Rows(two, 0))));
    }

    @Test
    void namesTheResultWhereThereAreSeveral() {
        Answer online = results(new Result.Done(0, 0, 0), new Result.Rows(rowSet("a"), 0));
        Answer target = results(new Result.Done(0, 0, 0), new Result.Rows(rowSet("b"), 0));
        assertEquals(
                different(
                        "content",
                        "result 2: row 1, column name: 'a'",
                        "result 2: row 1, column name: 'b'"),
                Replies.compare(online, target));
    }

    @Test
    void comparesNumbersOfAPreparedStatement() {
        Column column = new Column("a", 3, false);
        Answer online = new Answer.Prepared(1, 1, List.of(column), 0);
        assertEquals(SAME, Replies.compare(online, new Answer.Prepared(9, 1, List.of(column), 0)));
        assertEquals(
                "columns", kind(Replies.compare(online, new Answer.Prepared(1, 1, List.of(), 0))));
        assertEquals(
                "warnings",
                kind(Replies.compare(online, new Answer.Prepared(1, 1, List.of(column), 1))));
    }

    @Test
    void doesNotCompareWhatCannotBeTheSame() {
        assertEquals(
                new Verdict.NotCompared("statistics"),
                Replies.compare(new Answer.Statistics("a"), new Answer.Statistics("b")));
        Answer now = new Answer.Results(List.of(new Result.Rows(rowSet("1"), 0)), true);
        Answer later = new Answer.Results(List.of(new Result.Rows(rowSet("2"), 0)), true);
        assertEquals(new Verdict.NotCompared("non-deterministic"), Replies.compare(now, later));
        assertEquals(SAME, Replies.compare(now, now));
        assertEquals(
                "rows",
                kind(
                        Replies.compare(
                                now,
                                new Answer.Results(List.of(new Result.Rows(rowSet(), 0)), true))));
    }

    @Test
    void takesTheSameNumberInTwoWidthsForTheSame() {
        // select 1: LONG at MariaDB, LONGLONG at MySQL.
        RowSet online = binary(3, "00 00 01000000");
        RowSet target = binary(8, "00 00 0100000000000000");
        assertTrue(online.equalInOrder(target));
        assertTrue(!online.equalInOrder(binary(8, "00 00 0200000000000000")));
    }

    private static RowSet binary(int type, String hex) {
        RowSet rows = new RowSet(List.of(new Column("1", type, false)), true);
        byte[] row = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertTrue(rows.add(row, 0, row.length, new KeepBudget(1024)));
        return rows;
    }

    @Test
    void namesARowBeyondThoseKept() {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            values.add("value " + i);
        }
        Answer online = rows(values.toArray(new String[0]));
        values.set(1900, "other");
        Answer target = rows(values.toArray(new String[0]));
        assertEquals(
                different(
                        "content",
                        "row 1901 (too far back to be shown)",
                        "row 1901 (too far back to be shown)"),
                Replies.compare(online, target));
        values.set(1900, "value 1900");
        values.set(4900, "other");
        assertEquals(
                "of 5000 rows one differs behind the first 2048",
                ((Verdict.Different) Replies.compare(online, rows(values.toArray(new String[0]))))
                        .online());
    }

    @Test
    void showsBytesThatAreNoTextInHex() {
        byte[] bytes = {(byte) 0xFF, 0x00};
        assertEquals("x'ff00'", ShownValue.of(bytes, 0, 2).text());
        byte[] text = "é".repeat(200).getBytes(StandardCharsets.UTF_8);
        assertTrue(
                ShownValue.of(text, 0, text.length).text().endsWith("'… (400 bytes)"),
                ShownValue.of(text, 0, text.length).text());
    }
}
