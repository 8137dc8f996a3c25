package dev.understudy.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.login.LoginReply;
import dev.understudy.mysql.login.Transcript;
import dev.understudy.mysql.wire.AnyBytes;
import dev.understudy.mysql.wire.ErrorPacket;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MysqlProtocolTest {
    private final MysqlProtocol protocol = new MysqlProtocol();

    @Test
    void isNamedAsTheFieldNamesIt() {
        assertEquals("mysql", protocol.name());
        assertEquals(Set.of(3306), protocol.usualPorts());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "nothing yet,              FROM_SERVER, '',             NEED_MORE",
        "half a header,            FROM_SERVER, 4b00,           NEED_MORE",
        "a header,                 FROM_SERVER, 4b000000,       NEED_MORE",
        "a greeting's first byte,  FROM_SERVER, 4b0000000a,     NEED_MORE",
        "a greeting's version,     FROM_SERVER, 4b0000000a39,   MATCH",
        "an error for a greeting,  FROM_SERVER, 17000000ff1004, MATCH",
        "a version of letters,     FROM_SERVER, 4b0000000a41,   NO_MATCH",
        "sequence id 1,            FROM_SERVER, 4b0000010a39,   NO_MATCH",
        "an impossible length,     FROM_SERVER, ffffff000a39,   NO_MATCH",
        "the X protocol,           FROM_SERVER, 050000000b0805, NO_MATCH",
        "text of another protocol, FROM_SERVER, 485454502f312e, NO_MATCH",
        "half a header,            FROM_CLIENT, d3,             NEED_MORE",
        "a login's header,         FROM_CLIENT, d3000001,       NEED_MORE",
        "a command,                FROM_CLIENT, 0100000001,     NO_MATCH",
        "text of another protocol, FROM_CLIENT, 474554202f,     NO_MATCH"
    })
    void tellsItselfByTheFirstBytes(
            String name, Direction direction, String hex, Detection detection) {
        ByteBuf bytes = Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex));
        assertEquals(detection, protocol.detect(direction, bytes), name);
        assertEquals(0, bytes.readerIndex());
    }

    @Test
    void tellsRealConnectionsAtEveryCutWithoutChangingItsMind() {
        for (Transcript.Piece piece : Transcript.of("full-authentication").pieces().subList(0, 2)) {
            Detection before = Detection.NEED_MORE;
            for (int cut = 0; cut <= piece.bytes().readableBytes(); cut++) {
                Detection now = protocol.detect(piece.direction(), piece.bytes().slice(0, cut));
                assertTrue(before == Detection.NEED_MORE || now == before, "cut " + cut);
                before = now;
            }
            assertEquals(Detection.MATCH, before);
        }
    }

    @Test
    void noFirstBytesMakeItThrow() {
        AnyBytes.each(
                200,
                bytes -> {
                    for (Direction direction : Direction.values()) {
                        protocol.detect(direction, Unpooled.wrappedBuffer(bytes));
                    }
                });
    }

    @Test
    void settingsAreCheckedBeforeTheRun() {
        Preparation unknown = protocol.prepare(Story.run(Map.of("user", Map.of())));
        assertEquals(1, unknown.problems().size());
        assertTrue(unknown.problems().getFirst().contains("mysql.user"), unknown::toString);
        assertEquals(1, protocol.prepare(Story.run(Map.of("max-packet", 1))).problems().size());
    }

    private static List<SessionAction> played(String section, Map<String, ?> entry) {
        Map<String, Object> settings = new HashMap<>(Story.APP);
        settings.put(section, Map.of("mine", entry));
        return Story.play(Story.of(settings), "full-authentication").all(SessionAction.class);
    }

    @Test
    void aSessionOfAUserWhoIsFilteredIsPassedOverBeforeItAsksOrConnects() {
        SessionAction app = new SessionAction.OfUser("app");
        assertEquals(
                List.of(app, new SessionAction.PassOver("deny-mine")),
                played("deny", Map.of("user", "app")));
        assertEquals(
                List.of(app, new SessionAction.PassOver("not-in-only")),
                played("only", Map.of("user", "other")));
        for (List<SessionAction> copied :
                List.of(
                        played("deny", Map.of("user", "other")),
                        played("deny", Map.of("user", "app", "class", "ddl")),
                        played("only", Map.of("user", "a??")))) {
            assertEquals(app, copied.getFirst());
            assertTrue(copied.contains(SessionAction.Connect.toTarget()), copied::toString);
        }
        // The stories' client has no address.
        assertEquals(
                List.of(new SessionAction.PassOver("not-in-only")),
                played("only", Map.of("client", "192.0.2.0/24")).stream().distinct().toList());
    }

    @Test
    void aRunWithoutUsersIsWarnedOf() {
        Preparation nobody = protocol.prepare(Story.run(Map.of()));
        assertEquals(List.of(), nobody.problems());
        assertTrue(nobody.warnings().getFirst().contains("mysql.users is empty"));
        assertEquals(List.of(), protocol.prepare(Story.run(Story.APP)).warnings());
    }

    @ParameterizedTest(name = "{0} online, {1} on the target")
    @CsvSource({
        "0, 0, same",
        "0, 1045, error-appeared",
        "1045, 0, error-gone",
        "1045, 1045, same",
        "1045, 1049, error-changed"
    })
    void loginsAreComparedByTheirOutcome(int online, int target, String expected) {
        Request request = new Request(0, "login", "login", "login of 'app'", 1, true);
        Verdict verdict =
                protocol.compare(
                        new Exchange(request, reply(online), reply(target), 2, 3, 4),
                        Optional.empty());
        assertEquals(
                expected.equals("same")
                        ? new Verdict.Same()
                        : new Verdict.Different(
                                expected, reply(online).describe(), reply(target).describe()),
                verdict);
    }

    private static Reply reply(int error) {
        return error == 0
                ? new LoginReply.Accepted("")
                : new LoginReply.Refused(new ErrorPacket(error, "28000", "no"));
    }

    @Test
    void isInTheIndexThatPluginsAreFoundBy() throws IOException {
        // The tests' own classes have an index as well.
        StringBuilder all = new StringBuilder();
        for (URL index :
                Collections.list(
                        MysqlProtocol.class
                                .getClassLoader()
                                .getResources("META-INF/extensions.idx"))) {
            try (InputStream in = index.openStream()) {
                all.append(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        assertTrue(all.toString().contains(MysqlProtocol.class.getName()), all::toString);
    }
}
