package dev.understudy.http.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShownTest {
    private static final String SECRET = "hunter2";

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
                "a:token=hunter2",
                "Authorization: Basic hunter2",
            })
    void noSecretIsShown(String text) {
        String shown = Shown.text(text);
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
        assertEquals("'" + text + "'", Shown.text(text));
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
        assertEquals("'" + shown + "'", Address.shown(address));
    }

    @Test
    void anExcerptKnowsTheNameThatStandsFarBeforeTheSecret() {
        String far = "<input name=\"password\" class=\"" + "x ".repeat(300) + "\" value=\"";
        String text = far + "hunter2\">";
        assertEquals(
                "at " + far.length() + ": (secret)", TextComparison.excerpt(text, far.length()));
        String open = "<p class=\"" + "x ".repeat(300) + "\" title=\"";
        assertEquals(
                "at " + open.length() + ": '…hunter2\">'",
                TextComparison.excerpt(open + "hunter2\">", open.length()));
    }

    @Test
    void anExcerptBeginsWithTheTag() {
        String before = "<p>one</p><password>correct " + "horse ".repeat(20);
        String shown = TextComparison.excerpt(before + "hunter2</password>", before.length());
        assertFalse(shown.contains(SECRET) || shown.contains("horse"), shown);
    }
}
