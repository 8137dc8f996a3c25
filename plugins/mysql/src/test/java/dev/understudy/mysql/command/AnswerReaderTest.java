package dev.understudy.mysql.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.mysql.wire.AnyBytes;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.LengthEncoded;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerReaderTest {
    private static final CommandSettings SETTINGS =
            new CommandSettings(StatementRules.strict(), 1 << 20, 4096);

    private static Outstanding request(AnswerKind kind) {
        return new Outstanding(0, Command.COM_QUERY, kind, true, 1, false, Optional.empty());
    }

    /** Reads an answer shown in two pieces, which must end exactly at the end of the second. */
    private static Answer read(ByteBuf whole, int cut, AnswerKind kind, Capabilities capabilities) {
        AnswerStream stream = new AnswerStream(Side.ONLINE, capabilities, SETTINGS);
        stream.expect(request(kind));
        ByteBuf in = whole.duplicate();
        in.writerIndex(cut);
        AnswerStream.Found found = stream.next(in);
        if (cut < whole.writerIndex()) {
            assertInstanceOf(AnswerStream.Found.Nothing.class, found, "an end at " + cut);
            found = stream.next(in.writerIndex(whole.writerIndex()));
        }
        assertEquals(0, in.readableBytes(), "bytes left, cut at " + cut);
        return assertInstanceOf(
                        AnswerStream.Found.Whole.class, found, () -> "no answer: cut at " + cut)
                .answer();
    }

    /** An answer as such, before any flag has had its say in the bytes. */
    record Plan(List<PlannedResult> results) {
        private static final int MORE = 8;

        ByteBuf encode(Capabilities capabilities) {
            ByteBuf out = Unpooled.buffer();
            int sequence = 1;
            for (int i = 0; i < results.size(); i++) {
                int status = 2 | (i < results.size() - 1 ? MORE : 0);
                for (ByteBuf payload : results.get(i).encode(capabilities, status)) {
                    out.writeBytes(Bytes.packet(sequence++ & 0xFF, payload));
                }
            }
            return out;
        }
    }

    /** A result: OK where it has no columns. */
    record PlannedResult(int columns, List<List<String>> rows, int warnings) {
        List<ByteBuf> encode(Capabilities capabilities, int status) {
            boolean track = capabilities.has(Capabilities.SESSION_TRACK);
            boolean noEof = capabilities.has(Capabilities.DEPRECATE_EOF);
            List<ByteBuf> out = new ArrayList<>();
            if (columns == 0) {
                out.add(ok(0x00, 7, status, track));
                return out;
            }
            ByteBuf count = Unpooled.buffer();
            LengthEncoded.encode(count, columns);
            if (capabilities.has(Capabilities.OPTIONAL_RESULTSET_METADATA)
                    || capabilities.has(Capabilities.MARIADB_CACHE_METADATA)) {
                count.writeByte(1);
            }
            out.add(count);
            for (int i = 0; i < columns; i++) {
                out.add(
                        Bytes.columnPayload(
                                new Column("c" + i, 253, false),
                                capabilities.has(Capabilities.MARIADB_EXTENDED_METADATA)));
            }
            if (!noEof) {
                out.add(Bytes.eofPayload(status, 0));
            }
            for (List<String> row : rows) {
                out.add(Bytes.textRow(row.toArray(new String[0])));
            }
            out.add(noEof ? ok(0xFE, 0, status, track) : Bytes.eofPayload(status, warnings));
            return out;
        }

        private ByteBuf ok(int header, int affected, int status, boolean track) {
            ByteBuf ok = Bytes.okPayload(header, affected, status | (track ? 0x4000 : 0), warnings);
            if (track) {
                LengthEncoded.encode(ok, new byte[] {'o', 'k'});
                LengthEncoded.encode(ok, new byte[] {1, 3, 2, 'd', 'b'});
            }
            return ok;
        }
    }

    /** No rows, and values that are absent, empty or at the edges of their lengths. */
    private static List<Plan> edgePlans() {
        PlannedResult ok = new PlannedResult(0, List.of(), 0);
        return List.of(
                new Plan(List.of(ok)),
                new Plan(List.of(ok, new PlannedResult(1, List.of(), 3), ok)),
                oneColumn((String) null),
                oneColumn(""),
                oneColumn("\0", "\u00ff", "\ufffb", "\ufffe"),
                oneColumn("x".repeat(250), "x".repeat(251), "x".repeat(65_536)),
                new Plan(
                        List.of(
                                new PlannedResult(
                                        4, List.of(Arrays.asList(null, "", null, "")), 0))));
    }

    private static Plan oneColumn(String... values) {
        return new Plan(
                List.of(
                        new PlannedResult(
                                1,
                                Arrays.stream(values).map(Collections::singletonList).toList(),
                                0)));
    }

    /** Of 1..3 results, of 0..4 columns and 0..5 rows each. */
    private static Plan anyPlan(Random random) {
        List<PlannedResult> results = new ArrayList<>();
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            int columns = random.nextInt(5);
            List<List<String>> rows = new ArrayList<>();
            for (int row = random.nextInt(6); row > 0; row--) {
                rows.add(Stream.generate(() -> anyValue(random)).limit(columns).toList());
            }
            results.add(new PlannedResult(columns, rows, random.nextInt(4)));
        }
        return new Plan(results);
    }

    /** NULL at times, or 0..300 characters of any plane. */
    private static String anyValue(Random random) {
        return random.nextInt(10) == 0
                ? null
                : random.ints(random.nextInt(301), 0, 1 + Character.MAX_CODE_POINT)
                        .map(point -> random.nextBoolean() ? point & 0x7f : point)
                        .collect(
                                StringBuilder::new,
                                StringBuilder::appendCodePoint,
                                StringBuilder::append)
                        .toString();
    }

    @Test
    void readsTheSameWhateverTheFraming() {
        Random random = new Random(20261124);
        List<Plan> plans = new ArrayList<>(edgePlans());
        for (int i = 0; i < 60; i++) {
            plans.add(anyPlan(random));
        }
        for (int round = 0; round < plans.size(); round++) {
            Plan plan = plans.get(round);
            try {
                readsTheSame(plan);
            } catch (RuntimeException | Error e) {
                ByteBuf plain = plan.encode(new Capabilities(Capabilities.PROTOCOL_41));
                throw AnyBytes.failure(round, e, ByteBufUtil.getBytes(plain));
            }
        }
    }

    private static void readsTheSame(Plan plan) {
        long[] flags = {
            Capabilities.DEPRECATE_EOF,
            Capabilities.SESSION_TRACK,
            Capabilities.OPTIONAL_RESULTSET_METADATA,
            Capabilities.MARIADB_EXTENDED_METADATA,
            Capabilities.MARIADB_CACHE_METADATA
        };
        Answer plain = null;
        for (int mask = 0; mask < 1 << flags.length; mask++) {
            long bits = Capabilities.PROTOCOL_41;
            for (int i = 0; i < flags.length; i++) {
                bits |= (mask >> i & 1) * flags[i];
            }
            Capabilities capabilities = new Capabilities(bits);
            ByteBuf whole = plan.encode(capabilities);
            Answer answer = read(whole, whole.writerIndex(), AnswerKind.TEXT, capabilities);
            plain = plain == null ? answer : plain;
            assertEquals(new Verdict.Same(), Replies.compare(plain, answer));
            assertEquals(plain.describe(), answer.describe());
        }
    }

    /** What made these: a raw-socket client at MySQL 9.7.4 and MariaDB 10.11.19, 2026-11-23. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # server, case           | kind    | flags | packets, each behind its sequence id    | answer
                    9.7 optional metadata    | TEXT    | 3000000 | 1 0301; 2 036465660000000161000c3f0002000000088100000000; 3 036465660000000162000c3f0002000000088100000000; 4 036465660000000163000c3f0002000000088100000000; 5 013101320133; 6 fe000002000000 | 1 rows of 3 columns, 0 warnings
                    9.7 prepare, optional    | PREPARE | 3000000 | 1 00010000000300020000000001; 2 036465660000000178000c2d00fcff0000fd00001f0000; 3 036465660000000179000c2d00fcff0000fd00001f0000; 4 036465660000000178000c2d00fcff0000fd00001f0000; 5 036465660000000179000c2d00fcff0000fd00001f0000; 6 03646566000000017a000c3f0002000000088100000000 | prepared, 2 parameters, 3 columns
                    9.7 prepare, EOF         | PREPARE | 0       | 1 000100000002000100000000; 2 036465660000000178000c2d00fcff0000fd00001f0000; 3 fe00000200; 4 036465660000000178000c2d00fcff0000fd00001f0000; 5 03646566000000017a000c3f0002000000088100000000; 6 fe00000200 | prepared, 1 parameters, 2 columns
                    9.7 execute              | BINARY  | 9000000 | 1 01; 2 03646566000000033f2b31000c3f0016000000088000000000; 3 00000600000000000000; 4 fe000002000000 | 1 rows of 1 columns, 0 warnings
                    9.7 field list           | FIELD_LIST | 1000000 | 1 03646566056d7973716c0475736572047573657204486f737404486f73740c2d00fc030000fe034000000000; 2 fe000002000000 | 1 columns listed
                    9.7 set option, EOF      | TEXT    | 0       | 1 fe02000200     | OK, 0 affected, 2 warnings
                    9.7 set option           | TEXT    | 1000000 | 1 fe000002000000 | OK, 0 affected, 0 warnings
                    9.7 ping                 | TEXT    | 0       | 1 00000002000200 | OK, 0 affected, 2 warnings
                    9.7 unknown command      | TEXT    | 0       | 1 ff1704233038533031556e6b6e6f776e20636f6d6d616e64 | error 1047 (08S01): Unknown command
                    10.11 extended, cached   | TEXT    | 1801000000 | 1 0201; 2 03646566000000016100000c3f0001000000038100000000; 3 03646566000000016200000c3f0001000000038100000000; 4 01310132; 5 fe000002000000 | 1 rows of 2 columns, 0 warnings
                    10.11 prepare            | PREPARE | 1801000000 | 1 000100000002000100000000; 2 03646566000000016200000c3f0000000000068000000000; 3 03646566000000016100000c3f0001000000038100000000; 4 03646566000000016200000c3f0000000000068000000000 | prepared, 1 parameters, 2 columns
                    10.11 execute, no cache  | BINARY  | 1800000000 | 1 0201; 2 03646566000000016100000c3f0001000000038100000000; 3 03646566000000016200000c3f000b000000038100000000; 4 fe00000200; 5 00000100000007000000; 6 fe00000200 | 1 rows of 2 columns, 0 warnings
                    """)
    void readsWhatRealServersSaid(
            String name, AnswerKind kind, String flags, String packets, String described) {
        ByteBuf whole = Unpooled.buffer();
        for (String packet : packets.split(";", -1)) {
            String[] parts = packet.strip().split(" ", 2);
            whole.writeBytes(Bytes.packet(Integer.parseInt(parts[0]), Bytes.hex(parts[1])));
        }
        Capabilities capabilities = new Capabilities(Long.parseLong(flags, 16));
        for (int cut = 0; cut <= whole.writerIndex(); cut++) {
            assertEquals(described, read(whole, cut, kind, capabilities).describe());
        }
    }

    @Test
    void remembersColumnsThatMariaDbLeavesOut() {
        Capabilities capabilities = Bytes.usual().with(Capabilities.MARIADB_CACHE_METADATA);
        List<Column> known = List.of(new Column("a", 3, false), new Column("b", 3, false));
        AnswerReader reader = new AnswerReader(AnswerKind.BINARY, capabilities, known, false, 4096);
        reader.feed(Bytes.hex("0200"));
        reader.feed(Bytes.hex("00000100000007000000"));
        AnswerReader.Step step = reader.feed(Bytes.hex("fe000002000000"));
        assertEquals(
                "1 rows of 2 columns, 0 warnings",
                assertInstanceOf(AnswerReader.Step.Whole.class, step).answer().describe());

        AnswerReader unknown =
                new AnswerReader(AnswerKind.BINARY, capabilities, List.of(), false, 4096);
        assertInstanceOf(AnswerReader.Step.Broken.class, unknown.feed(Bytes.hex("0200")));
    }

    @Test
    void passesOverProgressReports() {
        AnswerReader reader =
                new AnswerReader(AnswerKind.TEXT, Bytes.usual(), List.of(), false, 4096);
        ByteBuf progress = Bytes.hex("ffffff 01 02 03 000000 03 616263");
        assertInstanceOf(AnswerReader.Step.More.class, reader.feed(progress));
        assertInstanceOf(AnswerReader.Step.Whole.class, reader.feed(Bytes.okPayload(0, 1, 2, 0)));
    }

    @Test
    void endsAnErrorInTheMiddleOfRows() {
        ByteBuf whole =
                Bytes.join(
                        Bytes.packet(1, Bytes.hex("01")),
                        Bytes.packet(2, Bytes.columnPayload(new Column("a", 253, false), false)),
                        Bytes.packet(3, Bytes.textRow("x")),
                        Bytes.packet(4, Bytes.errorPayload(1317, "interrupted")));
        assertEquals(
                "error 1317 (HY000): interrupted",
                read(whole, whole.writerIndex(), AnswerKind.TEXT, Bytes.usual()).describe());
    }

    @Test
    void holdsRowsOnlyWithinTheBudget() {
        RowSet rows = new RowSet(List.of(new Column("a", 253, false)), false);
        KeepBudget budget = new KeepBudget(1024);
        for (int i = 0; i < 10_000; i++) {
            byte[] row = new byte[101];
            row[0] = 100;
            row[1] = (byte) i;
            assertTrue(rows.add(row, 0, row.length, budget));
        }
        assertEquals(10_000, rows.count());
        assertTrue(rows.values(0).isPresent());
        assertTrue(rows.values(10).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // 16 MiB announced with nothing behind it
                "ffffff01",
                // a row of a column that claims 2^63 bytes
                "feffffffffffffffff",
                // a column count of 2^64-1, and none
                "09000001feffffffffffffffff",
                "0000000100"
            })
    void neitherHangsNorAllocatesByAnnouncedLengths(String hex) {
        AnswerStream stream = new AnswerStream(Side.TARGET, Bytes.usual(), SETTINGS);
        stream.expect(request(AnswerKind.TEXT));
        AnswerStream.Found found = stream.next(Bytes.hex(hex));
        assertTrue(!(found instanceof AnswerStream.Found.Whole), found::toString);
    }

    /** Any bytes: an answer, a wait or a reason, and never an exception. */
    @Test
    void survivesNoise() {
        Random random = new Random(7);
        for (int round = 0; round < 30_000; round++) {
            List<AnswerKind> kinds = List.of(AnswerKind.values());
            AnswerKind kind = kinds.get(random.nextInt(kinds.size()));
            Capabilities capabilities =
                    new Capabilities(random.nextLong() | Capabilities.PROTOCOL_41);
            AnswerReader reader = new AnswerReader(kind, capabilities, List.of(), false, 1024);
            AnswerReader.Step step = new AnswerReader.Step.More();
            for (int i = 0; i < 12 && step instanceof AnswerReader.Step.More; i++) {
                step = reader.feed(noise(random, i));
            }
        }
    }

    private static ByteBuf noise(Random random, int i) {
        if (i > 0 && random.nextInt(3) > 0) {
            return Bytes.columnPayload(
                    new Column("c", random.nextInt(256), random.nextBoolean()), false);
        }
        byte[] bytes = new byte[random.nextInt(24)];
        random.nextBytes(bytes);
        if (bytes.length > 0 && random.nextBoolean()) {
            bytes[0] = (byte) random.nextInt(4);
        }
        return Unpooled.wrappedBuffer(bytes);
    }

    @Test
    void joinsARowOfSixteenMebibytes() {
        byte[] value = new byte[17 << 20];
        ByteBuf row = Unpooled.buffer();
        LengthEncoded.encode(row, value);
        ByteBuf whole =
                Bytes.join(
                        Bytes.packet(1, Bytes.hex("01")),
                        Bytes.packet(2, Bytes.columnPayload(new Column("a", 253, false), false)),
                        Bytes.packet(3, row),
                        Bytes.packet(5, Bytes.okPayload(0xFE, 0, 2, 0)));
        AnswerStream stream =
                new AnswerStream(
                        Side.ONLINE,
                        Bytes.usual(),
                        new CommandSettings(
                                StatementRules.strict(), Packet.DEFAULT_MAX_PAYLOAD_BYTES, 1024));
        stream.expect(request(AnswerKind.TEXT));
        assertInstanceOf(AnswerStream.Found.Whole.class, stream.next(whole));
    }
}
