package dev.understudy.mysql;

import static dev.understudy.mysql.Story.APP;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.login.LoginReply;
import dev.understudy.mysql.login.SentLogin;
import dev.understudy.mysql.login.ServerPackets;
import dev.understudy.mysql.login.Transcript;
import dev.understudy.mysql.wire.AnyBytes;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session makes of production, up to the moment when it connects to the target. */
class CapturedLoginTest {
    private static final Map<String, Object> ANYBODY =
            Map.of("users", Map.of("*", Map.of("password", "x")));

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "mariadb-cli-to-mariadb-10.11",
                "mysql-cli-to-mariadb-10.11",
                "mariadb-cli-to-mysql-9.7",
                "empty-password",
                "fast-authentication",
                "full-authentication",
                "sha256-password",
                "ed25519"
            })
    void isFollowedToItsGoodEndByteForByteOrAtOnce(String recorded) {
        Playbook whole = Story.play(Story.of(ANYBODY), recorded);
        Playbook bytewise = Story.of(ANYBODY);
        for (Transcript.Piece piece : Transcript.of(recorded).pieces()) {
            for (int i = 0; i < piece.bytes().readableBytes(); i++) {
                Story.show(bytewise, piece.direction(), piece.bytes().slice(i, 1));
            }
        }
        List<Transcript.Piece> pieces = Transcript.of(recorded).pieces();
        for (Playbook book : List.of(whole, bytewise)) {
            assertEquals(1, book.all(SessionAction.Asked.class).size());
            SessionAction.Answered answered = book.all(SessionAction.Answered.class).getFirst();
            assertEquals(Side.ONLINE, answered.side());
            assertEquals(new LoginReply.Accepted(""), answered.reply());
            assertEquals(
                    List.of(SessionAction.Connect.toTarget()),
                    book.all(SessionAction.Connect.class));
            assertTrue(book.held());
            assertEquals(
                    pieces.getLast().bytes().readableBytes(),
                    book.unread(Direction.FROM_CLIENT),
                    "the first command is left for later");
            assertEquals(0, book.unread(Direction.FROM_SERVER));
        }
    }

    @Test
    void theRequestTellsUserAndDatabaseAndNoSecret() {
        var request =
                Story.play(Story.of(APP), "full-authentication")
                        .all(SessionAction.Asked.class)
                        .getFirst()
                        .request();
        assertEquals(0, request.ordinal());
        assertEquals("login", request.operation());
        assertEquals("login", request.fingerprint());
        assertEquals("login of 'app' to database 'shop'", request.text());
        assertTrue(request.answerDue());
    }

    @Test
    void aCommandGluedToTheLoginIsLeftForLater() {
        List<Transcript.Piece> pieces = Transcript.of("mariadb-cli-to-mariadb-10.11").pieces();
        ByteBuf command = pieces.get(3).bytes();
        Playbook book = Story.of(APP).server(pieces.get(0).bytes());
        book.client(Unpooled.wrappedBuffer(pieces.get(1).bytes(), command));
        assertEquals(command.readableBytes(), book.unread(Direction.FROM_CLIENT));
        assertFalse(book.held());
        book.server(pieces.get(2).bytes());
        assertTrue(book.held());
        assertEquals(command.readableBytes(), book.unread(Direction.FROM_CLIENT));
    }

    @Test
    void aRefusedLoginIsSkippedAndNothingIsConnected() {
        Playbook book = Story.play(Story.of(APP), "wrong-password");
        assertEquals(List.of(new SessionAction.Skipped(0, "login-refused-online")), book.actions());
        assertEquals(List.of(), book.all(SessionAction.Connect.class));
        assertEquals(List.of(), book.all(SessionAction.Answered.class));
        book.on(end(Direction.FROM_SERVER)).expectNothing();
    }

    @Test
    void aServerThatRefusesToGreetMakesNoRequest() {
        Story.of(APP)
                .server(ServerPackets.error(0, 1040, "Too many connections"))
                .expectNothing()
                .on(end(Direction.FROM_SERVER))
                .expectNothing();
    }

    @Test
    void behindTheRequestForTlsBothDirectionsAreInIt() {
        List<Transcript.Piece> pieces = Transcript.of("tls").pieces();
        Playbook book = Story.of(APP).server(pieces.get(0).bytes());
        book.client(pieces.get(1).bytes())
                .expect(
                        new SessionAction.CapturedTls(
                                Direction.FROM_CLIENT, pieces.get(1).bytes().readableBytes()),
                        new SessionAction.CapturedTls(
                                Direction.FROM_SERVER, pieces.get(0).bytes().readableBytes()));
        assertEquals(0, book.all(SessionAction.Asked.class).size());
        assertEquals(0, book.unread(Direction.FROM_CLIENT));
    }

    @Test
    void whatIsReadOutOfTlsIsTheLogin() {
        Playbook book = Story.of(APP);
        List<Transcript.Piece> pieces = Transcript.of("fast-authentication").pieces();
        book.server(Transcript.of("tls").pieces().get(0).bytes());
        book.client(Transcript.of("tls").pieces().get(1).bytes());
        for (Transcript.Piece piece : pieces.subList(1, pieces.size())) {
            Story.show(book, piece.direction(), piece.bytes());
        }
        assertEquals(List.of(), book.all(SessionAction.LeaveOut.class));
        assertEquals("login", book.all(SessionAction.Asked.class).getFirst().request().operation());
        assertEquals(1, book.all(SessionAction.Connect.class).size());
    }

    @Test
    void whatIsCompressedBehindTheLoginIsRead() {
        Playbook book = Story.connected(APP, "zlib").target(ServerPackets.mariaDb1011());
        assertFalse(
                SentLogin.of(book.all(SessionAction.Send.class).getFirst())
                        .capabilities()
                        .has(Capabilities.COMPRESS));
        // The second is the answer to SET NAMES.
        book.target(ServerPackets.ok(2)).target(ServerPackets.ok(1));
        assertEquals(2, book.all(SessionAction.Asked.class).size());
        assertEquals(0, book.unread(Direction.FROM_CLIENT));
        assertEquals(List.of(), book.all(SessionAction.LeaveOut.class));
    }

    @Test
    void aConnectionJoinedMidwayIsLeftOutAtItsFirstBytes() {
        Playbook book = Playbook.of(Story.open(Story.protocol(APP), true));
        book.client(ServerPackets.packet(0, "0e"));
        assertEquals("joined-midway", onlyLeaveOut(book).reason());
        assertEquals(0, book.unread(Direction.FROM_CLIENT));
        book.server(ServerPackets.ok(1)).expectNothing();
    }

    @Test
    void aGapIsLeftOutWithItsPlace() {
        Playbook book = Story.of(APP).server(ServerPackets.mysql97());
        book.on(new SessionEvent.CapturedGap(Direction.FROM_CLIENT, 17, 1448, 5));
        assertEquals(
                new SessionAction.LeaveOut(
                        "gap", "the capture lacks 1448 bytes of the client at byte 17"),
                onlyLeaveOut(book));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "another protocol, 'HTTP/1.1 200 OK\r\n\r\n'",
        "the X protocol, '\u0005\u0000\u0000\u0000\u000b\u0008\u0005\u001a\u0000'",
        "protocol version 9, '\u0010\u0000\u0000\u0000\u0009 3.22.1 and more'"
    })
    void whatIsNotMysqlIsLeftOut(String name, String bytes) {
        Playbook book =
                Story.of(APP).server(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
        assertEquals("not-mysql", onlyLeaveOut(book).reason(), name);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "login before 4.1, 0500000185a20000006100",
        "login that is cut, 0400000185a2bf00",
        "a payload that nobody sends, ffffff01"
    })
    void aDamagedLoginIsLeftOut(String name, String hex) {
        Playbook book = Story.of(APP).server(ServerPackets.mysql97());
        book.client(Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex)));
        assertEquals("malformed", onlyLeaveOut(book).reason(), name);
    }

    @Test
    void anEndlessLoginIsLeftOut() {
        List<Transcript.Piece> pieces = Transcript.of("fast-authentication").pieces();
        Playbook book = Story.of(APP).server(pieces.get(0).bytes()).client(pieces.get(1).bytes());
        for (int i = 0; i < 100 && book.all(SessionAction.LeaveOut.class).isEmpty(); i++) {
            book.server(ServerPackets.fastAuthSuccess(2));
        }
        assertEquals("malformed", onlyLeaveOut(book).reason());
    }

    @Test
    void anUnknownUserIsLeftOutWithTheNextStep() {
        Playbook book =
                Story.play(
                        Story.of(Map.of("users", Map.of("other", Map.of("password", "x")))),
                        "fast-authentication");
        assertEquals(
                new SessionAction.LeaveOut(
                        "unknown-user",
                        "no password for 'app' on the target: set mysql.users.app.password"),
                onlyLeaveOut(book));
        assertEquals(1, book.all(SessionAction.Answered.class).size());
        assertEquals(List.of(), book.all(SessionAction.Connect.class));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "mariadb-cli-to-mariadb-10.11, online-pw, true",
        "mariadb-cli-to-mariadb-10.11, target-pw, false",
        "mysql-cli-to-mariadb-10.11, online-pw, true",
        "fast-authentication, target-pw, true",
        "fast-authentication, online-pw, false",
        "full-authentication, target-pw, true",
        "full-authentication, online-pw, false",
        "mariadb-cli-to-mysql-9.7, target-pw, true",
        "sha256-password, whatever, true",
        "ed25519, whatever, true",
        "empty-password, '', true",
        "empty-password, wrong, false"
    })
    void theOnlinePasswordIsCheckedBeforeAnythingIsSent(
            String recorded, String onlinePassword, boolean goesOn) {
        Map<String, Object> user = Map.of("password", "x", "online-password", onlinePassword);
        Playbook book = Story.play(Story.of(Map.of("users", Map.of("*", user))), recorded);
        assertEquals(goesOn ? 1 : 0, book.all(SessionAction.Connect.class).size());
        if (!goesOn) {
            SessionAction.LeaveOut left = onlyLeaveOut(book);
            assertEquals("online-password-mismatch", left.reason());
            assertFalse(left.detail().contains("wrong"), left.detail());
            assertFalse(left.detail().contains("-pw"), left.detail());
        }
    }

    @Test
    void aConnectionThatEndsBeforeItsLoginHasNothingToCopy() {
        Story.of(APP)
                .server(ServerPackets.mysql97())
                .on(end(Direction.FROM_CLIENT))
                .expectNothing()
                .on(end(Direction.FROM_SERVER))
                .expectNothing();
    }

    @Test
    void aLoginThatIsNeverAnsweredIsLost() {
        List<Transcript.Piece> pieces = Transcript.of("fast-authentication").pieces();
        Playbook book = Story.of(APP).server(pieces.get(0).bytes()).client(pieces.get(1).bytes());
        book.on(new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.RESET, 7));
        book.expect(new SessionAction.Lost(0, "no-answer-online"));
    }

    @Test
    void noCapturedBytesMakeItThrow() {
        List<Transcript.Piece> pieces = Transcript.of("fast-authentication").pieces();
        AnyBytes.eachPair(
                300,
                (server, client) -> {
                    ByteBuf fromServer = Unpooled.wrappedBuffer(server);
                    ByteBuf fromClient = Unpooled.wrappedBuffer(client);
                    followsWithoutThrowing(pieces, fromServer, fromClient, fromServer);
                    // And as packets, whose headers are good.
                    followsWithoutThrowing(
                            pieces,
                            Packet.encoded(0, fromServer),
                            Packet.encoded(1, fromClient),
                            Packet.encoded(2, fromServer));
                });
    }

    private static void followsWithoutThrowing(
            List<Transcript.Piece> pieces, ByteBuf greeting, ByteBuf login, ByteBuf answer) {
        Story.of(ANYBODY).server(greeting.duplicate()).client(login.duplicate());
        Playbook greeted = Story.of(ANYBODY).server(ServerPackets.mysql97());
        greeted.client(login.duplicate()).server(answer.duplicate());
        Playbook loggedIn =
                Story.of(ANYBODY).server(pieces.get(0).bytes()).client(pieces.get(1).bytes());
        loggedIn.server(answer.duplicate()).client(login.duplicate());
    }

    private static SessionEvent end(Direction direction) {
        return new SessionEvent.CapturedEnd(direction, StreamEnd.FIN, 9);
    }

    private static SessionAction.LeaveOut onlyLeaveOut(Playbook book) {
        List<SessionAction.LeaveOut> all = book.all(SessionAction.LeaveOut.class);
        assertEquals(1, all.size(), all::toString);
        return all.getFirst();
    }
}
