package dev.understudy.mysql.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.LengthEncoded;
import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Answers made at random, written as servers of unlike capabilities write them, that differ in
 * exactly one thing: it is told, by its kind; and what differs in nothing is the same.
 */
class ComparisonFuzzTest {
    private static final int ROUNDS = 400;
    private static final int NEVER = 1 << 20;
    private static final Strictness STRICT = new Strictness(0, true, Strictness.Metadata.COMPARE);

    private static final List<Integer> TYPES =
            List.of(
                    BinaryValue.TYPE_TINY,
                    BinaryValue.TYPE_SHORT,
                    BinaryValue.TYPE_LONG,
                    BinaryValue.TYPE_LONGLONG,
                    BinaryValue.TYPE_DOUBLE,
                    BinaryValue.TYPE_DATETIME,
                    BinaryValue.TYPE_TIME,
                    246,
                    253);

    /** What one answer is made of; a value is its text, or null. */
    private record Made(
            List<Column> columns,
            List<List<String>> rows,
            int warnings,
            int status,
            long affected,
            long insertId,
            Optional<String> error) {
        boolean isError() {
            return error.isPresent();
        }
    }

    /** First numbers of neighbouring seeds are much alike. */
    private static Random seeded(int seed) {
        return new Random(seed * 0x9E3779B97F4A7C15L);
    }

    private static Made made(Random random) {
        if (random.nextInt(8) == 0) {
            return new Made(List.of(), List.of(), 0, 0, 0, 0, Optional.of("1054#42S22no column"));
        }
        List<Column> columns = new ArrayList<>();
        boolean none = random.nextInt(3) == 0;
        int width = none ? 0 : 1 + random.nextInt(9);
        for (int i = 0; i < width; i++) {
            int type = TYPES.get(random.nextInt(TYPES.size()));
            columns.add(new Column("c" + i, type, false, 0, false, type == 253 ? 45 : 63));
        }
        List<List<String>> rows = new ArrayList<>();
        for (int i = none ? 0 : random.nextInt(12); i > 0; i--) {
            rows.add(row(columns, random));
        }
        int status = random.nextInt(4);
        return new Made(
                columns,
                rows,
                random.nextInt(3),
                status,
                none ? random.nextInt(NEVER) : 0,
                none ? random.nextInt(300) : 0,
                Optional.empty());
    }

    private static List<String> row(List<Column> columns, Random random) {
        List<String> row = new ArrayList<>();
        for (Column column : columns) {
            row.add(random.nextInt(5) == 0 ? null : value(column.type(), random));
        }
        return row;
    }

    private static String value(int type, Random random) {
        return switch (type) {
            case BinaryValue.TYPE_TINY -> String.valueOf((byte) random.nextInt());
            case BinaryValue.TYPE_SHORT -> String.valueOf((short) random.nextInt());
            case BinaryValue.TYPE_LONG -> String.valueOf(random.nextInt());
            case BinaryValue.TYPE_LONGLONG -> String.valueOf(random.nextLong());
            case BinaryValue.TYPE_DOUBLE -> random.nextInt(99) + "." + (1 + random.nextInt(9));
            case BinaryValue.TYPE_DATETIME ->
                    "20%02d-01-%02d 10:00:%02d"
                            .formatted(
                                    random.nextInt(99), 1 + random.nextInt(28), random.nextInt(60));
            case BinaryValue.TYPE_TIME ->
                    "%02d:10:%02d".formatted(random.nextInt(24), random.nextInt(60));
            case 246 -> random.nextInt(99) + ".50";
            default -> "ä".repeat(random.nextInt(20)) + random.nextInt();
        };
    }

    enum Difference {
        VALUE("content"),
        NULL("content"),
        ROWS("rows"),
        ORDER("order"),
        WARNINGS("warnings"),
        AFFECTED("affected-rows"),
        INSERT_ID("insert-id"),
        IN_TRANSACTION("transaction"),
        AUTOCOMMIT("transaction"),
        COLUMNS("columns"),
        NAME("names"),
        TYPE("column-type"),
        SIGN("column-type"),
        COLLATION("collation"),
        ERROR_CODE("error-changed"),
        ERROR_STATE("error-changed"),
        ERROR_TEXT("error-changed"),
        ERROR("error-appeared"),
        ERROR_GONE("error-gone"),
        CONTENTION("contention"),
        SHAPE("shape"),
        MORE_RESULTS("shape"),
        FEWER_RESULTS("shape");

        private final String kind;

        Difference(String kind) {
            this.kind = kind;
        }

