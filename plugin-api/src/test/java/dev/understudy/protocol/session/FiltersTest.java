package dev.understudy.protocol.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiltersTest {
    /** A request of several words, each of which may fit. */
    private static final Map<String, Filters.Key<List<String>>> WORD =
            Map.of(
                    "word",
                    (_, text) ->
                            (words, doubtful) ->
                                    doubtful
                                            ? words.contains(text)
                                            : words.stream().allMatch(text::equals));

    private static Filters<List<String>> filters(Map<String, ?> settings) {
        return Filters.of(Settings.of("lines", settings), true, WORD);
    }

    private static Filters.Who who(String address, String user) {
        return new Filters.Who(
                Optional.ofNullable(address).map(InetAddress::ofLiteral),
                Optional.ofNullable(user));
    }

    @ParameterizedTest(name = "{0} of {1}")
    @CsvSource({
        "192.0.2.7,        192.0.2.7,        true",
        "192.0.2.7,        192.0.2.8,        false",
        "192.0.2.0/24,     192.0.2.255,      true",
        "192.0.2.0/24,     192.0.3.0,        false",
        "192.0.2.128/25,   192.0.2.127,      false",
        "0.0.0.0/0,        203.0.113.9,      true",
        "0.0.0.0/0,        2001:db8::1,      false",
        "2001:db8::/32,    2001:db8:ffff::1, true",
        "2001:db8::/33,    2001:db8:8000::1, false",
        "2001:db8::7,      2001:db8::7,      true"
    })
    void clientsAreToldByTheirNetwork(String pattern, String client, boolean picked) {
        var filters = filters(Map.of("deny", Map.of("net", Map.of("client", pattern))));
        assertEquals(
                picked ? Optional.of("deny-net") : Optional.empty(),
                filters.refusesSession(who(client, null)));
    }

    @Test
    void aSessionIsRefusedAsSoonAsItIsCertainAndNotBefore() {
        var denied =
                filters(
                        Map.of(
                                "deny",
                                Map.of("cron", Map.of("user", "cron*", "client", "192.0.2.7"))));
        assertEquals(Optional.empty(), denied.refusesSession(who("192.0.2.7", null)));
        assertEquals(Optional.of("deny-cron"), denied.refusesSession(who("192.0.2.7", "CRON-1")));
        assertEquals(Optional.empty(), denied.refusesSession(who("192.0.2.8", "cron-1")));
        assertEquals(Optional.empty(), denied.refusesSession(who(null, "cron-1")));

        var only =
                filters(
                        Map.of(
                                "only",
                                Map.of("app", Map.of("user", "app", "client", "192.0.2.0/24"))));
        assertEquals(Optional.empty(), only.refusesSession(who("192.0.2.7", null)));
        assertEquals(Optional.of("not-in-only"), only.refusesSession(who("192.0.3.7", null)));
        assertEquals(Optional.of("not-in-only"), only.refusesSession(who("192.0.2.7", "other")));
        assertEquals(Optional.empty(), only.refusesSession(who("192.0.2.7", "app")));
    }

    @Test
    void whatConcernsRequestsIsDecidedWithEach() {
        var filters =
                filters(
                        Map.of(
                                "deny",
                                Map.of("bad", Map.of("user", "app", "word", "b")),
                                "only",
                                Map.of("good", Map.of("word", List.of("a", "b", "c")))));
        Filters.Who app = who("192.0.2.7", "app");
        Filters.Who unknown = who("192.0.2.7", null);
        assertEquals(Optional.empty(), filters.refusesSession(app));
        assertEquals(Optional.of("deny-bad"), filters.refuses(app, List.of("a", "b")));
        assertEquals(Optional.empty(), filters.refuses(app, List.of("a", "a")));
        assertEquals(Optional.empty(), filters.refuses(unknown, List.of("b")));
        // Of several things none fits alone, and so not for certain.
        assertEquals(Optional.of("not-in-only"), filters.refuses(app, List.of("a", "c")));
        assertEquals(Optional.of("not-in-only"), filters.refuses(app, List.of("d")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    client | 192.0.2.1/24 | lines.deny.x.client: "192.0.2.1/24" is no address and no network
                    client | 192.0.2.0/33 | lines.deny.x.client: "192.0.2.0/33" is no address
                    client | db1          | lines.deny.x.client: "db1" is no address
                    client | 1            | lines.deny.x.client: "1" is no address
                    path   | /x           | unknown setting lines.deny.x.path: known here are [client, user, word]
                    """)
    void wrongEntriesAreNamed(String key, String value, String message) {
        var settings = Map.of("deny", Map.of("x", Map.of(key, value)));
        SettingsException e = assertThrows(SettingsException.class, () -> filters(settings));
        assertTrue(e.getMessage().startsWith(message.replace('"', '\'')), e::getMessage);
    }

    @Test
    void anEntryWithoutAKeyOrAPatternIsRefused() {
        for (Map<String, ?> entry : List.<Map<String, ?>>of(Map.of(), Map.of("word", List.of()))) {
            var settings = Map.of("only", Map.of("x", entry));
            SettingsException e = assertThrows(SettingsException.class, () -> filters(settings));
            assertTrue(e.getMessage().startsWith("lines.only.x"), e::getMessage);
        }
        SettingsException e =
                assertThrows(
                        SettingsException.class,
                        () ->
                                Filters.of(
                                        Settings.of(
                                                "lines",
                                                Map.of("deny", Map.of("x", Map.of("user", "app")))),
                                        false,
                                        WORD));
        assertTrue(e.getMessage().contains("known here are [client, word]"), e::getMessage);
    }
}
