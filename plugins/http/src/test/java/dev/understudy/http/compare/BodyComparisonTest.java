package dev.understudy.http.compare;

import static dev.understudy.http.compare.Answers.KEEP;
import static dev.understudy.http.compare.Answers.SAME;
import static dev.understudy.http.compare.Answers.compare;
import static dev.understudy.http.compare.Answers.latin;
import static dev.understudy.http.compare.Answers.reply;
import static dev.understudy.http.compare.Answers.settings;
import static dev.understudy.http.compare.Answers.word;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Verdict;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyComparisonTest {
    private static final String JSON = "content-type: application/json";

    private static HttpReply coded(String coding, String type, int keep, byte[] content) {
        String name = coding.equals("bare") ? "deflate" : coding;
        return reply(keep, 200, type + "\ncontent-encoding: " + name, Encoded.as(coding, content));
    }

    @ParameterizedTest
    @ValueSource(strings = {"identity", "gzip", "x-gzip", "deflate", "bare", "br", "zstd"})
    void theSameContentIsTheSameHoweverItIsCoded(String coding) {
        byte[] content = "{\"a\":[1,2,3]}".getBytes(UTF_8);
        HttpReply plain = reply(KEEP, 200, JSON, content);
        HttpReply coded = coded(coding, JSON, KEEP, content);
        assertEquals(SAME, compare(plain, coded));
        assertEquals(SAME, compare(coded, plain));
        assertEquals(SAME, compare(coded("gzip", JSON, KEEP, content), coded));
        HttpReply planted = coded(coding, JSON, KEEP, "{\"a\":[1,2,4]}".getBytes(UTF_8));
        assertEquals(
                new Verdict.Different("json", "json:$.a[2]: 3", "json:$.a[2]: 4"),
                compare(plain, planted));
    }

    @Test
    void aBodyIsTheSameInAnyPieces() {
        byte[] content = new byte[3000];
        new Random(1).nextBytes(content);
        HttpReply whole = reply(KEEP, 200, "", content);
        HttpReply.Builder builder =
                new HttpReply.Builder(KEEP, CompareSettings.defaults(), 200, "", List.of());
        for (int i = 0; i < content.length; i += 7) {
            builder.body(Unpooled.wrappedBuffer(content, i, Math.min(7, content.length - i)));
        }
        assertEquals(SAME, compare(whole, builder.end(HttpReply.Outcome.UNTIL_CLOSE)));
    }

    @Test
    void whatIsNotWhatItsHeadSaysIsToldOrLeftAlone() {
        HttpReply plain = reply(200, JSON, "{}");
        HttpReply corrupt = reply(200, JSON + "\ncontent-encoding: gzip", "{}");
        HttpReply otherwise = reply(200, JSON + "\ncontent-encoding: gzip", "{ }");
        HttpReply unknown = reply(200, JSON + "\ncontent-encoding: compress", "{}");
        Verdict.Different different =
                assertInstanceOf(Verdict.Different.class, compare(plain, corrupt));
        assertEquals("body", different.kind());
        assertEquals("body: not gzip, as its head says", different.target());
        assertEquals(SAME, compare(corrupt, corrupt));
        assertEquals("(corrupt)", word(compare(corrupt, otherwise)));
        assertEquals("(coding)", word(compare(plain, unknown)));
        assertEquals(SAME, compare(unknown, unknown));
    }

    @Test
    void bombsAreNotComparedAndNotCalledEqual() {
        CompareSettings small = settings(Map.of("max-decoded-bytes", 2000));
        HttpReply bomb = coded("gzip", JSON, KEEP, new byte[100_000]);
        assertEquals(
                "(too-large)", word(compare(small, bomb, coded("br", JSON, KEEP, new byte[99]))));
        assertEquals(SAME, compare(small, bomb, bomb));
    }

    @ParameterizedTest(name = "{0}: {1} against {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    text/plain        | one two three                   | one two four                    | at 8: 'one two four'
                    text/plain        | one                             | one two                         | at 3: 'one two'
                    text/plain        | one two                         | one                             | at 3: the end
                    text/plain        | password=abcdef x               | password=abcdeg x               | at 14: 'password=(secret) x'
                    text/html         | <p>a</p>                        | <p>b</p>                        | at 3: '<p>b</p>'
                    image/svg+xml     | <svg/>                          | <svg>                           | at 4: '<svg>'
                    image/png         | abcd                            | abxd                            | -
                    """)
    void theFirstDifferenceIsShown(String type, String online, String target, String told) {
        Verdict.Different different =
                assertInstanceOf(
                        Verdict.Different.class,
                        compare(
                                latin(200, "content-type: " + type, online),
                                latin(200, "content-type: " + type, target)));
        assertEquals("body", different.kind());
        if (type.equals("image/png")) {
            assertTrue(different.target().endsWith(", at 2: 7864"), different.target());
        } else {
            assertEquals("body: " + told, different.target());
        }
    }

    @ParameterizedTest(name = "{0} against {1}")
    @CsvSource({
        "text/plain; charset=utf-8, text/plain; charset=UTF-8, same",
        "text/plain; charset=utf-8, text/plain; charset=iso-8859-1, json",
        "text/plain, text/plain; charset=iso-8859-1, json",
        "text/plain, text/plain; charset=utf-8, same",
        "text/html; charset=utf-8, text/html; charset=utf-16, body",
        "text/html; charset=utf-8, text/html; charset=nonsense, body",
        "text/html; charset=ascii, text/html; charset=nonsense, same",
        "application/json, application/json; charset=utf-8, same",
        "application/json; charset=utf-8, application/json; charset=latin1, json",
        "image/png; charset=utf-8, image/png; charset=latin1, same"
    })
    void equalBytesInTwoCharsetsAreTwoTexts(String online, String target, String word) {
        String json = "{\"name\":\"Ärger\"}";
        HttpReply mine = reply(200, "content-type: " + online, json);
        HttpReply theirs = reply(200, "content-type: " + target, json);
        assertEquals(word, word(compare(mine, theirs)));
    }

    @Test
    void whatIsTooLongToBeReadIsNotTheSameInAnotherCharset() {
        byte[] text = "Ärger".repeat(9).getBytes(UTF_8);
        HttpReply utf8 = reply(4, 200, "content-type: text/plain; charset=utf-8", text);
        assertEquals(SAME, compare(utf8, utf8));
        assertEquals(
                SAME, compare(utf8, reply(4, 200, "content-type: text/plain; charset=UTF8", text)));
        HttpReply latin = reply(4, 200, "content-type: text/plain; charset=latin1", text);
        assertEquals("(too-large)", word(compare(utf8, latin)));
        HttpReply json = reply(4, 200, JSON, text);
        assertEquals(SAME, compare(json, reply(4, 200, JSON + "; charset=UTF-8", text)));
    }

    @Test
    void charsetsOfTextAreUndone() {
        HttpReply utf8 =
                reply(
                        KEEP,
                        200,
                        "content-type: text/plain; charset=\"UTF-8\"",
                        "Ärger".getBytes(UTF_8));
        assertEquals(
                SAME,
                compare(utf8, latin(200, "content-type: text/plain; charset=latin1", "Ärger")));
        assertEquals(SAME, compare(utf8, latin(200, "content-type: text/plain", "Ärger")));
        assertEquals(
                "body",
                word(
                        compare(
                                utf8,
                                latin(
                                        200,
                                        "content-type: text/plain; charset=nonsense",
                                        "Ärger"))));
    }

    @Test
    void aFormsTokenIsNoDifferenceAndItsAbsenceIs() {
        String page =
                "<meta name=\"csrf-token\" content=\"%s\"><form><input type=hidden name='_csrf' value='%s'>"
                        + "<input name=city value=\"%s\"></form><script nonce=\"%s\">";
        String type = "content-type: text/html; charset=utf-8";
        HttpReply online =
                reply(200, type, page.formatted("a1a1a1a1a1", "b1b1b1b1b1", "Bonn", "c1"));
        assertEquals(
                SAME,
                compare(
                        online,
                        reply(
                                200,
                                type,
                                page.formatted("a2a2a2a2a2", "b2b2b2b2b2", "Bonn", "c2"))));
        assertEquals(
                "body",
                word(
                        compare(
                                online,
                                reply(
                                        200,
                                        type,
                                        page.formatted(
                                                "a2a2a2a2a2", "b2b2b2b2b2", "Köln", "c2")))));
        String without =
                page.replace("name='_csrf'", "")
                        .formatted("a2a2a2a2a2", "b2b2b2b2b2", "Bonn", "c2");
        assertEquals("body", word(compare(online, reply(200, type, without))));
        // What is this short nobody has drawn.
        HttpReply on = reply(200, type, page.formatted("on", "b", "Bonn", "c"));
        HttpReply off = reply(200, type, page.formatted("off", "b", "Bonn", "c"));
        assertEquals("body", word(compare(on, off)));
    }

    @ParameterizedTest(name = "{0} against {1}")
    @CsvSource({
        "<a><s:token>0123456789</s:token></a>, <a><s:token>abcdefghij</s:token></a>, same",
        "<a token='0123456789'>1</a>, <a token='abcdefghij'>1</a>, same",
        "<a token='0123456789'>1</a>, <a token='abcdefghij'>2</a>, body",
        "<a><token>0123456789</token></a>, <a><token></token></a>, body",
        "<a><token>on</token></a>, <a><token>off</token></a>, body",
        "<a><name>0123456789</name></a>, <a><name>abcdefghij</name></a>, body",
    })
    void tokensInXmlAreEachServersOwn(String online, String target, String word) {
        String type = "content-type: application/soap+xml";
        assertEquals(word, word(compare(reply(200, type, online), reply(200, type, target))));
    }

    @ParameterizedTest(name = "{0} against {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    made 2026-11-23T10:00:00Z by 0123456789abcdef | made 2026-11-23T10:00:02Z by 00000456789abcdef0 | body
                    made 2026-11-23T10:00:00Z by 0123456789abcdef | made 2026-11-23T10:00:02Z by f000456789abcdef0  | body
                    made 2026-11-23T10:00:00Z by 0123456789abcdef | made 2026-11-23T10:00:02Z by fedcba9876543210   | likely-noise
                    id=7e1f3a5c-0000-4000-8000-0123456789ab;      | id=11111111-0000-4000-8000-0123456789ab;        | likely-noise
                    price 10                                      | price 12                                        | body
                    """)
    void wordsThatLookDrawnAreLikelyNoise(String online, String target, String word) {
        String type = "content-type: text/plain";
        assertEquals(word, word(compare(reply(200, type, online), reply(200, type, target))));
    }

    @Test
    void textRulesTakeOutWhatTheyMatch() {
        CompareSettings rule = settings(Map.of("ignore", List.of("text:built at [0-9:]+")));
        String type = "content-type: text/plain";
        HttpReply online = reply(200, type, "x built at 10:00 y");
        assertEquals(SAME, compare(rule, online, reply(200, type, "x built at 9:30:01 y")));
        assertEquals("body", word(compare(rule, online, reply(200, type, "x built at 10:00 z"))));
    }

    @Test
    void aRuleWithoutEndIsGivenUp() {
        CompareSettings rule = settings(Map.of("ignore", List.of("text:(a+)+b")));
        String type = "content-type: text/plain";
        HttpReply online = reply(200, type, "a".repeat(5000) + "c");
        assertEquals("body", word(compare(rule, online, reply(200, type, "a".repeat(5000) + "d"))));
    }

    @Test
    void whatIsTooLongToKeepIsComparedByItsBlocks() {
        byte[] content = new byte[300_000];
        new Random(7).nextBytes(content);
        byte[] planted = content.clone();
        planted[10_000]++;
        planted[200_000]++;
        planted[204_000]++;
        String type = "content-type: application/octet-stream";
        HttpReply online = reply(1000, 200, type, content);
        assertEquals(SAME, compare(online, reply(1000, 200, type, content)));
        assertEquals(SAME, compare(online, reply(KEEP * 2, 200, type, content)));
        assertEquals(SAME, compare(online, coded("gzip", type, 1000, content)));
        assertEquals(
                SAME,
                compare(coded("deflate", type, 1000, content), coded("gzip", type, 999, content)));
        Verdict.Different different =
                assertInstanceOf(
                        Verdict.Different.class, compare(online, reply(1000, 200, type, planted)));
        assertEquals(
                "body: 300,000 bytes, first differs in bytes 8192..12287; 3 blocks differ,"
                        + " the longest stretch is bytes 196608..204799",
                different.target());
    }

    @Test
    void longJsonIsEqualOrNotCompared() {
        byte[] content = ("[" + "1234567,".repeat(1000) + "1]").getBytes(UTF_8);
        byte[] other = ("[" + "1234567,".repeat(1000) + "2]").getBytes(UTF_8);
        HttpReply online = reply(1000, 200, JSON, content);
        assertEquals(SAME, compare(online, reply(1000, 200, JSON, content)));
        assertEquals("(too-large)", word(compare(online, reply(1000, 200, JSON, other))));
        assertEquals(
                "(too-large)",
                word(compare(coded("br", JSON, 10, content), coded("br", JSON, 10, other))));
        // Another header is told all the same, and that the bodies were not compared.
        Verdict.Different different =
                assertInstanceOf(
                        Verdict.Different.class,
                        compare(online, reply(1000, 200, JSON + "\nX-A: 1", other)));
        assertEquals("header:x-a: '1'\nbody not compared: too-large", different.target());
    }

    @Test
    void blocksOfBodiesOfAnyLengthsFitEachOther() {
        Random random = new Random(3);
        byte[] longest = new byte[9 << 20];
        random.nextBytes(longest);
        for (int length :
                new int[] {
                    0, 1, 4095, 4096, 4097, 4 << 20, (4 << 20) + 1, 5_000_000, (8 << 20) + 5000
                }) {
            byte[] content = Arrays.copyOf(longest, length);
            BlockHashes.Sum whole = ContentCodingsTest.sum(content);
            BlockHashes pieces = new BlockHashes();
            for (int at = 0; at < length; ) {
                int take = Math.min(length - at, 1 + random.nextInt(100_000));
                pieces.add(ByteBuffer.wrap(content, at, take));
                at += take;
            }
            assertEquals(Optional.empty(), whole.differsFrom(pieces.end()), length + " bytes");
            BlockHashes.Parts parts =
                    whole.differsFrom(ContentCodingsTest.sum(longest)).orElseThrow();
            assertTrue(
                    parts.from() <= length && parts.from() > length - (32 << 10),
                    length + " bytes: " + parts);
            if (length > 0) {
                int at = random.nextInt(length);
                content[at]++;
                BlockHashes.Parts planted =
                        whole.differsFrom(ContentCodingsTest.sum(content)).orElseThrow();
                assertTrue(planted.from() <= at && at < planted.to(), "at " + at + ": " + planted);
                assertEquals(1, planted.blocks());
            }
        }
    }

    @Test
    void nothingIsKeptBeyondTheLimitAndSecretsOfABodyAreNotShown() {
        HttpReply reply = reply(10, 200, "content-type: text/plain", new byte[100_000]);
        assertEquals(10, reply.body().kept().length);
        assertEquals(100_000, reply.bodyBytes());
        String token = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        Verdict.Different different =
                assertInstanceOf(
                        Verdict.Different.class,
                        compare(
                                reply(200, "content-type: text/plain", "x " + token + "a"),
                                reply(200, "content-type: text/plain", "y " + token + "b")));
        assertFalse(different.online().contains(token), different.online());
    }
}
