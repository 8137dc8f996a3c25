package dev.understudy.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.login.ServerPackets;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** COM_CHANGE_USER: a second login, with its own challenge on either side. */
class ChangeUserTest {
    private static final Map<String, Object> USERS =
            Map.of(
                    "users",
                    Map.of(
                            "app", Map.of("password", Story.PASSWORD),
                            "other", Map.of("as", "second", "password", "pw2")));

    /** In, and past the first command, which both sides have answered. */
    private static Playbook loggedIn() {
        Playbook book =
                Story.connected(USERS, "mariadb-cli-to-mariadb-10.11")
                        .target(ServerPackets.mariaDb1011())
                        .target(ServerPackets.ok(2));
        return book.server(ServerPackets.ok(1)).target(ServerPackets.ok(1));
    }

    private static ByteBuf changeTo(String user) {
        ByteBuf payload = Unpooled.buffer().writeByte(0x11);
        payload.writeCharSequence(user, StandardCharsets.US_ASCII);
        payload.writeByte(0).writeByte(0).writeByte(0).writeShortLE(45);
        payload.writeCharSequence("mysql_native_password", StandardCharsets.US_ASCII);
        return Packet.encoded(0, payload.writeByte(0).writeByte(0));
    }

    private static List<String> reasons(Playbook book) {
        return book.all(SessionAction.LeaveOut.class).stream()
                .map(SessionAction.LeaveOut::reason)
                .toList();
    }

    private static ByteBuf nativeSwitch() {
        return ServerPackets.authSwitch(1, ServerPackets.NATIVE, ServerPackets.OTHER_NONCE);
    }

    @Test
    void theTargetGetsAChangeOfItsOwn() {
        Playbook book = loggedIn().client(changeTo("other"));
        assertEquals(
                "COM_CHANGE_USER",
                book.all(SessionAction.Asked.class).getLast().request().operation());
        assertEquals(List.of(), book.all(SessionAction.LeaveOut.class));
        book.server(nativeSwitch())
                .client(Packet.encoded(2, Unpooled.wrappedBuffer(new byte[20])))
                .server(ServerPackets.ok(3));
        assertTrue(book.held());
        ByteBuf sent = book.all(SessionAction.Send.class).getLast().bytes();
        assertEquals(0x11, sent.getByte(4));
        String text = sent.toString(StandardCharsets.ISO_8859_1);
        assertTrue(text.contains("second\0") && text.contains("auth_unknown_plugin\0"), text);
        book.target(nativeSwitch());
        ByteBuf token = book.all(SessionAction.Send.class).getLast().bytes();
        assertEquals(24, token.readableBytes());
        book.target(ServerPackets.ok(3));
        assertFalse(book.held());
        SessionAction.Answered answered = book.all(SessionAction.Answered.class).getLast();
        assertEquals(Side.TARGET, answered.side());
        // Statements that the old user prepared are gone, commands go on.
        long next = answered.ordinal() + 1;
        book.client(Story.query("select 1"));
        assertEquals(next, book.all(SessionAction.Send.class).getLast().ordinal());
    }

    @Test
    void itWaitsForWhatTheTargetStillOwes() {
        Playbook book = loggedIn().client(Story.query("select 1")).server(ServerPackets.ok(1));
        int before = book.all(SessionAction.Send.class).size();
        book.client(changeTo("other")).server(ServerPackets.ok(1));
        assertTrue(book.held());
        assertEquals(before, book.all(SessionAction.Send.class).size());
        book.target(ServerPackets.ok(1));
        assertEquals(before + 1, book.all(SessionAction.Send.class).size());
        assertEquals(List.of(), reasons(book));
    }

    @Test
    void whatWasAskedBeforeItIsAnsweredAsEver() {
        Playbook book = loggedIn().client(Story.query("select 1")).client(changeTo("other"));
        book.server(Unpooled.wrappedBuffer(ServerPackets.ok(1), nativeSwitch()));
        assertEquals(
                1,
                book.actions().stream().filter(SessionAction.Answered.class::isInstance).count());
        assertEquals(List.of(), reasons(book));
    }

    @Test
    void oneThatProductionRefusesIsNotTried() {
        Playbook book = loggedIn().client(changeTo("other"));
        int before = book.all(SessionAction.Send.class).size();
        book.server(ServerPackets.error(1, 1045, "no"));
        assertEquals(
                "login-refused-online", book.all(SessionAction.Skipped.class).getLast().rule());
        assertEquals(before, book.all(SessionAction.Send.class).size());
        book.client(Story.query("select 1"));
        assertEquals(List.of("change-user"), reasons(book));
    }

    @Test
    void aUserThatNobodyMappedLeavesTheSessionOut() {
        Playbook book = loggedIn().client(changeTo("stranger")).server(ServerPackets.ok(1));
        assertEquals(List.of("unknown-user"), reasons(book));
    }
}
