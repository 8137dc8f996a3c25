package dev.understudy.memcached.couchbase;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.KeptValue;
import dev.understudy.memcached.packets.PacketRequests;
import dev.understudy.memcached.text.TextRequests;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TranslationTest {
    private static ByteBuf latin(String text) {
        return Unpooled.copiedBuffer(text.replace("~", "\r\n"), ISO_8859_1);
    }

    private static Ask ask(ByteBuf head) {
        return switch (new TextRequests(4096, 1 << 20).decode(head)) {
            case Decoded.Complete<Ask>(Ask ask, int _) -> ask;
            case Decoded.Incomplete<Ask> _, Decoded.Malformed<Ask> _ ->
                    throw new AssertionError("no request: " + head.toString(ISO_8859_1));
        };
    }

    /** Head and body of a text request, divided as a session divides them. */
    private static Optional<Plan> text(String request) {
        ByteBuf whole = latin(request);
        int head = whole.bytesBefore((byte) '\n') + 1;
        ByteBuf line = whole.slice(0, head);
        return Translation.of(ask(line), line, whole.slice(head, whole.readableBytes() - head));
    }

    private static String shown(KvRequest part) {
        return "%s %s %s %s %s"
                .formatted(
                        part.opcode(),
                        part.key().toString(ISO_8859_1),
                        dash(ByteBufUtil.hexDump(part.extras())),
                        dash(part.value().toString(ISO_8859_1)),
                        Long.toUnsignedString(part.cas()));
    }

    private static String dash(String text) {
        return text.isEmpty() ? "-" : text;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # request                            | opcode key extras value cas
                    get k~                               | GET k - - 0
                    gats 60 k~                           | GAT k 0000003c - 0
                    set k 4294967295 0 2~ab~             | SET k ffffffff00000000 ab 0
                    set k 5 -1 0~~                       | SET k 0000000500278d01 - 0
                    add k 1 2592001 1 noreply~x~         | ADD k 0000000100278d01 x 0
                    replace k 1 2 1~x~                   | REPLACE k 0000000100000002 x 0
                    append k 9 9 1~x~                    | APPEND k - x 0
                    prepend k 9 9 3~x~~                  | PREPEND k - x~ 0
                    cas k 1 0 1 18446744073709551615~x~  | SET k 0000000100000000 x 18446744073709551615
                    delete k~                            | DELETE k - - 0
                    delete k 0 noreply~                  | DELETE k - - 0
                    incr k 5~                            | INCREMENT k 00000000000000050000000000000000ffffffff - 0
                    decr k 18446744073709551615~         | DECREMENT k ffffffffffffffff0000000000000000ffffffff - 0
                    touch k 10~                          | TOUCH k 0000000a - 0
                    mg k v f c O123 k q~                 | GET k - - 0
                    mg k t v L1 Ppath~                   | GET k - - 0
                    mg aw== b v T30~                     | GAT k 0000001e - 0
                    ms k 2 F7 T9 c~hi~                   | SET k 0000000700000009 hi 0
                    ms k 2 C5 S~hi~                      | -
                    ms k 2 C5~hi~                        | SET k 0000000000000000 hi 5
                    ms k 2 ME~hi~                        | ADD k 0000000000000000 hi 0
                    ms k 2 MA~hi~                        | APPEND k - hi 0
                    ms k 2 MP C9~hi~                     | PREPEND k - hi 9
                    ms k 2 MR F1~hi~                     | REPLACE k 0000000100000000 hi 0
                    md k q O7~                           | DELETE k - - 0
                    md k C77~                            | DELETE k - - 77
                    ma k D5 v~                           | INCREMENT k 00000000000000050000000000000000ffffffff - 0
                    ma k MD N30 J13~                     | DECREMENT k 0000000000000001000000000000000d0000001e - 0
                    mg k N30 v~                          | -
                    mg k R30 v~                          | -
                    ms k 2 I~hi~                         | -
                    ms k 2 E5~hi~                        | -
                    md k I T30~                          | -
                    md k x~                              | -
                    ma k T30~                            | -
                    ma k C5~                             | -
                    mg k Tabc~                           | -
                    cas k 1 0 1 0~x~                     | -
                    mn~                                  | -
                    version~                             | -
                    flush_all~                           | -
                    stats~                               | -
                    """)
    void textBecomesLoudRequests(String request, String parts) {
        Optional<Plan> plan = text(request);
        assertEquals(
                parts,
                plan.map(found -> shown(found.parts().getFirst()).replace("\r\n", "~"))
                        .orElse("-"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "GET,-,-,GET k - - 0",
        "GETKQ,-,-,GET k - - 0",
        "GATK,0000003c,-,GAT k 0000003c - 0",
        "GATKQ,0000003c,-,GAT k 0000003c - 0",
        "SETQ,deadbeef00000e10,v,SET k deadbeef00000e10 v 42",
        "ADDQ,deadbeef00000e10,v,ADD k deadbeef00000e10 v 42",
        "DELETEQ,-,-,DELETE k - - 42",
        "APPENDQ,-,v,APPEND k - v 42",
        "TOUCH,0000003c,-,TOUCH k 0000003c - 0",
        "INCREMENTQ,0000000000000001000000000000000a0000003c,-,-",
        "SET,-,v,-"
    })
    void packetsBecomeLoudUnderCouchbasesCodes(
            Opcode opcode, String extras, String value, String part) {
        byte[] extrasBytes = extras.equals("-") ? new byte[0] : ByteBufUtil.decodeHexDump(extras);
        ByteBuf packet =
                BinaryPacket.of(
                                Magic.REQUEST,
                                opcode.code(),
                                513,
                                7,
                                opcode.reads() ? 0 : 42,
                                Unpooled.wrappedBuffer(extrasBytes),
                                latin("k"),
                                latin(value.equals("-") ? "" : value))
                        .encoded();
        Decoded<Ask> decoded = new PacketRequests(BinaryLimits.MEMCACHED).decode(packet);
        if (!(decoded instanceof Decoded.Complete<Ask>(Ask ask, int length))) {
            throw new AssertionError(decoded);
        }
        Optional<Plan> plan =
                Translation.of(
                        ask,
                        packet.slice(0, length),
                        packet.slice(length, packet.readableBytes() - length));
        assertEquals(part, plan.map(found -> shown(found.parts().getFirst())).orElse("-"));
    }

    private static KvReply reply(Status status) {
        return new KvReply(status.code(), 99, 7, Optional.of(KeptValue.of(new byte[] {'4', '2'})));
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    set k 0 0 1~x~     | SUCCESS           | STORED
                    add k 0 0 1~x~     | KEY_EXISTS        | NOT_STORED
                    replace k 0 0 1~x~ | KEY_NOT_FOUND     | NOT_STORED
                    append k 0 0 1~x~  | NOT_STORED        | NOT_STORED
                    append k 0 0 1~x~  | KEY_NOT_FOUND     | NOT_STORED
                    cas k 0 0 1 5~x~   | KEY_EXISTS        | EXISTS
                    cas k 0 0 1 5~x~   | KEY_NOT_FOUND     | NOT_FOUND
                    delete k~          | SUCCESS           | DELETED
                    delete k~          | KEY_NOT_FOUND     | NOT_FOUND
                    touch k 1~         | SUCCESS           | TOUCHED
                    incr k 1~          | KEY_NOT_FOUND     | NOT_FOUND
                    incr k 1~          | NOT_A_NUMBER      | CLIENT_ERROR NOT_A_NUMBER
                    set k 0 0 1~x~     | VALUE_TOO_LARGE   | SERVER_ERROR VALUE_TOO_LARGE
                    set k 0 0 1~x~     | OUT_OF_MEMORY     | SERVER_ERROR OUT_OF_MEMORY
                    set k 0 0 1~x~     | LOCKED            | SERVER_ERROR LOCKED
                    get k~             | KEY_NOT_FOUND     | miss
                    get k~             | SUCCESS           | hit, 2 bytes, flags 7
                    get k~             | NO_ACCESS         | SERVER_ERROR NO_ACCESS
                    mg k v f~          | SUCCESS           | hit, 2 bytes, flags 7
                    mg k~              | SUCCESS           | hit
                    mg k s~            | SUCCESS           | hit, 2 bytes
                    mg k v~            | KEY_NOT_FOUND     | miss
                    ms k 1 ME~x~       | KEY_EXISTS        | NOT_STORED
                    ms k 1 C5~x~       | KEY_EXISTS        | EXISTS
                    ma k v~            | KEY_NOT_FOUND     | NOT_FOUND
                    """)
    void answersAreToldInMemcachedsWords(String request, Status status, String said) {
        Plan plan = text(request).orElseThrow();
        assertEquals(said, plan.reading().of(List.of(reply(status))).describe());
    }

    @Test
    void severalKeysAreSeveralRequestsAndOneAnswer() {
        Plan plan = text("gets a b c~").orElseThrow();
        assertEquals(3, plan.parts().size());
        Answer answer =
                plan.reading()
                        .of(
                                List.of(
                                        reply(Status.SUCCESS),
                                        reply(Status.KEY_NOT_FOUND),
                                        reply(Status.SUCCESS)));
        Answer.Items items = assertInstanceOf(Answer.Items.class, answer);
        assertEquals(List.of("a", "c"), items.items().stream().map(item -> item.key()).toList());
        assertEquals(99, items.items().getFirst().cas());
    }

    @Test
    void aNumberIsUnsigned() {
        KvReply most =
                new KvReply(
                        0,
                        1,
                        0,
                        Optional.of(KeptValue.of(ByteBufUtil.decodeHexDump("f".repeat(16)))));
        assertEquals(
                "18446744073709551615",
                text("incr k 1~").orElseThrow().reading().of(List.of(most)).describe());
    }
}
