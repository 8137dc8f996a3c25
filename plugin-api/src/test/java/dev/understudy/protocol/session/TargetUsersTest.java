package dev.understudy.protocol.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TargetUsersTest {
    private static TargetUsers users(Map<String, ?> section) {
        return TargetUsers.of(Settings.of("lines.users", section));
    }

    private static Optional<String> shown(Optional<TargetUsers.TargetUser> user) {
        return user.map(known -> known.name() + ":" + known.password().reveal());
    }

    @Test
    void anEntryOfItsOwnComesBeforeThatOfAllOthers() {
        TargetUsers users =
                users(
                        Map.of(
                                "app", Map.of("password", "a"),
                                "old", Map.of("as", "new", "password", "n"),
                                "*", Map.of("as", "rehearsal", "password", "r")));
        assertEquals(Optional.of("app:a"), shown(users.of("app")));
        assertEquals(Optional.of("new:n"), shown(users.of("old")));
        assertEquals(Optional.of("rehearsal:r"), shown(users.of("whoever")));
        assertEquals(Optional.of("rehearsal:r"), shown(users.anybody()));
    }

    @Test
    void allOthersKeepTheirNamesWhereNoneIsSaid() {
        TargetUsers users = users(Map.of("*", Map.of("password", "r")));
        assertEquals(Optional.of("whoever:r"), shown(users.of("whoever")));
        assertEquals(Optional.empty(), users.anybody());
        assertFalse(users.isEmpty());
    }

    @Test
    void nobodyIsKnownWhereNothingIsSaid() {
        assertTrue(users(Map.of()).isEmpty());
        assertEquals(Optional.empty(), users(Map.of()).of("app"));
    }

    @Test
    void whatCannotBeReadIsNamed() {
        SettingsException none =
                assertThrows(
                        SettingsException.class, () -> users(Map.of("app", Map.of("as", "x"))));
        assertTrue(
                none.getMessage().startsWith("lines.users.app.password is missing"),
                none.getMessage());
        SettingsException unknown =
                assertThrows(
                        SettingsException.class,
                        () -> users(Map.of("app", Map.of("password", "p", "pasword", "q"))));
        assertTrue(unknown.getMessage().contains("pasword"), unknown.getMessage());
    }
}
