package dev.understudy.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlsConnectionTest {
    /** Follows a connection, each direction of which has bytes that were not read yet. */
    private static final class Observer {
        private final TlsConnection connection;
        private final Map<Direction, ByteBuf> unread = new EnumMap<>(Direction.class);
        private final Map<Direction, StringBuilder> plain = new EnumMap<>(Direction.class);
        private final List<String> closed = new ArrayList<>();
        private Optional<TlsStep.Failed> failed = Optional.empty();
        private boolean waits;

        Observer(KeyTable keys) {
            connection = new TlsConnection(keys);
            for (Direction direction : Direction.values()) {
                unread.put(direction, Unpooled.buffer());
                plain.put(direction, new StringBuilder());
            }
        }

        void show(Direction direction, ByteBuf bytes) {
            unread.get(direction).writeBytes(bytes.duplicate());
            read(direction);
        }

        void read(Direction direction) {
            ByteBuf in = unread.get(direction);
            waits = false;
            while (failed.isEmpty()) {
                int before = in.readerIndex();
                switch (connection.next(direction, in)) {
                    case TlsStep.Plain(ByteBuf bytes) -> {
                        assertTrue(bytes.isReadable());
                        plain.get(direction).append(bytes.toString(StandardCharsets.US_ASCII));
                    }
                    case TlsStep.Passed() -> assertTrue(in.readerIndex() > before);
                    case TlsStep.Incomplete() -> {
                        return;
                    }
                    case TlsStep.KeysMissing() -> {
                        assertEquals(before, in.readerIndex(), "nothing is taken");
                        waits = true;
                        return;
                    }
                    case TlsStep.Closed(boolean orderly) ->
                            closed.add(direction + (orderly ? "" : " by an error"));
                    case TlsStep.Failed it -> failed = Optional.of(it);
                }
            }
        }

        String reason() {
            return failed.map(TlsStep.Failed::reason).orElse("none");
        }

        void assertReads(TlsTranscript transcript, String how) {
            assertEquals(Optional.empty(), failed, how);
            transcript
                    .plain()
                    .forEach(
                            (direction, text) ->
                                    assertEquals(text, plain.get(direction).toString(), how));
        }
    }

    private static Observer follow(TlsTranscript transcript, KeyTable keys) {
        Observer observer = new Observer(keys);
        transcript.written().forEach(each -> observer.show(each.direction(), each.bytes()));
        return observer;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tls12-gcm128",
                "tls12-gcm256",
                "tls12-rsa-gcm128",
                "tls12-dhe-gcm256",
                "tls12-chacha20",
                "tls12-cbc128-sha",
                "tls12-cbc256-sha",
                "tls12-cbc128-sha256",
                "tls12-cbc256-sha256",
                "tls12-cbc256-sha384",
                "tls12-cbc128-sha-mac-then-encrypt",
                "tls12-cbc256-sha-mac-then-encrypt",
                "tls12-cbc128-sha256-mac-then-encrypt",
                "tls12-cbc256-sha256-mac-then-encrypt",
                "tls12-cbc256-sha384-mac-then-encrypt",
                "tls12-resumed",
                "tls12-resumed-by-id",
                "tls13-gcm128",
                "tls13-gcm256",
                "tls13-chacha20",
                "tls13-resumed",
                "tls13-retry",
                "tls13-key-update",
                "tls13-padded"
            })
    void saysWhatTheApplicationSaidHoweverItIsCut(String name) {
        TlsTranscript transcript = TlsTranscript.of(name);
        Observer whole = follow(transcript, transcript.table());
        whole.assertReads(transcript, name);
        assertEquals(
                List.of("FROM_CLIENT", "FROM_SERVER"), whole.closed.stream().sorted().toList());
        assertTrue(whole.connection.describe().orElseThrow().startsWith("TLS 1." + name.charAt(4)));

        Observer bytewise = new Observer(transcript.table());
        for (TlsTranscript.Written each : transcript.written()) {
            for (int at = 0; at < each.bytes().readableBytes(); at++) {
                bytewise.show(each.direction(), each.bytes().slice(at, 1));
            }
        }
        bytewise.assertReads(transcript, "byte by byte");

        for (TlsTranscript.Written cut : transcript.written()) {
            for (int at = 1; at < cut.bytes().readableBytes(); at += 41) {
                Observer observer = new Observer(transcript.table());
                for (TlsTranscript.Written each : transcript.written()) {
                    if (each.equals(cut)) {
                        observer.show(each.direction(), each.bytes().slice(0, at));
                        observer.show(
                                each.direction(),
                                each.bytes().slice(at, each.bytes().readableBytes() - at));
                    } else {
                        observer.show(each.direction(), each.bytes());
                    }
                }
                observer.assertReads(transcript, "cut at " + at);
            }
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "tls12-camellia, tls-suite-0x0041",
        "tls12-ccm, tls-suite-0xC0AC",
        "tls13-ccm, tls-suite-0x1304",
        "tls11, tls-version-0x0302",
        "tls12-renegotiated, tls-renegotiation"
    })
    void whatIsNotSupportedIsNamed(String name, String reason) {
        TlsTranscript transcript = TlsTranscript.of(name);
        Observer observer = follow(transcript, transcript.table());
        assertEquals(reason, observer.reason());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tls12-gcm128", "tls12-cbc128-sha", "tls13-gcm256", "tls13-chacha20"})
    void waitsForSecretsThatComeLaterInAnyOrder(String name) {
        TlsTranscript transcript = TlsTranscript.of(name);
        List<String> lines = new ArrayList<>(transcript.keys());
        for (int seed = 0; seed < 10; seed++) {
            Collections.shuffle(lines, new Random(seed));
            KeyTable keys = new KeyTable(KeyTable.Limits.defaults());
            Observer observer = new Observer(keys);
            int told = 0;
            for (TlsTranscript.Written each : transcript.written()) {
                observer.show(each.direction(), each.bytes());
                while (observer.waits) {
                    keys.add(lines.get(told++), 0);
                    observer.read(each.direction());
                }
            }
            observer.assertReads(transcript, "seed " + seed);
            assertTrue(told > 0);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"tls12-gcm128", "tls12-chacha20", "tls12-cbc256-sha384", "tls13-gcm128"})
    void secretsOfAnotherConnectionAreWrongOnes(String name) {
        TlsTranscript transcript = TlsTranscript.of(name);
        KeyTable keys = new KeyTable(KeyTable.Limits.defaults());
        for (String line : transcript.keys()) {
            int at = line.length() - 1;
            keys.add(line.substring(0, at) + (line.charAt(at) == '0' ? '1' : '0'), 0);
        }
        Observer observer = follow(transcript, keys);
        assertEquals("wrong-keys", observer.reason());
        String detail = observer.failed.orElseThrow().detail();
        transcript.keys().forEach(line -> assertFalse(detail.contains(line.substring(90, 110))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tls12-gcm128", "tls12-cbc128-sha256", "tls13-chacha20"})
    void aRecordThatLacksOrWasChangedIsDamaged(String name) {
        TlsTranscript transcript = TlsTranscript.of(name);
        List<TlsTranscript.Written> writes = transcript.written();
        List<Integer> encrypted =
                IntStream.range(2, writes.size())
                        .filter(i -> writes.get(i).bytes().getByte(0) == 23)
                        .filter(i -> writes.get(i).direction() == Direction.FROM_CLIENT)
                        .boxed()
                        .toList();
        // In TLS 1.3 the last one is the alert.
        boolean tls13 = name.startsWith("tls13");
        int question = encrypted.get(encrypted.size() - (tls13 ? 2 : 1));
        Observer lacks = new Observer(transcript.table());
        Observer changed = new Observer(transcript.table());
        for (int i = 0; i < writes.size(); i++) {
            TlsTranscript.Written each = writes.get(i);
            if (i != question) {
                lacks.show(each.direction(), each.bytes());
                changed.show(each.direction(), each.bytes());
            } else {
                ByteBuf bytes = each.bytes().copy();
                int last = bytes.writerIndex() - 1;
                bytes.setByte(last, bytes.getByte(last) ^ 1);
                changed.show(each.direction(), bytes);
            }
        }
        // The first of a key cannot be told from a wrong key, and TLS 1.3 has a new one for data.
        String expected = tls13 ? "wrong-keys" : "tls-record-damaged";
        assertEquals(expected, lacks.reason());
        assertEquals(expected, changed.reason());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case                                 | from the client
                    no record                              | 47455420 2f
                    a version of no TLS                    | 1602010005 0100000100
                    a record of 2^14 + 2049                | 1603034801
                    the longest length there is            | 160301ffff
                    a hello of 2^24 - 1                    | 1603010004 01ffffff
                    a hello whose lengths do not fit       | 1603010008 01000004 0303aabb
                    data before any hello                  | 1703030003 616263
                    a change of ciphers before any hello   | 1403030001 01
                    a change of ciphers that is none       | 1403030002 0101
                    an alert of one byte                   | 1503030001 02
                    the server's hello from the client     | 1603030004 02000000
                    """)
    void hostileBytesAreNamed(String name, String hex) {
        ByteBuf bytes = Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
        Observer observer = new Observer(new KeyTable(KeyTable.Limits.defaults()));
        observer.show(Direction.FROM_CLIENT, bytes);
        assertEquals("tls-malformed", observer.reason(), name);
    }

    @Test
    void aFloodOfEmptyRecordsEnds() {
        Observer observer = new Observer(new KeyTable(KeyTable.Limits.defaults()));
        ByteBuf empty = Unpooled.wrappedBuffer(HexFormat.of().parseHex("1603030000"));
        for (int i = 0; i < 32; i++) {
            observer.show(Direction.FROM_CLIENT, empty);
            assertEquals("none", observer.reason());
        }
        observer.show(Direction.FROM_CLIENT, empty);
        assertEquals("tls-malformed", observer.reason());
    }

    @Test
    void anyBytesInAnyPlaceEndInOneStepOfThose() {
        Random random = new Random(42);
        TlsTranscript transcript = TlsTranscript.of("tls12-cbc128-sha");
        for (int round = 0; round < 1_000; round++) {
            Observer observer = new Observer(transcript.table());
            for (TlsTranscript.Written each : transcript.written()) {
                ByteBuf bytes = each.bytes().copy();
                if (random.nextInt(4) == 0) {
                    bytes.setByte(random.nextInt(bytes.readableBytes()), random.nextInt(256));
                }
                observer.show(each.direction(), bytes);
            }
            transcript
                    .plain()
                    .forEach(
                            (direction, text) ->
                                    assertTrue(
                                            text.startsWith(
                                                    observer.plain.get(direction).toString())));
        }
    }

    @Test
    void anErrorInTheHandshakeEndsTheDirection() {
        Observer observer = new Observer(new KeyTable(KeyTable.Limits.defaults()));
        observer.show(
                Direction.FROM_CLIENT,
                Unpooled.wrappedBuffer(HexFormat.of().parseHex("15030300020228")));
        assertEquals(List.of("FROM_CLIENT by an error"), observer.closed);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case                    | bytes                          | is it
                    all that is looked at     | 16030100a50100 00a1 03         | MATCH
                    one byte                  | 16                             | NEED_MORE
                    nine bytes                | 16030100a5010000a1             | NEED_MORE
                    HTTP                      | 474554202f                     | NO_MATCH
                    a login of MySQL          | 160301019200                   | NO_MATCH
                    another handshake message | 16030100a502                   | NO_MATCH
                    none                      | ''                             | NEED_MORE
                    """)
    void aClientsHelloIsTold(String name, String hex, Detection expected) {
        ByteBuf bytes = Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
        assertEquals(expected, TlsConnection.detect(bytes), name);
        assertEquals(0, bytes.readerIndex());
    }

    @Test
    void earlyDataIsNamed() {
        TlsTranscript transcript = TlsTranscript.of("tls13-resumed");
        ByteBuf hello = transcript.written().getFirst().bytes().copy();
        // The extension of renegotiation or of early data: both are empty; only the type is
        // changed.
        String hex = ByteBufUtil.hexDump(hello);
        String changed = hex.replaceFirst("00160000", "002a0000");
        assertFalse(changed.equals(hex), "no empty extension to change: " + hex);
        Observer observer = new Observer(transcript.table());
        observer.show(
                Direction.FROM_CLIENT, Unpooled.wrappedBuffer(HexFormat.of().parseHex(changed)));
        assertEquals("tls-early-data", observer.reason());
        assertInstanceOf(TlsStep.Failed.class, observer.failed.orElseThrow());
    }
}
