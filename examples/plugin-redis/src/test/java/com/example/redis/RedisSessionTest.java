package com.example.redis;

import static com.example.redis.Wire.command;
import static com.example.redis.Wire.wire;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.testing.Playbook;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sessions told as stories; what both servers say whole is in the stories of the contract kit. */
class RedisSessionTest {
    private static final Map<String, Object> USERS =
            Map.of("app", Map.of("as", "rehearsal", "password", "new"));

    private static RedisSettings settings(Map<String, Object> section) {
        return RedisSettings.of(
                new RunContext(
                        Settings.of("redis", section),
                        InetSocketAddress.createUnresolved("online.invalid", 1),
                        InetSocketAddress.createUnresolved("target.invalid", 2),
                        1024));
    }

    private static Playbook story(Map<String, Object> section) {
        return Playbook.of(new RedisSession(settings(section), false));
    }

    private static List<String> sent(Playbook story) {
        return story.all(SessionAction.Send.class).stream()
                .map(send -> Wire.text(send.bytes()))
                .toList();
    }

    private static String leftOut(Playbook story) {
        List<SessionAction.LeaveOut> all = story.all(SessionAction.LeaveOut.class);
        assertEquals(1, all.size(), story.actions()::toString);
        return all.getFirst().reason();
    }

    private static List<String> skipped(Playbook story) {
        return story.all(SessionAction.Skipped.class).stream()
                .map(SessionAction.Skipped::rule)
                .toList();
    }

    private static SessionEvent end(Direction direction) {
        return new SessionEvent.CapturedEnd(direction, StreamEnd.FIN, 5);
    }

    @ParameterizedTest
    @CsvSource({
        "SUBSCRIBE c, pub-sub",
        "PSUBSCRIBE c, pub-sub",
        "MONITOR, monitor",
        "PSYNC ? -1, replication",
        "CLIENT REPLY OFF, client-reply"
    })
    void whatEndsThePairingEndsTheSession(String command, String reason) {
        Playbook story = story(Map.of());
        story.client(command(command.split(" ", -1)));
        assertEquals(reason, leftOut(story));
        assertEquals(List.of(reason), skipped(story));
        assertEquals(List.of(), sent(story));
        story.client(wire("anything")).expectNothing();
        assertEquals(0, story.unread(Direction.FROM_CLIENT));
    }

    @Test
    void aBlockingCommandOnlyTakesItsTime() {
        Playbook story = story(Map.of());
        story.client(command("BLPOP", "q", "0")).targetUp();
        story.client(command("PING"));
        story.target(wire("*2~+q~+v~+PONG~"));
        assertEquals(2, story.all(SessionAction.Answered.class).size());
        story.server(wire("*2~+q~+v~+PONG~"));
        assertEquals(
                List.of(0L, 1L, 0L, 1L),
                story.all(SessionAction.Answered.class).stream()
                        .map(SessionAction.Answered::ordinal)
                        .toList());
    }

    @Test
    void anOpenBlockingCommandDoesNotKeepTheTargetsConnectionOpen() {
        Playbook story = story(Map.of());
        story.client(command("BLPOP", "q", "0")).targetUp();
        story.on(end(Direction.FROM_CLIENT)).expectNothing();
        story.on(end(Direction.FROM_SERVER)).expect(new SessionAction.Close(0));
    }

    @Test
    void whatTheTargetStillOwesIsWaitedFor() {
        Playbook story = story(Map.of());
        story.client(command("GET", "k")).targetUp().server(wire("$1~v~"));
        story.on(end(Direction.FROM_CLIENT)).on(end(Direction.FROM_SERVER)).expectNothing();
        story.target(wire("$1~v~"));
        assertEquals(new SessionAction.Close(0), story.actions().getLast());
    }

    @Test
    void aLoginIsMadeWithTheTargetsCredentialsOnceProductionHasTakenIt() {
        Playbook story = story(Map.of("users", USERS));
        story.client(command("AUTH", "app", "old")).client(command("GET", "k"));
        assertEquals(List.of(), sent(story));
        story.server(wire("+OK~"));
        assertEquals(List.of("*3~$4~AUTH~$9~rehearsal~$3~new~", "*2~$3~GET~$1~k~"), sent(story));
    }

    @Test
    void aLoginThatProductionRefusedIsNotMade() {
        Playbook story = story(Map.of("users", USERS));
        story.client(command("AUTH", "app", "wrong")).server(wire("-WRONGPASS no~"));
        assertEquals(List.of("login-refused-online"), skipped(story));
        assertEquals(List.of(), sent(story));
    }

