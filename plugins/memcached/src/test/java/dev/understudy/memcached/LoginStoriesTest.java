package dev.understudy.memcached;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.Status;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Logins: production's is followed, the target's is our own. */
class LoginStoriesTest {
    private static final Map<String, Object> USERS =
            Map.of("users", Map.of("app", Map.of("as", "rehearsal", "password", "there")));

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, UTF_8);
    }

    private static ByteBuf request(Opcode opcode, String key, String value) {
        return BinaryPacket.request(opcode.code(), 7, text(key), text(value)).encoded();
    }

    private static ByteBuf answer(Opcode opcode, Status status, int opaque, String value) {
        return BinaryPacket.answer(
                        opcode.code(),
                        status,
                        opaque,
                        0,
                        Unpooled.EMPTY_BUFFER,
                        Unpooled.EMPTY_BUFFER,
                        text(value))
                .encoded();
    }

    private static String all(Story story) {
        return story.playbook().all(SessionAction.class).toString();
    }

    private static Story onlineLoggedIn(Map<String, Object> settings) {
        Story story = Story.with(settings);
        story.client(request(Opcode.SASL_LIST, "", ""));
        story.online(answer(Opcode.SASL_LIST, Status.SUCCESS, 7, "CRAM-MD5 PLAIN"));
        story.client(request(Opcode.SASL_AUTH, "PLAIN", "\0app\0here"));
        assertEquals("", story.sent(), "nothing goes before production has said yes");
        return story.online(answer(Opcode.SASL_AUTH, Status.SUCCESS, 7, "Authenticated"));
    }

    @Test
    void aSaslLoginIsDoneAnewWithTheTargetsMechanismAndPassword() {
        Story story = onlineLoggedIn(USERS);
        assertTrue(story.playbook().held());
        story.client(request(Opcode.NOOP, "", ""));
        story.target(answer(Opcode.SASL_LIST, Status.SUCCESS, 0, "PLAIN"));
        assertTrue(story.sent().contains("PLAIN\0rehearsal\0there"));
        story.target(answer(Opcode.SASL_AUTH, Status.SUCCESS, 0, ""));
        assertFalse(story.playbook().held());
        story.online(answer(Opcode.NOOP, Status.SUCCESS, 7, ""));
        story.target(answer(Opcode.NOOP, Status.SUCCESS, 7, ""));
        assertEquals(
                List.of("SASL_LIST skipped login-step", "login same", "NOOP same"),
                story.outcomes());
        assertFalse(all(story).contains("here"), all(story));
    }

    private static Map<String, Object> filtered(String section, Map<String, ?> entry) {
        return Map.of("users", USERS.get("users"), section, Map.of("mine", entry));
    }

    @Test
    void aUserWhoIsFilteredIsPassedOverAndOthersAreCopied() {
        Story denied = onlineLoggedIn(filtered("deny", Map.of("user", "ap*")));
        assertEquals(
                List.of(new SessionAction.PassOver("deny-mine")),
                denied.playbook().all(SessionAction.PassOver.class));
        assertEquals(
                List.of(new SessionAction.OfUser("app")),
                denied.playbook().all(SessionAction.OfUser.class));
        assertEquals("", denied.sent());
        for (Story copied :
                List.of(
                        onlineLoggedIn(filtered("only", Map.of("user", "app"))),
                        onlineLoggedIn(filtered("deny", Map.of("user", "other"))))) {
            assertEquals(List.of(), copied.playbook().all(SessionAction.PassOver.class));
            assertTrue(copied.playbook().held());
        }
    }

    @Test
    void scramIsPreferredAndItsRefusalNamed() {
        Story story = onlineLoggedIn(USERS);
        story.target(
                answer(Opcode.SASL_LIST, Status.SUCCESS, 0, "PLAIN SCRAM-SHA-1 SCRAM-SHA-256"));
        assertTrue(story.sent().contains("SCRAM-SHA-256n,,n=rehearsal,r="), story.sent());
        story.target(answer(Opcode.SASL_AUTH, Status.AUTH_ERROR, 0, "no"));
        assertEquals("login-refused", story.leftOut());
        assertFalse(all(story).contains("there"), all(story));
    }

    @Test
    void aUserWhomTheTargetRefusedOftenIsNotTriedAgain() {
        Story first = onlineLoggedIn(Map.of("users", USERS.get("users"), "login-failures", 1));
        first.target(answer(Opcode.SASL_LIST, Status.SUCCESS, 0, "PLAIN"));
        first.target(answer(Opcode.SASL_AUTH, Status.AUTH_ERROR, 0, ""));
        Story second = first.another().client(request(Opcode.SASL_AUTH, "PLAIN", "\0app\0here"));
        second.online(answer(Opcode.SASL_AUTH, Status.SUCCESS, 7, ""));
        assertEquals("login-refused", second.leftOut());
        assertEquals("", second.sent());
    }

    @Test
    void aLoginOfManyStepsIsFollowedToItsEnd() {
        Story story = Story.with(USERS);
        story.client(request(Opcode.SASL_AUTH, "CRAM-MD5", ""));
        story.online(answer(Opcode.SASL_AUTH, Status.AUTH_CONTINUE, 7, "<1@host>"));
        story.client(request(Opcode.SASL_STEP, "CRAM-MD5", "app 0123456789abcdef"));
        story.online(answer(Opcode.SASL_STEP, Status.SUCCESS, 7, ""));
        story.target(answer(Opcode.SASL_LIST, Status.SUCCESS, 0, "PLAIN"));
        story.target(answer(Opcode.SASL_AUTH, Status.SUCCESS, 0, ""));
        assertEquals(List.of("login same"), story.outcomes());
    }

    @Test
    void whomProductionDidNotLetInIsNotTriedOnTheTarget() {
        Story story = Story.with(USERS).client(request(Opcode.SASL_AUTH, "PLAIN", "\0app\0bad"));
        story.online(answer(Opcode.SASL_AUTH, Status.AUTH_ERROR, 7, "Auth failure"));
        assertEquals(List.of("login skipped login-refused-online"), story.outcomes());
        assertEquals("", story.sent());
        story.client(request(Opcode.SASL_AUTH, "PLAIN", "\0app\0here"));
        story.online(answer(Opcode.SASL_AUTH, Status.SUCCESS, 7, ""));
        assertTrue(story.playbook().held(), "the second try counts");
    }

    @Test
    void anUnknownUserEndsTheSession() {
        Story story = onlineLoggedIn(Map.of());
        assertEquals("unknown-user", story.leftOut());
    }

    @Test
    void aTargetWithoutLoginsIsSpokenToWithoutOne() {
        Story story = onlineLoggedIn(Map.of("login", "never"));
        story.client(request(Opcode.NOOP, "", ""));
        assertEquals("login skipped login-not-copied", story.outcomes().get(1));
        assertEquals(24, story.sentBytes().readableBytes());
    }

    private static final String LOGIN = "set x 0 0 8~app here~";

    @Test
    void aTextLoginIsReplacedAndItsPasswordNeverShown() {
        Story story = Story.with(USERS).client(LOGIN + "get k~");
        assertEquals("", story.sent());
        story.online("STORED~");
        assertEquals("get understudy-login~", story.sent());
        story.target("CLIENT_ERROR unauthenticated~");
        assertTrue(story.sent().endsWith("set understudy-login 0 0 15~rehearsal there~"));
        story.target("STORED~");
        assertTrue(story.sent().endsWith("get k~"), story.sent());
        story.both("END~");
        assertEquals(List.of("login same", "get same"), story.outcomes());
        String told =
                story.playbook().all(SessionAction.Asked.class)
                        + story.playbook().all(SessionAction.Answered.class).toString();
        assertTrue(told.contains("login of 'app'"), told);
        assertFalse(told.contains("here"), told);
    }

    @Test
    void noPasswordIsStoredInATargetThatAsksForNone() {
        Story story = Story.with(USERS).client(LOGIN).online("STORED~").target("END~");
        assertEquals("get understudy-login~", story.sent());
        assertEquals(List.of("login same"), story.outcomes());
    }

    @Test
    void theFirstSetIsNoLoginWhereNobodySaysSo() {
        assertEquals(LOGIN, Story.plain().client(LOGIN).sent());
        assertEquals(
                LOGIN,
                Story.with(Map.of("text-auth", "false", "users", USERS.get("users")))
                        .client(LOGIN)
                        .sent());
        Story asked = Story.plain().client("get k~").online("CLIENT_ERROR unauthenticated~");
        assertEquals("get k~", asked.client(LOGIN).sent(), "the server wants a login");
    }

    @Test
    void everyConnectionIsLoggedInWhereTheTargetAloneWantsIt() {
        Map<String, Object> always =
                Map.of(
                        "login",
                        "always",
                        "text-auth",
                        "false",
                        "users",
                        Map.of("*", Map.of("as", "rehearsal", "password", "there")));
        Story story = Story.with(always).client("get k~");
        assertEquals("get understudy-login~", story.sent());
        story.target("CLIENT_ERROR unauthenticated~").target("STORED~");
        assertTrue(story.sent().endsWith("get k~"));
        assertEquals(List.of("get same"), story.both("END~").outcomes());
    }

    @Test
    void theAnswersThatTheTargetStillOwesAreNotTakenForThoseOfTheLogin() {
        Story story = Story.with(USERS);
        story.client("get a~set n 0 0 1 noreply~x~get b~");
        story.online("CLIENT_ERROR unauthenticated~CLIENT_ERROR unauthenticated~");
        story.client(LOGIN).online("STORED~");
        assertTrue(story.sent().endsWith("get understudy-login~"), story.sent());
        story.target("CLIENT_ERROR unauthenticated~");
        assertTrue(story.playbook().held(), "that was the answer to the first get");
        story.target("CLIENT_ERROR unauthenticated~");
        assertTrue(story.sent().endsWith("get understudy-login~"), "and to the second");
        story.target("CLIENT_ERROR unauthenticated~");
        assertTrue(story.sent().endsWith("set understudy-login 0 0 15~rehearsal there~"));
        story.target("STORED~").client("get k~").both("END~");
        assertEquals(
                List.of("get same", "set same", "get same", "login same", "get same"),
                story.outcomes());
        assertEquals("", story.leftOut());
    }

    @Test
    void aWordOfAFirstValueIsShownOnlyIfItIsAConfiguredName() {
        Story story = Story.with(Map.of("text-auth", "true", "users", USERS.get("users")));
        story.client("set x 0 0 11~value bytes~").online("STORED~");
        assertEquals("unknown-user", story.leftOut());
        assertFalse(all(story).contains("value"), all(story));
    }
}