        private boolean fits(Made made) {
            boolean rows = !made.columns().isEmpty();
            return switch (this) {
                case VALUE, NULL -> !made.rows().isEmpty();
                case ROWS, COLUMNS, NAME, SIGN, COLLATION -> rows;
                case TYPE -> rows && made.columns().stream().anyMatch(Difference::isInteger);
                case ORDER -> made.rows().stream().distinct().count() > 1;
                case WARNINGS, IN_TRANSACTION, AUTOCOMMIT, CONTENTION, ERROR -> !made.isError();
                case AFFECTED, INSERT_ID, SHAPE -> !rows && !made.isError();
                case ERROR_CODE, ERROR_STATE, ERROR_TEXT, ERROR_GONE -> made.isError();
                case MORE_RESULTS, FEWER_RESULTS -> !made.isError();
            };
        }

        private static boolean isInteger(Column column) {
            return column.type() == BinaryValue.TYPE_LONG;
        }

        private Made of(Made made, Random random) {
            List<Column> columns = new ArrayList<>(made.columns());
            List<List<String>> rows = new ArrayList<>();
            made.rows().forEach(row -> rows.add(new ArrayList<>(row)));
            int at = columns.isEmpty() ? 0 : random.nextInt(columns.size());
            int row = rows.isEmpty() ? 0 : random.nextInt(rows.size());
            int warnings = made.warnings();
            int status = made.status();
            long affected = made.affected();
            long insertId = made.insertId();
            Optional<String> error = made.error();
            switch (this) {
                case VALUE -> {
                    String old = rows.get(row).get(at);
                    String other = old;
                    while (other == null || other.equals(old)) {
                        other = value(columns.get(at).type(), random);
                    }
                    rows.get(row).set(at, other);
                }
                case NULL -> {
                    boolean isNull = rows.get(row).get(at) == null;
                    rows.get(row).set(at, isNull ? value(columns.get(at).type(), random) : null);
                }
                case ROWS -> rows.add(row, row(columns, random));
                case ORDER -> {
                    int other = 0;
                    while (rows.get(other).equals(rows.get(row))) {
                        other++;
                    }
                    List<String> moved = rows.get(row);
                    rows.set(row, rows.get(other));
                    rows.set(other, moved);
                }
                case WARNINGS -> warnings++;
                case AFFECTED -> affected++;
                case INSERT_ID -> insertId++;
                case IN_TRANSACTION -> status ^= OkPacket.STATUS_IN_TRANSACTION;
                case AUTOCOMMIT -> status ^= OkPacket.STATUS_AUTOCOMMIT;
                case COLUMNS -> {
                    columns.add(new Column("more", 253, false, 0, false, 45));
                    rows.forEach(each -> each.add("x"));
                }
                case NAME, SIGN, COLLATION -> columns.set(at, changed(columns.get(at)));
                case TYPE -> {
                    while (!isInteger(columns.get(at))) {
                        at = (at + 1) % columns.size();
                    }
                    columns.set(at, new Column("c" + at, BinaryValue.TYPE_LONGLONG, false));
                }
                case ERROR_CODE -> error = Optional.of("1146#42S22no column");
                case ERROR_STATE -> error = Optional.of("1054#HY000no column");
                case ERROR_TEXT -> error = Optional.of("1644#45000theirs");
                case ERROR -> error = Optional.of("1054#42S22no column");
                case CONTENTION -> error = Optional.of("1213#40001dead lock");
                case ERROR_GONE -> error = Optional.empty();
                case SHAPE -> columns.add(new Column("c0", 253, false, 0, false, 45));
                case MORE_RESULTS, FEWER_RESULTS -> {}
            }
            return new Made(columns, rows, warnings, status, affected, insertId, error);
        }