    @Test
    void aGreetingKeepsItsOtherOptions() {
        Playbook story = story(Map.of("users", USERS));
        story.client(command("HELLO", "3", "SETNAME", "auth", "AUTH", "app", "old"));
        story.server(wire("%1~$5~proto~:3~"));
        assertEquals(
                List.of("*7~$5~HELLO~$1~3~$7~SETNAME~$4~auth~$4~AUTH~$9~rehearsal~$3~new~"),
                sent(story));
    }

    @Test
    void aUserWithoutPasswordForTheTargetIsNamed() {
        Playbook story = story(Map.of("users", USERS));
        story.client(command("AUTH", "somebody", "old"));
        assertEquals("unknown-user", leftOut(story));
        String detail = story.all(SessionAction.LeaveOut.class).getFirst().detail();
        assertTrue(detail.contains("redis.users.somebody.password"), detail);
        assertFalse(detail.contains("old"), detail);
    }

    @Test
    void whereTheTargetAloneWantsALoginItIsMadeFirst() {
        Playbook story =
                story(
                        Map.of(
                                "login",
                                "always",
                                "users",
                                Map.of("*", Map.of("as", "default", "password", "new"))));
        story.client(command("HELLO", "3", "AUTH", "app", "old")).server(wire("%1~$5~proto~:3~"));
        assertEquals(List.of("*2~$4~AUTH~$3~new~", "*2~$5~HELLO~$1~3~"), sent(story));
        assertEquals(1, story.all(SessionAction.Injected.class).size());
        story.targetUp().target(wire("-WRONGPASS no~"));
        assertEquals("login-refused", leftOut(story));
    }

    @Test
    void whereTheTargetWantsNoneItIsNotMade() {
        Playbook story = story(Map.of("login", "never"));
        story.client(command("AUTH", "old")).server(wire("+OK~"));
        assertEquals(List.of("login"), skipped(story));
        assertEquals(List.of(), sent(story));
    }

    @Test
    void aRuleKeepsACommandBackAndNotWithinATransaction() {
        Playbook story = story(Map.of());
        story.client(command("FLUSHALL")).client(command("client", "kill", "id", "3"));
        story.server(wire("+OK~:1~"));
        assertEquals(List.of("flushall", "client-kill"), skipped(story));
        story.client(command("MULTI")).client(command("FLUSHALL"));
        assertEquals("in-transaction", leftOut(story));

        Playbook allowed = story(Map.of("allow", List.of("flushall")));
        allowed.client(command("FLUSHALL"));
        assertEquals(List.of("*1~$8~FLUSHALL~"), sent(allowed));
    }

    @Test
    void whatIsLargerThanAMessageMayBeIsNotWaitedFor() {
        Playbook story = story(Map.of("max-message", 2000));
        story.client(wire("*3~$3~SET~$1~k~$3000~x"));
        assertEquals("too-large", leftOut(story));
    }

    @Test
    void anAnswerThatNobodyAskedForEndsTheSession() {
        Playbook story = story(Map.of());
        story.server(wire("-ERR max number of clients reached~"));
        assertEquals("unasked-answer", leftOut(story));
    }

    @Test
    void aTargetThatCannotBeReachedIsNamed() {
        Playbook story = story(Map.of());
        story.client(command("PING"));
        story.on(new SessionEvent.TargetEnd(0, "refused", 5));
        assertEquals("connect-refused", leftOut(story));
    }

    @Test
    void aTargetThatIsSlowHoldsWhatIsCaptured() {
        Playbook story = story(Map.of());
        story.client(command("PING")).targetUp().server(wire("+PONG~"));
        StringBuilder many = new StringBuilder();
        many.repeat("PING~", RedisSession.MAX_OPEN / 2 + 10);
        story.client(wire(many.toString()));
        assertTrue(story.held());
        assertEquals(11 * 6, story.unread(Direction.FROM_CLIENT));
        story.target(wire("+PONG~".repeat(RedisSession.MAX_OPEN / 2)));
        assertFalse(story.held());
    }

    @Test
    void passwordsDoNotShow() {
        Playbook story = story(Map.of("users", USERS));
        story.client(command("AUTH", "app", "old-secret"));
        story.client(command("AUTH", "app", "old-secret")).server(wire("+OK~"));
        String all = story.all(SessionAction.Asked.class).toString();
        assertFalse(all.contains("old-secret"), all);
        assertTrue(all.contains("(10 bytes)"), all);
    }

    @Test
    void settingsThatMakeNoSenseAreNamed() {
        for (Map<String, Object> wrong :
                List.<Map<String, Object>>of(
                        Map.of("login", "sometimes"),
                        Map.of("login", "always"),
                        Map.of("allow", List.of("get")),
                        Map.of("max-message", 1),
                        Map.of("unknown", 1))) {
            SettingsException refused =
                    assertThrows(SettingsException.class, () -> settings(wrong));
            assertTrue(
                    refused.getMessage().contains("redis." + wrong.keySet().iterator().next()),
                    refused.getMessage());
        }
    }
}
