package dev.understudy.http.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShownTest {
    private static final String SECRET = "hunter2";
    private static final SecretNames NAMES = new SecretNames(Set.of());
    private static final Shown SHOWN = new Shown(NAMES);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<password>hunter2</password>",
                "<p:password xmlns:p='x'>hunter2",
                "<Password><![CDATA[hunter2]]></Password>",
                "<input name=\"password\" value=\"my hunter2 indeed\">",
                "<input value='hunter2' type=password>",
                "<meta name=csrf-token content=hunter2>",
                "<input value=\"hunter2\" id=\"pwd",
                "{\"password\": \"a hunter2\"}",
                "{\"password\": \"a \\\"hunter2\"}",
                "next=/cb?token=hunter2",
                "/go?x=1#access_token=hunter2",
                "next=%2Fcb%3Ftoken%3Dhunter2",
                "next=%2Fcb%3Fsid%3Dhunter2",
                "next=%252Fcb%253Ftoken%253Dhunter2",
                "next=%25252Fcb%25253Fa%25253D1%252526sid%25253Dhunter2",
                "a:token=hunter2",
                "user[password]=hunter2",
                "user%5Bpassword%5D=hunter2",
                "Authorization: Basic hunter2",
            })
    void noSecretIsShown(String text) {
        String shown = SHOWN.text(text);
        assertFalse(shown.contains(SECRET), shown);
        assertTrue(shown.contains("(secret)"), shown);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<title>hunter2</title>",
                "<input name=\"color\" value=\"hunter2\">",
                "{\"user\": \"hunter2\"}",
                "/go?x=hunter2#top"
            })
    void whatIsNoSecretIsShown(String text) {
        assertEquals("'" + text + "'", SHOWN.text(text));
    }

    @ParameterizedTest
    @CsvSource({
        "https://bob:hunter2@shop/a?b=1, 'https://(secret)@shop/a?b=1'",
        "https://bob:hunt@hunter2@shop/a, 'https://(secret)@shop/a'",
        "/cb#code=hunter2&a=1, '/cb#code=(secret)&a=1'",
        "/cb?x=1#access_token=hunter2, '/cb?x=1#access_token=(secret)'",
        "/cb?state=hunter2&y=2#top, '/cb?state=(secret)&y=2#top'",
        "/a?b=1, '/a?b=1'"
    })
    void addressesShowNoLogin(String address, String shown) {
        assertEquals("'" + shown + "'", Address.shown(address, NAMES));
    }

    @Test
    void anExcerptKnowsTheNameThatStandsFarBeforeTheSecret() {
        for (String begin :
                List.of(
                        "<input name=\"password\" class=\"%s\" value=\"",
                        "{\"a\": 1, \"password\": \"%s", "<p>one</p><password>%s")) {
            String far = begin.formatted("horse ".repeat(100));
            String shown = TextComparison.excerpt(far + "hunter2\">", far.length(), SHOWN);
            boolean open = begin.contains("class");
            assertFalse(shown.contains(SECRET) || (!open && shown.contains("horse")), shown);
            assertTrue(shown.startsWith("at " + far.length() + ": '"), shown);
            assertTrue(shown.contains("(secret)"), shown);
        }
    }

    @Test
    void anExcerptShowsNoSecretThatEndsBeforeTheDifference() {
        String before = "{\"password\": \"" + "horse ".repeat(50) + "hunter2\", \"age\": ";
        String shown = TextComparison.excerpt(before + "17}", before.length(), SHOWN);
        assertEquals("at " + before.length() + ": '{\"password\": (secret), \"age\": 17}'", shown);
    }

    @Test
    void anExcerptShowsWhatIsNoSecretAndItsSurroundings() {
        String before = "<p class=\"x\" title=\"" + "horse ".repeat(100);
        String shown =
                TextComparison.excerpt(before + "hunter2\"> and more", before.length(), SHOWN);
        assertTrue(shown.endsWith("horse horse hunter2\"> and more'"), shown);
        assertTrue(shown.length() < 120, shown);
    }
}
