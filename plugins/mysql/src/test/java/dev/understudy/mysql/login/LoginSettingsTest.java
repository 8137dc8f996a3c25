package dev.understudy.mysql.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
        assertEquals("app", settings.user("app", "192.0.2.9").orElseThrow().name());
        assertEquals("rehearsal", settings.user("other", "192.0.2.9").orElseThrow().name());
        assertEquals("r", settings.user("other", "192.0.2.9").orElseThrow().password().reveal());
    }

    @Test
    void theOneForAllKeepsNamesUnlessItHasOne() {
        LoginSettings settings = users(Map.of("*", Map.of("password", "p")));
        assertEquals("other", settings.user("other", "192.0.2.9").orElseThrow().name());
        assertEquals(Optional.empty(), users(Map.of()).user("other", "192.0.2.9"));
    }

    @Test
    void nothingShowsAPassword() {
        LoginSettings settings =
                users(Map.of("app", Map.of("password", "pw-1", "online-password", "pw-2")));
        assertFalse(settings.toString().contains("pw-"), settings.toString());
        assertEquals(List.of("pw-2"), revealed(settings));
    }

    @Test
    void aPasswordInThePlaceOfAUsersSectionIsNotShown() {
        assertEquals(
                "mysql.users.app must be a section",
                wrong(Map.of("users", Map.of("app", "pw-written-out"))));
    }

    private static List<String> revealed(LoginSettings settings) {
        return settings.user("app", "192.0.2.9").orElseThrow().onlinePasswords().stream()
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
}
