package dev.understudy.mysql.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.wire.ErrorPacket;
import dev.understudy.protocol.Secret;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoginSettingsTest {
    private static LoginSettings of(Map<String, Object> values) {
        return LoginSettings.of(Settings.of("mysql", values));
    }

    private static LoginSettings users(Map<String, Object> users) {
        return of(Map.of("users", users));
    }

    @Test
    void aUserOfItsOwnComesBeforeTheOneForAll() {
        LoginSettings settings =
                users(
                        Map.of(
                                "app", Map.of("password", new Secret("a")),
                                "*", Map.of("as", "rehearsal", "password", new Secret("r"))));
        assertEquals("app", settings.user("app").orElseThrow().name());
        assertEquals("rehearsal", settings.user("other").orElseThrow().name());
        assertEquals("r", settings.user("other").orElseThrow().password().reveal());
    }

    @Test
    void theOneForAllKeepsNamesUnlessItHasOne() {
        LoginSettings settings = users(Map.of("*", Map.of("password", "p")));
        assertEquals("other", settings.user("other").orElseThrow().name());
        assertEquals(Optional.empty(), users(Map.of()).user("other"));
    }

    @Test
    void nothingShowsAPassword() {
        LoginSettings settings =
                users(Map.of("app", Map.of("password", "pw-1", "online-password", "pw-2")));
        assertFalse(settings.toString().contains("pw-"), settings.toString());
        assertEquals(List.of("pw-2"), revealed(settings));
    }

    private static List<String> revealed(LoginSettings settings) {
        return settings.user("app").orElseThrow().onlinePasswords().stream()
                .map(Secret::reveal)
                .toList();
    }

    @Test
    void aWrongSettingIsNamedWithTheNextStep() {
        assertEquals(
                "mysql.users.app.password is missing: set the target's password, or \"\" where it"
                        + " has none",
                wrong(Map.of("users", Map.of("app", Map.of()))));
        assertTrue(
                wrong(Map.of("users", Map.of("app", Map.of("password", "x", "pasword", "y"))))
                        .startsWith("unknown setting mysql.users.app.pasword"));
        assertEquals(
                "mysql.target-tls is 'maybe': it must be off or required",
                wrong(Map.of("target-tls", "maybe")));
        assertTrue(wrong(Map.of("login-failures", 0)).contains("from 1 to"));
        assertTrue(wrong(Map.of("users", "app")).contains("a section"));
    }

    private static String wrong(Map<String, Object> values) {
        return assertThrows(SettingsException.class, () -> of(values)).getMessage();
    }

    @Test
    void defaultsAreSafe() {
        LoginSettings settings = of(Map.of());
        assertEquals(3, settings.failureLimit());
        assertFalse(settings.targetTls());
        assertTrue(of(Map.of("target-tls", "required")).targetTls());
        assertFalse(of(Map.of("target-tls", false)).targetTls());
    }

    @Test
    void refusalsInARowStopAUserAndAnAcceptedLoginForgetsThem() {
        ErrorPacket first = new ErrorPacket(1045, "28000", "first");
        ErrorPacket second = new ErrorPacket(1045, "28000", "second");
        LoginFailures failures = new LoginFailures(2);
        failures.refused("app", first);
        failures.accepted("app");
        failures.refused("app", first);
        assertEquals(Optional.empty(), failures.stopped("app"));
        failures.refused("app", second);
        assertEquals(Optional.of(first), failures.stopped("app"));
        assertEquals(Optional.empty(), failures.stopped("other"));
    }

    @Test
    void aFullServerOrALackingDatabaseDoesNotStopAUser() {
        LoginFailures failures = new LoginFailures(1);
        failures.refused("app", new ErrorPacket(1040, "08004", "Too many connections"));
        failures.refused("app", new ErrorPacket(1049, "42000", "Unknown database"));
        assertEquals(Optional.empty(), failures.stopped("app"));
    }

    @Test
    void theTableOfFailuresIsBounded() {
        LoginFailures failures = new LoginFailures(1);
        ErrorPacket error = new ErrorPacket(1045, "28000", "no");
        for (int i = 0; i <= LoginFailures.MAX_USERS; i++) {
            failures.refused("user" + i, error);
        }
        assertTrue(failures.stopped("user0").isPresent());
        assertEquals(Optional.empty(), failures.stopped("user" + LoginFailures.MAX_USERS));
    }
}
