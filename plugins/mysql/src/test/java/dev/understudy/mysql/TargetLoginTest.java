package dev.understudy.mysql;

import static dev.understudy.mysql.Story.APP;
import static dev.understudy.mysql.Story.PASSWORD;
import static dev.understudy.mysql.Story.send;
import static dev.understudy.mysql.login.ServerPackets.NATIVE;
import static dev.understudy.mysql.login.ServerPackets.NONCE;
import static dev.understudy.mysql.login.ServerPackets.OTHER_NONCE;
import static dev.understudy.mysql.login.ServerPackets.SHA2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.login.LoginReply;
import dev.understudy.mysql.login.OldPasswordToken;
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
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our own login on the target, for a captured one that came to its good end. */
class TargetLoginTest {
    private static final String RECORDED = "mariadb-cli-to-mariadb-10.11";
    private static final Map<String, Object> WITH_TLS =
            Map.of("users", Map.of("app", Map.of("password", PASSWORD)), "target-tls", "required");

    @Test
    void theCachedPasswordTakesOneAnswer() {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mysql97());
        SentLogin login = sentLogin(book);
        assertEquals(1, login.sequence());
        assertEquals("app", login.user());
        assertEquals("shop", login.database());
        assertEquals(SHA2, login.plugin());
        assertEquals(33, login.collation());
        assertEquals(token(SHA2, NONCE), login.token());
        book.target(ServerPackets.fastAuthSuccess(2)).expectNothing();
        book.target(ServerPackets.ok(3));
        assertAccepted(book, "");
    }

    @Test
    void mariaDbTakesTheNativeTokenAtOnce() {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mariaDb1011());
        assertEquals(token(NATIVE, NONCE), sentLogin(book).token());
        book.target(ServerPackets.ok(2));
        assertAccepted(book, "");
    }

    @Test
    void itWorksInPiecesOfAnySize() {
        Playbook book = Story.connected(APP, RECORDED);
        for (ByteBuf packet :
                List.of(
                        ServerPackets.mysql97(),
                        ServerPackets.fastAuthSuccess(2),
                        ServerPackets.ok(3))) {
            for (int i = 0; i < packet.readableBytes(); i++) {
                book.target(packet.slice(i, 1));
            }
        }
        assertAccepted(book, "");
        // Our login, and behind it what the client said first: no step came twice.
        assertEquals(
                List.of(SessionAction.NO_ORDINAL, 1L),
                book.all(SessionAction.Send.class).stream()
                        .map(SessionAction.Send::ordinal)
                        .toList());
    }

    /** Without it a text like this one would have to be harmless in both readings. */
    @Test
    void theLoginsOwnStatusSaysHowStringsAreEscaped() {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mariaDb1011());
        book.target(ServerPackets.ok(2));
        book.client(Story.query("select '\\'; drop user x -- '"));
        assertEquals(List.of(), book.all(SessionAction.Skipped.class));
        assertEquals(2, book.all(SessionAction.Send.class).getLast().ordinal());
    }

    @Test
    void heldEventsComeAgainAfterTheLogin() {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mariaDb1011());
        assertTrue(book.held());
        int command = Transcript.of(RECORDED).pieces().getLast().bytes().readableBytes();
        assertEquals(command, book.unread(Direction.FROM_CLIENT));
        book.target(ServerPackets.ok(2));
        assertFalse(book.held());
    }

    @Test
    void theUserIsMappedWithItsAttributesAndOneMore() {
        Map<String, Object> mapped = Map.of("as", "rehearsal", "password", PASSWORD);
        Playbook book = Story.connected(Map.of("users", Map.of("*", mapped)), RECORDED);
        SentLogin login = sentLogin(book.target(ServerPackets.mysql97()));
        assertEquals("rehearsal", login.user());
        assertTrue(login.attributes().contains("_client_version"), login.attributes());
        assertTrue(login.attributes().endsWith("\u0007_copier\nunderstudy"), login.attributes());
    }

    @Test
    void capabilitiesKeepTheMeaningAndAreOursInShape() {
        Playbook book = Story.connected(APP, "fast-authentication");
        Capabilities agreed = sentLogin(book.target(ServerPackets.mysql97())).capabilities();
        assertTrue(
                agreed.has(
                        Capabilities.PLUGIN_AUTH
                                | Capabilities.SECURE_CONNECTION
                                | Capabilities.PLUGIN_AUTH_LENENC_CLIENT_DATA
                                | Capabilities.PROTOCOL_41
                                | Capabilities.CONNECT_ATTRS
                                | Capabilities.CONNECT_WITH_DB
                                | Capabilities.DEPRECATE_EOF
                                | Capabilities.MULTI_STATEMENTS
                                | Capabilities.MULTI_RESULTS
                                | Capabilities.LOCAL_FILES
                                | Capabilities.QUERY_ATTRIBUTES));
        for (long never :
                List.of(
                        Capabilities.SSL,
                        Capabilities.COMPRESS,
                        Capabilities.ZSTD_COMPRESSION,
                        Capabilities.SESSION_TRACK,
                        Capabilities.OPTIONAL_RESULTSET_METADATA,
                        Capabilities.FOUND_ROWS,
                        Capabilities.MULTI_FACTOR_AUTHENTICATION)) {
            assertFalse(agreed.has(never), "0x" + Long.toHexString(never));
        }
        assertEquals(0, agreed.extended());
    }

    @Test
    void aTargetOfMySql55GetsALoginItCanRead() {
        Capabilities old = new Capabilities(0x8007f7ffL);
        Playbook book = Story.connected(APP, RECORDED);
        SentLogin login = sentLogin(book.target(ServerPackets.greeting("5.5.62", old, "")));
        assertFalse(login.capabilities().has(Capabilities.PLUGIN_AUTH_LENENC_CLIENT_DATA));
        assertFalse(login.capabilities().has(Capabilities.CONNECT_ATTRS));
        assertEquals(token(NATIVE, NONCE), login.token());
    }

    @Test
    void withoutCacheThePasswordTravelsUnderTheKeyOfTheServer() {
        Transcript recorded = Transcript.of("full-authentication");
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mysql97());
        book.target(ServerPackets.fullAuthNeeded(2)).expect(send(3, new byte[] {2}));
        book.target(recorded.pieces().get(4).bytes());
        SessionAction.Send sealed =
                assertInstanceOf(SessionAction.Send.class, book.actions().getFirst());
        assertEquals(4 + 256, sealed.bytes().readableBytes());
        assertEquals(5, sealed.bytes().getByte(3));
        book.target(ServerPackets.ok(6));
        assertAccepted(book, "");
        assertNeverInClear(book);
    }

    @Test
    void insideTlsThePasswordTravelsAsItIs() {
        Playbook book = Story.connected(WITH_TLS, RECORDED).target(ServerPackets.mysql97());
        List<SessionAction> actions = book.actions();
        assertEquals(3, actions.size());
        ByteBuf request = ((SessionAction.Send) actions.get(0)).bytes();
        assertEquals("20000001", ByteBufUtil.hexDump(request, 0, 4));
        assertEquals(new SessionAction.StartTls(0), actions.get(1));
        SentLogin login = SentLogin.of((SessionAction.Send) actions.get(2));
        assertEquals(2, login.sequence());
        assertTrue(login.capabilities().has(Capabilities.SSL));
        assertEquals(
                request.slice(4, 4),
                ((SessionAction.Send) actions.get(2)).bytes().slice(4, 4),
                "the flags of both must be the same");
        book.target(ServerPackets.fullAuthNeeded(3))
                .expect(send(4, (PASSWORD + '\0').getBytes(StandardCharsets.UTF_8)));
        book.target(ServerPackets.ok(5));
        assertAccepted(book, "");
    }

    @Test
    void aTargetWithoutTlsIsNotLoggedInToWhereTlsIsRequired() {
        Playbook book = Story.connected(WITH_TLS, RECORDED).target(ServerPackets.mariaDb1011());
        assertEquals("target-tls", onlyLeaveOut(book).reason());
        assertEquals(List.of(), book.all(SessionAction.Send.class));
    }

    @Test
    void aChangeOfMethodIsAnsweredWithTheNonceThatCameWithIt() {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mysql97());
        book.target(ServerPackets.authSwitch(2, NATIVE, OTHER_NONCE))
                .expect(send(3, SentLogin.token(NATIVE, PASSWORD, OTHER_NONCE)));
        book.target(ServerPackets.authSwitch(4, SHA2, NONCE))
                .expect(send(5, SentLogin.token(SHA2, PASSWORD, NONCE)));
        book.target(ServerPackets.fullAuthNeeded(6)).expect(send(7, new byte[] {2}));
        book.target(ServerPackets.authSwitch(8, NATIVE, NONCE))
                .expect(send(9, SentLogin.token(NATIVE, PASSWORD, NONCE)));
        book.target(ServerPackets.ok(10));
        assertAccepted(book, "");
    }

    @Test
    void anEmptyPasswordIsNoBytes() {
        Map<String, Object> users = Map.of("users", Map.of("app", Map.of("password", "")));
        Playbook book = Story.connected(users, RECORDED).target(ServerPackets.mysql97());
        assertEquals(Unpooled.EMPTY_BUFFER, sentLogin(book).token());
        book.target(ServerPackets.authSwitch(2, NATIVE, NONCE)).expect(send(3, new byte[0]));
        book.target(ServerPackets.ok(4));
        assertAccepted(book, "");
    }

    @Test
    void aMethodThatIsNotOursIsGotRoundByAskingForTheRightOne() {
        Playbook book = Story.connected(APP, RECORDED);
        book.target(ServerPackets.greeting("9.7.4", ServerPackets.MYSQL_97, "sha256_password"));
        assertEquals("auth_unknown_plugin", sentLogin(book).plugin());
        assertEquals(1, sentLogin(book).token().readableBytes());
        book.target(ServerPackets.authSwitch(2, SHA2, OTHER_NONCE))
                .expect(send(3, SentLogin.token(SHA2, PASSWORD, OTHER_NONCE)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"dialog, fe6469616c6f6700" + "0a0b", "a second factor, 0264756f00"})
    void aMethodThatIsNotSupportedIsSaidClearly(String method, String payload) {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mysql97());
        book.target(ServerPackets.packet(2, payload));
        SessionAction.LeaveOut left = onlyLeaveOut(book);
        assertEquals("login-method", left.reason());
        assertTrue(left.detail().startsWith("login method " + method), left.detail());
        assertTrue(left.detail().contains("map the user"), left.detail());
    }

    @ParameterizedTest
    @CsvSource({"fe, false", "fe6d7973716c5f6f6c645f70617373776f726400" + "0908070605040302, true"})
    void theOldMethodIsAnsweredWhereTheUserSaysSo(String wish, boolean ownNonce) {
        Playbook refused = Story.connected(APP, RECORDED).target(ServerPackets.mysql97());
        refused.target(ServerPackets.packet(2, wish));
        SessionAction.LeaveOut left = onlyLeaveOut(refused);
        assertEquals("login-method", left.reason());
        assertTrue(left.detail().contains("old-password: true"), left.detail());
        assertFalse(left.detail().contains(PASSWORD), left.detail());

        Map<String, Object> allowed =
                Map.of("users", Map.of("app", Map.of("password", PASSWORD, "old-password", true)));
        Playbook book = Story.connected(allowed, RECORDED).target(ServerPackets.mysql97());
        book.target(ServerPackets.packet(2, wish));
        byte[] nonce =
                ownNonce
                        ? new byte[] {9, 8, 7, 6, 5, 4, 3, 2}
                        : ByteBufUtil.getBytes(ServerPackets.NONCE);
        book.expect(send(3, OldPasswordToken.of(PASSWORD, nonce)));
        book.target(ServerPackets.ok(4));
        assertFalse(book.held());
    }

    @Test
    void aCollationThatTheTargetKnowsByNameOnlyIsSetBehindTheLogin() {
        Playbook book = Story.connected(APP, "fast-authentication");
        assertEquals(246, sentLogin(book.target(ServerPackets.mariaDb1011())).collation());
        byte[] query =
                "\u0003SET NAMES utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci"
                        .getBytes(StandardCharsets.US_ASCII);
        book.target(ServerPackets.ok(2))
                .expect(send(0, query), new SessionAction.Injected("set-names"));
        assertTrue(book.held());
        book.target(ServerPackets.ok(1));
        assertAccepted(
                book,
                ", with utf8mb4_uca1400_nopad_ai_ci for utf8mb4_0900_ai_ci,"
                        + " without QUERY_ATTRIBUTES");
    }

    /** MariaDB keeps what its client asked for; MySQL would go back to the server's own. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        // 9.7 greets with 255, this client of MariaDB logged in with 33
        "MariaDB to MySQL, mariadb-cli-to-mariadb-10.11, true",
        "MySQL to MySQL, fast-authentication, false"
    })
    void aResetLeavesTheTargetAsItLeavesProduction(String name, String recorded, boolean needed) {
        Playbook book = Story.connected(APP, recorded).target(ServerPackets.mysql97());
        book.target(ServerPackets.fastAuthSuccess(2)).target(ServerPackets.ok(3));
        book.client(Packet.encoded(0, Unpooled.wrappedBuffer(new byte[] {0x1f})));
        assertEquals(
                needed ? List.of(new SessionAction.Injected("set-names")) : List.of(),
                book.all(SessionAction.Injected.class));
        if (needed) {
            String said =
                    book.all(SessionAction.Send.class)
                            .getLast()
                            .bytes()
                            .toString(StandardCharsets.US_ASCII);
            assertTrue(said.endsWith("SET NAMES utf8mb3 COLLATE utf8mb3_general_ci"), said);
        }
    }

    /** The mysql client said 255, which MariaDB 10.11 took for its default without a word. */
    @Test
    void whatProductionTookForItsDefaultIsThatOnTheTarget() {
        Playbook book = Story.connected(APP, "mysql-cli-to-mariadb-10.11");
        assertEquals(8, sentLogin(book.target(ServerPackets.mysql97())).collation());
    }

    @Test
    void whatATargetSaysIsCutAndCannotPaint() {
        Playbook book = Story.connected(APP, RECORDED);
        book.target(ServerPackets.error(0, 1045, "\u001b[2J\r\n" + "x".repeat(60_000)));
        String detail = onlyLeaveOut(book).detail();
        assertTrue(detail.length() <= 600 && detail.contains("?[2J??xxx"), detail);
        assertTrue(targetReply(book).describe().length() <= 600);
    }

    @Test
    void aRefusedCollationIsLeftOut() {
        Playbook book = Story.connected(APP, "fast-authentication");
        book.target(ServerPackets.mariaDb1011()).target(ServerPackets.ok(2));
        book.target(ServerPackets.error(1, 1273, "Unknown collation"));
        assertEquals("collation", onlyLeaveOut(book).reason());
    }

    @Test
    void aRefusalIsAnAnswerAndThenTheEnd() {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mysql97());
        book.target(ServerPackets.error(2, 1045, "Access denied for user 'app'"));
        LoginReply.Refused refused = assertInstanceOf(LoginReply.Refused.class, targetReply(book));
        assertEquals(1045, refused.error().number());
        assertEquals(
                new SessionAction.LeaveOut(
                        "login-refused",
                        "the target refused the login of 'app' (error 1045 (28000): Access denied"
                                + " for user 'app'): set mysql.users.app.password, and look at the"
                                + " user there"),
                onlyLeaveOut(book));
        book.on(new SessionEvent.TargetEnd(0, "closed", 9)).expectNothing();
    }

    @Test
    void aTargetThatIsFullRefusesInsteadOfGreeting() {
        Playbook book = Story.connected(APP, RECORDED);
        book.target(ServerPackets.error(0, 1040, "Too many connections"));
        assertInstanceOf(LoginReply.Refused.class, targetReply(book));
        assertTrue(onlyLeaveOut(book).detail().contains("max_connections"));
    }

    @Test
    void afterThreeRefusalsOfAUserTheTargetIsLeftAlone() {
        MysqlProtocol protocol = Story.protocol(APP);
        for (int i = 0; i < 3; i++) {
            Playbook book = Story.connected(protocol, RECORDED).target(ServerPackets.mysql97());
            book.target(ServerPackets.error(2, 1045, "Access denied, " + i));
        }
        Playbook book = Story.play(Playbook.of(Story.open(protocol, false)), RECORDED);
        assertEquals(List.of(), book.all(SessionAction.Connect.class));
        SessionAction.LeaveOut left = onlyLeaveOut(book);
        assertEquals("login-refused", left.reason());
        assertTrue(left.detail().contains("Access denied, 0"), left.detail());
    }

    @Test
    void whileAUserIsUnprovenOtherSessionsWaitForHowTheFirstOnesFare() {
        MysqlProtocol protocol = Story.protocol(APP);
        Playbook first = Story.connected(protocol, RECORDED);
        Playbook refused = Story.connected(protocol, RECORDED);
        Playbook ended = Story.connected(protocol, RECORDED);
        Playbook waiting = Story.play(Playbook.of(Story.open(protocol, false)), RECORDED);
        assertTrue(waiting.held());
        assertEquals(List.of(), waiting.all(SessionAction.Connect.class));
        ended.on(new SessionEvent.TargetEnd(0, "closed", 9));
        refused.target(ServerPackets.error(0, 1045, "no"));
        Playbook alsoTrying = Story.connected(protocol, RECORDED);
        waiting.on(new SessionEvent.Wakeup(1, 9))
                .expect(new SessionAction.WakeIn(2, MysqlSession.WAIT_ROUND));
        first.target(ServerPackets.mariaDb1011()).target(ServerPackets.ok(2));
        assertAccepted(first, "");
        waiting.on(new SessionEvent.Wakeup(2, 9)).expect(SessionAction.Connect.toTarget());
        waiting.target(ServerPackets.mariaDb1011()).target(ServerPackets.ok(2));
        assertAccepted(waiting, "");
        assertTrue(alsoTrying.held());
    }

    @Test
    void aSessionThatWaitedLongTriesByItself() {
        MysqlProtocol protocol = Story.protocol(APP);
        for (int i = 0; i < 3; i++) {
            Story.connected(protocol, RECORDED);
        }
        Playbook book = Story.play(Playbook.of(Story.open(protocol, false)), RECORDED);
        for (int round = 1; round <= MysqlSession.MAX_WAIT_ROUNDS; round++) {
            assertEquals(List.of(), book.all(SessionAction.Connect.class), "round " + round);
            book.on(new SessionEvent.Wakeup(round, 9));
        }
        book.expect(SessionAction.Connect.toTarget());
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"refused", "unreachable", "timeout", "no-ports"})
    void aTargetThatCannotBeReachedIsLeftOut(String why) {
        Playbook book = Story.play(Story.of(APP), RECORDED);
        book.on(new SessionEvent.TargetEnd(0, why, 9));
        assertEquals("connect-" + why, onlyLeaveOut(book).reason());
    }

    @Test
    void aTargetThatHangsUpDuringTheLoginIsLeftOut() {
        Playbook book = Story.connected(APP, RECORDED);
        book.on(new SessionEvent.TargetEnd(0, "reset", 9));
        assertEquals("target-ended", onlyLeaveOut(book).reason());
    }

    @Test
    void aTargetThatNeverAnswersIsLeftOutWhenTheHoldExpires() {
        Playbook book = Story.connected(APP, RECORDED);
        book.on(new SessionEvent.Expired("login", 9));
        assertEquals("hold-expired", onlyLeaveOut(book).reason());
    }

    @Test
    void aGapAfterTheLoginIsLeftOutAsWell() {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mariaDb1011());
        book.target(ServerPackets.ok(2));
        book.on(new SessionEvent.CapturedGap(Direction.FROM_SERVER, 900, 100, 9));
        assertEquals("gap", onlyLeaveOut(book).reason());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "16 MiB announced,            fffffe02",
        "an OK that is no OK,         0100000277",
        "an empty packet,             00000002",
        "LOCAL INFILE,                07000002fb2f6574632f78",
        "a step that does not exist,  020000020105",
        "a key that nobody asked for, 0500000201ffffffff",
        "a nonce of one byte,         18000002fe6d7973716c5f6e61746976655f70617373776f72640001"
    })
    void aHostileTargetIsLeftAloneAtOnce(String name, String bytes) {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mysql97());
        book.target(Unpooled.wrappedBuffer(HexFormat.of().parseHex(bytes)));
        assertEquals("target-malformed", onlyLeaveOut(book).reason(), name);
        assertNeverInClear(book);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"switch", "full"})
    void anEndlessLoginIsLeftAlone(String kind) {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mysql97());
        for (int i = 2; i < 100 && book.all(SessionAction.LeaveOut.class).isEmpty(); i += 2) {
            book.target(
                    kind.equals("switch") || i % 4 == 0
                            ? ServerPackets.authSwitch(i, SHA2, NONCE)
                            : ServerPackets.fullAuthNeeded(i));
        }
        assertEquals("target-malformed", onlyLeaveOut(book).reason());
        assertTrue(book.all(SessionAction.Send.class).size() <= 16);
    }

    @Test
    void aKeyThatIsNoneIsRefusedAndThePasswordKept() {
        Playbook book = Story.connected(APP, RECORDED).target(ServerPackets.mysql97());
        book.target(ServerPackets.fullAuthNeeded(2));
        book.target(ServerPackets.moreData(4, new byte[9000]));
        assertEquals("target-malformed", onlyLeaveOut(book).reason());
        assertNeverInClear(book);
    }

    @Test
    void noBytesOfATargetMakeItThrowOrTellThePassword() {
        ByteBuf greeting = ServerPackets.mysql97();
        AnyBytes.each(
                300,
                bytes -> {
                    ByteBuf any = Unpooled.wrappedBuffer(bytes);
                    tellsNothing(any);
                    tellsNothing(Packet.encoded(0, any));
                    tellsNothing(greeting, any);
                    tellsNothing(greeting, Packet.encoded(2, any));
                    tellsNothing(greeting, ServerPackets.moreData(2, bytes));
                    ByteBuf key = ServerPackets.moreData(4, bytes);
                    tellsNothing(greeting, ServerPackets.fullAuthNeeded(2), key);
                });
    }

    private static void tellsNothing(ByteBuf... target) {
        Playbook book = Story.connected(APP, RECORDED);
        for (ByteBuf piece : target) {
            book.target(piece.duplicate());
        }
        assertNeverInClear(book);
    }

    private static ByteBuf token(String plugin, ByteBuf nonce) {
        return Unpooled.wrappedBuffer(SentLogin.token(plugin, PASSWORD, nonce));
    }

    private static SentLogin sentLogin(Playbook book) {
        return SentLogin.of(book.all(SessionAction.Send.class).getFirst());
    }

    private static LoginReply targetReply(Playbook book) {
        return book.all(SessionAction.Answered.class).stream()
                .filter(answered -> answered.side() == Side.TARGET)
                .map(answered -> (LoginReply) answered.reply())
                .findFirst()
                .orElseThrow();
    }

    private static void assertAccepted(Playbook book, String note) {
        assertEquals(new LoginReply.Accepted(note), targetReply(book));
        assertEquals(List.of(new SessionAction.Resume()), book.all(SessionAction.Resume.class));
        assertEquals(List.of(), book.all(SessionAction.LeaveOut.class));
    }

    private static void assertNeverInClear(Playbook book) {
        for (SessionAction.Send send : book.all(SessionAction.Send.class)) {
            assertFalse(send.bytes().toString(StandardCharsets.ISO_8859_1).contains(PASSWORD));
        }
        assertFalse(book.all(SessionAction.class).toString().contains(PASSWORD));
    }

    private static SessionAction.LeaveOut onlyLeaveOut(Playbook book) {
        List<SessionAction.LeaveOut> all = book.all(SessionAction.LeaveOut.class);
        assertEquals(1, all.size(), all::toString);
        return all.getFirst();
    }
}