        private Column changed(Column column) {
            return new Column(
                    this == NAME ? column.name().toUpperCase(java.util.Locale.ROOT) : column.name(),
                    column.type(),
                    column.unsigned() ^ this == SIGN,
                    0,
                    false,
                    column.collation() + (this == COLLATION ? 200 : 0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneDifferenceIsToldByItsKind(Difference difference) {
        int told = 0;
        for (int seed = 0; seed < ROUNDS; seed++) {
            Random random = seeded(seed);
            Made online = made(random);
            if (difference == Difference.ERROR_TEXT && online.isError()) {
                online = new Made(List.of(), List.of(), 0, 0, 0, 0, Optional.of("1644#45000mine"));
            }
            // What a sign bears on is the values, too.
            boolean fits =
                    difference.fits(online)
                            && (difference != Difference.SIGN || online.rows().isEmpty());
            if (!fits) {
                continue;
            }
            Made target = difference.of(online, random);
            boolean binary = random.nextBoolean();
            List<Made> mine = new ArrayList<>(List.of(online));
            List<Made> theirs = new ArrayList<>(List.of(target));
            Made other = made(random);
            if (!other.isError() && random.nextBoolean()) {
                mine.addFirst(other);
                theirs.addFirst(other);
            }
            if (difference == Difference.MORE_RESULTS) {
                theirs.add(ended(random));
            } else if (difference == Difference.FEWER_RESULTS) {
                mine.add(ended(random));
            }
            int keep = random.nextBoolean() ? 64 << 10 : random.nextInt(200);
            Answer captured = answer(mine, binary, random, keep);
            Answer answered = answer(theirs, binary, random, keep);
            Verdict verdict = verdict(captured, answered, Optional.empty());
            String what = "seed " + seed + ": " + verdict;
            assertEquals(
                    difference.kind,
                    assertInstanceOf(Verdict.Different.class, verdict, what).kind(),
                    what);
            told++;
            assertEquals(
                    new Verdict.Same(),
                    verdict(captured, answer(mine, binary, random, keep), Optional.empty()),
                    "seed " + seed);
        }
        assertTrue(told > ROUNDS / 30, told + " answers");
    }

    private static Made ended(Random random) {
        Made made = made(random);
        return made.isError() ? ended(random) : made;
    }

    /** Cells that the control gives otherwise excuse themselves, and no other. */
    @Test
    void theControlExcusesItsOwnCellsAlone() {
        for (int seed = 0; seed < 4 * ROUNDS; seed++) {
            Random random = seeded(seed);
            Made online = made(random);
            if (online.rows().isEmpty()) {
                continue;
            }
            List<Column> columns = online.columns();
            List<List<String>> theirs = new ArrayList<>();
            List<List<String>> noise = new ArrayList<>();
            boolean proven = false;
            for (List<String> row : online.rows()) {
                List<String> target = new ArrayList<>(row);
                List<String> control = new ArrayList<>(row);
                for (int i = 0; i < columns.size(); i++) {
                    boolean noisy = random.nextInt(6) == 0;
                    boolean differs = random.nextInt(12) == 0;
                    control.set(i, noisy ? unlike(row.get(i), columns.get(i), random) : row.get(i));
                    target.set(
                            i, differs ? unlike(row.get(i), columns.get(i), random) : row.get(i));
                    proven |= differs && !noisy;
                }
                theirs.add(target);
                noise.add(control);
            }
            boolean whole = random.nextBoolean();
            int keep = whole ? 64 << 10 : random.nextInt(300);
            boolean binary = random.nextBoolean();
            Answer third = answer(List.of(with(online, noise)), binary, random, keep);
            Verdict verdict =
                    verdict(
                            answer(List.of(online), binary, random, keep),
                            answer(List.of(with(online, theirs)), binary, random, keep),
                            Optional.of(third));
            String told = "seed " + seed + ": " + verdict;
            if (proven && whole) {
                assertEquals(
                        "content",
                        assertInstanceOf(Verdict.Different.class, verdict, told).kind(),
                        told);
            } else if (proven) {
                assertNotEquals(new Verdict.Same(), verdict, told);
            } else if (whole) {
                assertEquals(new Verdict.Same(), verdict, told);
            }
        }
    }

    private static Made with(Made made, List<List<String>> rows) {
        return new Made(
                made.columns(), rows, made.warnings(), made.status(), 0, 0, Optional.empty());
    }

    private static String unlike(String value, Column column, Random random) {
        String other = value(column.type(), random);
        return other.equals(value) ? null : other;
    }

    private static Verdict verdict(Answer online, Answer target, Optional<Answer> control) {
        Request request = new Request(0, "COM_QUERY", "SELECT ?", "select 1", 1, true);
        return Replies.compare(
                new Exchange(request, online, target, 1, 2, 3), control.map(a -> a), STRICT);
    }

    /** Written by a server with capabilities of its own, and read by them. */
    private static Answer answer(List<Made> results, boolean binary, Random random, int keep) {
        Capabilities capabilities = new Capabilities(Capabilities.PROTOCOL_41);
        for (long flag :
                List.of(
                        Capabilities.DEPRECATE_EOF,
                        Capabilities.SESSION_TRACK,
                        Capabilities.MARIADB_EXTENDED_METADATA,
                        Capabilities.OPTIONAL_RESULTSET_METADATA)) {
            capabilities = random.nextBoolean() ? capabilities.with(flag) : capabilities;
        }
        AnswerReader reader =
                new AnswerReader(
                        binary ? AnswerKind.BINARY : AnswerKind.TEXT,
                        capabilities,
                        List.of(),
                        false,
                        keep);
        AnswerReader.Step step = new AnswerReader.Step.More();
        for (int i = 0; i < results.size(); i++) {
            boolean more = i < results.size() - 1;
            for (ByteBuf payload : payloads(results.get(i), more, binary, capabilities)) {
                assertInstanceOf(AnswerReader.Step.More.class, step);
                step = reader.feed(payload);
            }
        }
        return assertInstanceOf(AnswerReader.Step.Whole.class, step).answer();
    }

    private static List<ByteBuf> payloads(
            Made made, boolean more, boolean binary, Capabilities capabilities) {
        if (made.isError()) {
            String error = made.error().get();
            return List.of(
                    Unpooled.buffer()
                            .writeByte(0xFF)
                            .writeShortLE(Integer.parseInt(error.substring(0, 4)))
                            .writeBytes(Bytes.text(error.substring(4))));
        }
        boolean noEof = capabilities.has(Capabilities.DEPRECATE_EOF);
        int status = made.status() | (more ? OkPacket.STATUS_MORE_RESULTS : 0);
        List<ByteBuf> out = new ArrayList<>();
        if (made.columns().isEmpty()) {
            ByteBuf ok = Unpooled.buffer().writeByte(0);
            LengthEncoded.encode(ok, made.affected());
            LengthEncoded.encode(ok, made.insertId());
            out.add(ok.writeShortLE(status).writeShortLE(made.warnings()));
            return out;
        }
        ByteBuf count = Unpooled.buffer().writeByte(made.columns().size());
        out.add(
                capabilities.has(Capabilities.OPTIONAL_RESULTSET_METADATA)
                        ? count.writeByte(1)
                        : count);
        for (Column column : made.columns()) {
            out.add(
                    Bytes.columnPayload(
                            column, capabilities.has(Capabilities.MARIADB_EXTENDED_METADATA)));
        }
        if (!noEof) {
            out.add(Bytes.eofPayload(status, 0));
        }
        for (List<String> row : made.rows()) {
            out.add(
                    binary
                            ? binary(made.columns(), row)
                            : Bytes.textRow(row.toArray(new String[0])));
        }
        out.add(
                noEof
                        ? Bytes.okPayload(0xFE, 0, status, made.warnings())
                        : Bytes.eofPayload(status, made.warnings()));
        return out;
    }

    private static ByteBuf binary(List<Column> columns, List<String> row) {
        byte[] nulls = new byte[(row.size() + 9) / 8];
        ByteBuf values = Unpooled.buffer();
        for (int i = 0; i < row.size(); i++) {
            String value = row.get(i);
            if (value == null) {
                nulls[(i + 2) / 8] |= (byte) (1 << (i + 2) % 8);
                continue;
            }
            switch (columns.get(i).type()) {
                case BinaryValue.TYPE_TINY -> values.writeByte(Integer.parseInt(value));
                case BinaryValue.TYPE_SHORT -> values.writeShortLE(Integer.parseInt(value));
                case BinaryValue.TYPE_LONG -> values.writeIntLE(Integer.parseInt(value));
                case BinaryValue.TYPE_LONGLONG -> values.writeLongLE(Long.parseLong(value));
                case BinaryValue.TYPE_DOUBLE -> values.writeDoubleLE(Double.parseDouble(value));
                case BinaryValue.TYPE_DATETIME ->
                        values.writeByte(7)
                                .writeShortLE(Integer.parseInt(value.substring(0, 4)))
                                .writeByte(Integer.parseInt(value.substring(5, 7)))
                                .writeByte(Integer.parseInt(value.substring(8, 10)))
                                .writeByte(Integer.parseInt(value.substring(11, 13)))
                                .writeByte(Integer.parseInt(value.substring(14, 16)))
                                .writeByte(Integer.parseInt(value.substring(17)));
                case BinaryValue.TYPE_TIME ->
                        values.writeByte(8)
                                .writeZero(5)
                                .writeByte(Integer.parseInt(value.substring(0, 2)))
                                .writeByte(Integer.parseInt(value.substring(3, 5)))
                                .writeByte(Integer.parseInt(value.substring(6)));
                default -> LengthEncoded.encode(values, value.getBytes(StandardCharsets.UTF_8));
            }
        }
        return Bytes.join(Unpooled.buffer().writeByte(0), Unpooled.wrappedBuffer(nulls), values);
    }
}
