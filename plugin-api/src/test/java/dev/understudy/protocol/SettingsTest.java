package dev.understudy.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SettingsTest {
    private static final String PASSWORD = "correct horse";

    private static Settings settings(Map<String, ?> values) {
        return Settings.of("mysql", values);
    }

    private static String refusal(Executable reading) {
        return assertThrows(SettingsException.class, reading).getMessage();
    }

    @Test
    void namesComeInTheOrderOfTheFile() {
        Map<String, Object> values = new LinkedHashMap<>();
        for (String name : List.of("zebra", "apple", "mango", "kiwi", "fig")) {
            values.put(name, 1);
        }
        assertEquals(List.copyOf(values.keySet()), List.copyOf(settings(values).names()));
    }

    @Test
    void textIsTakenAsItIsWritten() {
        Settings settings = settings(Map.of("a", "x", "b", 7, "c", true));
        assertEquals(Optional.of("x"), settings.text("a"));
        assertEquals(Optional.of("7"), settings.text("b"));
        assertEquals(Optional.of("true"), settings.text("c"));
        assertEquals(Optional.empty(), settings.text("d"));
    }

    @Test
    void aNumberHasARangeAndItsRefusalShowsTheValue() {
        assertEquals(Optional.of(5L), settings(Map.of("n", 5)).number("n", 5, 5));
        assertEquals(
                "mysql.n must be a whole number from 1 to 4, not '5'",
                refusal(() -> settings(Map.of("n", 5)).number("n", 1, 4)));
        assertEquals(
                "mysql.n must be a whole number from 1 to 4, not '1.5'",
                refusal(() -> settings(Map.of("n", 1.5)).number("n", 1, 4)));
        assertEquals(
                "mysql.n must be a whole number from 0 to 4, not 'NaN'",
                refusal(() -> settings(Map.of("n", Double.NaN)).number("n", 0, 4)));
    }

    @Test
    void secretsAreNeverPrinted() {
        Settings settings = settings(Map.of("s", new Secret(PASSWORD), "plain", PASSWORD));
        assertEquals(PASSWORD, settings.secret("s").orElseThrow().reveal());
        assertEquals(PASSWORD, settings.secret("plain").orElseThrow().reveal());
        for (Executable reading :
                List.<Executable>of(
                        () -> settings.text("s"),
                        () -> settings.number("s", 0, 1),
                        () -> settings.flag("s"),
                        () -> settings.texts("s"),
                        () -> settings.section("s"))) {
            assertFalse(refusal(reading).contains(PASSWORD));
        }
        assertFalse(settings.toString().contains(PASSWORD));
        assertFalse(settings.secret("plain").toString().contains(PASSWORD));
    }

    @Test
    void aListHoldsTextsAndNothingElse() {
        assertEquals(List.of("a", "1"), settings(Map.of("l", List.of("a", 1))).texts("l"));
        assertEquals(List.of("a"), settings(Map.of("l", "a")).texts("l"));
        assertEquals(List.of(), settings(Map.of()).texts("l"));
        assertEquals(
                "mysql.l must be text, not a section",
                refusal(() -> settings(Map.of("l", List.of(Map.of("a", 1)))).texts("l")));
        assertEquals(
                "mysql.l must be text, not a secret",
                refusal(() -> settings(Map.of("l", List.of(new Secret("x")))).texts("l")));
    }

    @Test
    void sectionsKnowTheirPath() {
        Settings users = settings(Map.of("users", Map.of("app", Map.of()))).section("users");
        assertEquals(Set.of("app"), users.names());
        assertEquals(
                "mysql.users.app must be true or false, not a section",
                refusal(() -> users.flag("app")));
        assertTrue(settings(Map.of()).section("none").names().isEmpty());
    }

    @Test
    void aNameThatNobodyReadsIsRefused() {
        settings(Map.of("user", "x")).allowOnly(Set.of("user"));
        assertEquals(
                "unknown setting mysql.usr: known here are [password, user]",
                refusal(() -> settings(Map.of("usr", "x")).allowOnly(Set.of("user", "password"))));
    }
}
