package dev.understudy.http.compare;

import static dev.understudy.http.compare.Answers.SAME;
import static dev.understudy.http.compare.Answers.compare;
import static dev.understudy.http.compare.Answers.json;
import static dev.understudy.http.compare.Answers.reply;
import static dev.understudy.http.compare.Answers.settings;
import static dev.understudy.http.compare.Answers.word;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.SettingsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompareSettingsTest {
    private static CompareSettings ignoring(String... rules) {
        return settings(Map.of("ignore", List.of(rules)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Foo",
                "body:",
                "header:*",
                "header:x-*",
                "header:x*y",
                "header:",
                "header:Content-Type",
                "header:Location",
                "header:Set-Cookie",
                "header:X-CSRF-Token",
                "header:Idempotency-Key",
                "header:Proxy-Authenticate",
                "trailer:*",
                "cookie:*?=",
                "json:$",
                "json:",
                "json:$.*",
                "json:$.a.*",
                "json:$..updated",
                "json:$.a..b",
                "json:$.items.length()",
                "json:items.name",
                "json:$.a[",
                "text:",
                "text:.*",
                "text:.+",
                "text:[^x]+|x",
                "text:(",
            })
    void rulesThatCoverTooMuchAreRefused(String rule) {
        SettingsException refusal = assertThrows(SettingsException.class, () -> ignoring(rule));
        assertTrue(
                refusal.getMessage().startsWith("http.compare.ignore: '" + rule + "' "),
                refusal.getMessage());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    json:$.a               | {"a":1}             | {"a":2}             | same
                    json:$.a               | {"a":1}             | {"a":"1"}           | json
                    json:$.a               | {"a":1}             | {}                  | json
                    json:$.a               | {"a":{"b":1}}       | {"a":{"b":2}}       | json
                    json:$.a               | {"a":[1]}           | {"a":[1,2]}         | json
                    json:$.a[*]            | {"a":[1,2]}         | {"a":[3,4]}         | same
                    json:$.a[*]            | {"a":[{"b":1}]}     | {"a":[{"b":2}]}     | json
                    json:$.a[*].b          | {"a":[{"b":1}]}     | {"a":[{"b":2}]}     | same
                    json:$.a[0].b          | {"a":[{"b":1}]}     | {"a":[{"b":2}]}     | same
                    json:$.a[1].b          | {"a":[{"b":1}]}     | {"a":[{"b":2}]}     | json
                    json:$['a b']          | {"a b":1}           | {"a b":2}           | same
                    json:$.a#2             | {"a":1,"a":2}       | {"a":1,"a":3}       | same
                    json:$.a               | {"a":1,"b":1}       | {"a":2,"b":2}       | json
                    """)
    void jsonRulesSilenceValuesAndNoStructure(
            String rule, String online, String target, String word) {
        assertEquals(word, word(compare(ignoring(rule), json(online), json(target))));
    }

    @Test
    void fieldAndCookieRulesSilenceWhatTheyName() {
        HttpReply online = reply(200, "X-Build-Id: 1\nX-Foo: 2\nSet-Cookie: ab=1", "");
        HttpReply target = reply(200, "X-Build-Id: 2", "");
        assertEquals("cookie", word(compare(online, target)));
        assertEquals("header", word(compare(ignoring("cookie:ab"), online, target)));
        assertEquals(
                SAME,
                compare(ignoring("cookie:ab", "header:x-build*", "header:X-FOO"), online, target));
    }

    @Test
    void aPrefixDoesNotCoverWhatProtects() {
        HttpReply online = reply(200, "X-CSRF-Token: 0123456789", "");
        assertEquals("header", word(compare(ignoring("header:x-c*"), online, reply(200, "", ""))));
    }

    @ParameterizedTest
    @CsvSource({
        "max-decoded-bytes, 10",
        "max-differences, 0",
        "max-depth, 501",
        "numbers, rounded",
        "likely-noise, maybe",
        "igore, x",
        "probe, 2",
        "probe, 101%",
        "probe, -1%",
        "probe, often",
        "probe, 1 % of all",
    })
    void wrongSettingsAreNamed(String name, String value) {
        Object read = value.matches("\\d+") ? (Object) Integer.valueOf(value) : value;
        SettingsException refusal =
                assertThrows(SettingsException.class, () -> settings(Map.of(name, read)));
        assertTrue(refusal.getMessage().contains("http.compare." + name), refusal.getMessage());
    }

    @Test
    void hostsAreNames() {
        for (String wrong : new String[] {"http://a", "a b", "", "a:b", "a/b"}) {
            assertThrows(
                    SettingsException.class,
                    () -> settings(Map.of("hosts", Map.of("www", wrong))),
                    wrong);
        }
        CompareSettings settings =
                CompareSettings.defaults().withHost("[2001:db8::1]:80", "127.0.0.1:8080");
        assertEquals("x//[2001:db8::1]:80/y", settings.hosts().asOnline("x//127.0.0.1:8080/y"));
    }

    @Test
    void aShareIsAPartOrPercent() {
        assertEquals(0, CompareSettings.defaults().probe());
        assertEquals(0.01, settings(Map.of("probe", "1%")).probe());
        assertEquals(0.005, settings(Map.of("probe", "0.5 %")).probe());
        assertEquals(0.01, settings(Map.of("probe", 0.01)).probe());
        assertEquals(0.0001, settings(Map.of("probe", 0.0001)).probe());
        assertEquals(1, settings(Map.of("probe", 1)).probe());
    }

    @Test
    void theNoiseFileIsOnlyNamedHere() {
        assertEquals(
                Optional.of(Path.of("noise.jsonl")),
                settings(Map.of("noise-file", "noise.jsonl")).noiseFile());
    }
}
