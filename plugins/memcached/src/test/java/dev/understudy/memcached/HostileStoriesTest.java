package dev.understudy.memcached;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.Status;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Captures that are wrong, or meant to do harm: each ends by its reason, and nothing is guessed.
 */
class HostileStoriesTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            # client                                 | left out as       | sent
            set k 0 0 -5~get a~                      | malformed-request |
            set k 0 0 18446744073709551615~          | malformed-request |
            set k 0 0 1073741825~                    | malformed-request |
            set k 4294967296 0 1~x~                  | malformed-request |
            set k 4294967295 2147483647 1~x~         |                   | set k 4294967295 2147483647 1~x~
            set k 0 2147483648 1~x~                  | malformed-request |
            set noreply 0 0 1 noreply~x~get k~       |                   | set noreply 0 0 1 noreply~x~get k~
            set k noreply 0 1~x~                     | malformed-request |
            get a~set k 0 0 1 noreply noreply~x~     | malformed-request | get a~
            ms k S100~                               | malformed-request |
            ms k 99999999999~                        | malformed-request |
            ms !!! 1 b~x~get k~                      |                   | ms !!! 1 b~x~get k~
            config set cluster 0 3~get~              | malformed-request |
            """)
    void requestsWhoseEndIsNotCertainAreNotSent(String client, String reason, String sent) {
        Story story = Story.plain().client(client);
        assertEquals(reason == null ? "" : reason, story.leftOut());
        assertEquals(sent == null ? "" : sent, story.sent());
    }

    @Test
    void aKeyOf251BytesIsTheServersToRefuseOnlyWhereNoValueFollows() {
        String key = "k".repeat(251);
        for (String client :
                List.of("get %s~", "delete %s~", "incr %s 1~", "mg %s v~", "touch %s 1~")) {
            Story story = Story.plain().client(client.formatted(key)).both("CLIENT_ERROR bad~");
            assertEquals("", story.leftOut(), client);
            assertTrue(story.outcomes().getFirst().endsWith(" same"), story.outcomes()::toString);
        }
        for (String client : List.of("set %s 0 0 1~x~", "ms %s 1~x~", "cas %s 0 0 1 1~x~")) {
            Story story = Story.plain().client(client.formatted(key));
            assertEquals("malformed-request", story.leftOut(), client);
            assertEquals("", story.sent());
        }
    }

    @Test
    void aBase64KeyIsMappedByWhatItMeansAndItsOpaqueKept() {
        Story story = Story.plain().client("mg aGVsbG8= b c k Oq1~");
        story.online("HD c5 kaGVsbG8= Oq1 b~").target("HD c900 kaGVsbG8= Oq1 b~");
        Story classic = story.another().client("cas hello 0 0 1 5~x~").known(story.published());
        assertEquals("cas hello 0 0 1 900~x~", classic.sent());
        assertEquals(List.of("mg same"), story.outcomes());
    }

    @Test
    void dialectsDoNotMixOnAConnection() {
        ByteBuf get = BinaryPacket.request(Opcode.NOOP, 1).encoded();
        Story text = Story.plain().client("get k~");
        text.client(get.copy().writeBytes(new byte[] {0x0A}));
        assertFalse(text.sent().contains("\u0080"), text.sent());
        Story binary = Story.plain().client(get.copy()).client("get k~");
        assertEquals("malformed-request", binary.leftOut());
        assertEquals(24, binary.sentBytes().readableBytes());
    }

    @Test
    void aQuietRunMayEndWithAnyLoudRequest() {
        ByteBuf miss = packet(Opcode.GET, Status.KEY_NOT_FOUND, 9);
        Story story = Story.plain();
        story.client(request(Opcode.GETQ, 1, "a")).client(request(Opcode.DELETEQ, 2, "b"));
        story.client(request(Opcode.GET, 9, "c"));
        story.online(miss.copy()).target(miss.copy());
        assertEquals(List.of("GETQ same", "DELETEQ same", "GET same"), story.outcomes());
        Story ended = Story.plain().client(request(Opcode.GETQ, 1, "a")).ends();
        assertEquals(1, ended.playbook().all(SessionAction.HalfClose.class).size());
        assertEquals(List.of("GETQ same"), ended.targetEnds().outcomes());
    }

    private static ByteBuf request(Opcode opcode, int opaque, String key) {
        return BinaryPacket.request(opcode.code(), opaque, Story.bytes(key), Unpooled.EMPTY_BUFFER)
                .encoded();
    }

    private static ByteBuf packet(Opcode opcode, Status status, int opaque) {
        return BinaryPacket.answer(
                        opcode.code(),
                        status,
                        opaque,
                        0,
                        Unpooled.EMPTY_BUFFER,
                        Unpooled.EMPTY_BUFFER,
                        Unpooled.EMPTY_BUFFER)
                .encoded();
    }

    @Test
    void theFrameOfUdpIsNoMemcachedOfOurs() {
        ByteBuf framed =
                Unpooled.buffer().writeLong(1L << 16 | 1L << 48).writeBytes(Story.bytes("get k~"));
        assertEquals(
                Detection.NO_MATCH, new MemcachedProtocol().detect(Direction.FROM_CLIENT, framed));
        Story story = Story.plain().client(framed);
        assertEquals("", story.sent());
    }

    @Test
    void noBytesOfAClientOrServerThrowOrAreSentInPart() {
        Random random = new Random(20261130);
        List<String> words =
                List.of(
                        "get",
                        "gets",
                        "set",
                        "cas",
                        "ms",
                        "mg",
                        "ma",
                        "md",
                        "mn",
                        "k",
                        "a b",
                        "0",
                        "1",
                        "-1",
                        "99",
                        "noreply",
                        "q",
                        "b",
                        "Ox",
                        "C5",
                        "N3",
                        "ME",
                        "v",
                        " ",
                        "~",
                        "~",
                        "x~",
                        "VALUE k 0 1~x~",
                        "END~",
                        "STORED~",
                        "HD~",
                        "VA 1 c5~x~",
                        "EN~",
                        "MN~",
                        "ERROR~",
                        "\u0080",
                        "\u0000");
        for (int run = 0; run < 1_000; run++) {
            Story story = Story.plain();
            StringBuilder client = new StringBuilder();
            for (int step = 0; step < 12; step++) {
                StringBuilder bytes = new StringBuilder();
                for (int i = random.nextInt(6); i >= 0; i--) {
                    bytes.append(words.get(random.nextInt(words.size())));
                    bytes.append(random.nextBoolean() ? " " : "");
                }
                switch (random.nextInt(3)) {
                    case 0 -> story.online(bytes.toString());
                    case 1 -> story.target(bytes.toString());
                    default -> {
                        client.append(bytes);
                        story.client(bytes.toString());
                    }
                }
            }
            story.ends().targetEnds();
            String asked = client.toString().replace("\r\n", "~");
            // Whatever is sent was captured, but for cas values and forms that are ours.
            for (String line : story.sent().split("~", -1)) {
                boolean ours = line.contains("18446744073709551615") || line.startsWith("set ");
                assertTrue(ours || asked.contains(line), () -> line + " in " + asked);
            }
        }
    }
}
