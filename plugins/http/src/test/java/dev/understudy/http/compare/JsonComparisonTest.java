package dev.understudy.http.compare;

import static dev.understudy.http.compare.Answers.SAME;
import static dev.understudy.http.compare.Answers.compare;
import static dev.understudy.http.compare.Answers.json;
import static dev.understudy.http.compare.Answers.reply;
import static dev.understudy.http.compare.Answers.settings;
import static dev.understudy.http.compare.Answers.word;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.understudy.protocol.Verdict;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonComparisonTest {
    /** The target's value in what is told, without its kind; {@code same} where nothing is. */
    @ParameterizedTest(name = "{0} against {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"a":1,"b":2}         | {"b":2, "a":1}        | same
                    {"a":1}               | {"a":2}               | json:$.a: 2
                    {"a":1}               | {"a":1.0}             | json:$.a: 1.0
                    {"a":1}               | {"a":"1"}             | json:$.a: '1'
                    {"a":12345678901234567890} | {"a":12345678901234567891} | json:$.a: 12345678901234567891
                    {"a":0.1}             | {"a":0.10000000000000001} | json:$.a: 0.10000000000000001
                    {"a":true}            | {"a":false}           | json:$.a: false
                    {"a":null}            | {}                    | json:$.a: (absent)
                    {"a":null}            | {"a":0}               | json:$.a: 0
                    {}                    | {"a":[1]}             | json:$.a: array of 1
                    {"a":{"b":{}}}        | {"a":{"b":[]}}        | json:$.a.b: array of 0
                    {"a b":{"c'd":1}}     | {"a b":{"c'd":2}}     | json:$['a b']['c\\'d']: 2
                    {"":1}                | {"":2}                | json:$['']: 2
                    {"a":1,"a":2}         | {"a":1,"a":3}         | json:$.a#2: 3
                    {"a":1,"a":2}         | {"a":1}               | json:$.a#2: (absent)
                    {"a":1,"a":2}         | {"a":2,"a":1}         | json:$.a: 2~json:$.a#2: 1
                    [1,2,3]               | [1,9,3]               | json:$[1]: 9
                    [1,2,3]               | [3,2,1]               | json:$: in another order
                    [1,2,3]               | [1,3]                 | json:$: 2 elements
                    [1,3]                 | [1,2,3]               | json:$: 3 elements, [1] only here
                    [1]                   | [1,2,3]               | json:$: 3 elements, [1] to [2] only here
                    {"a":[{"b":1},{"b":2}]} | {"a":[{"b":1},{"b":3}]} | json:$.a[1].b: 3
                    "\\u00e4"             | "ä"                   | same
                    5                     | 5                     | same
                    5                     | [5]                   | json:$: array of 1
                    {"access_token":"0123456789abcdef","n":1} | {"access_token":"fedcba9876543210","n":2} | json:$.n: 2
                    {"password":"geheim1"} | {"password":"geheim2"} | json:$.password: (secret, 7 characters)
                    {"credentials":{"user":"a"}} | {"credentials":{"user":"b"}} | json:$.credentials.user: (secret, 1 characters)
                    """)
    void differencesHaveTheirPath(String online, String target, String told) {
        Verdict verdict = compare(json(online), json(target));
        assertEquals(
                told,
                verdict instanceof Verdict.Different different
                        ? different.target().replace('\n', '~')
                        : word(verdict));
    }

    @Test
    void numbersCanBeComparedByValue() {
        CompareSettings byValue = settings(Map.of("numbers", "value"));
        assertEquals(SAME, compare(byValue, json("[1, 1e2]"), json("[1.0, 100]")));
        assertEquals("json", word(compare(byValue, json("[1e999999999]"), json("[1e999999998]"))));
    }

    @Test
    void whatIsNotJsonOnOneSideIsTold() {
        Verdict.Different different =
                assertInstanceOf(Verdict.Different.class, compare(json("{\"a\":1}"), json("oops")));
        assertEquals("json:$: no JSON: 'oops'", different.target());
        assertEquals("body", word(compare(json("oops"), json("ooops"))));
    }

    @Test
    void nestingHasALimitAndIsThenText() {
        String deep = "[".repeat(100_000);
        assertEquals("body", word(compare(json(deep + "1"), json(deep + "2"))));
        CompareSettings three = settings(Map.of("max-depth", 3));
        assertEquals("json", word(compare(three, json("[[[1]]]"), json("[[[2]]]"))));
        assertEquals("body", word(compare(three, json("[[[[1]]]]"), json("[[[[2]]]]"))));
    }

    @ParameterizedTest
    @CsvSource({"utf-8", "UTF-16", "utf-16le", "iso-8859-1", "utf-32"})
    void charsetsAreUndone(String charset) {
        String text = "{\"name\":\"Ärger\"}";
        HttpReply coded =
                reply(
                        Answers.KEEP,
                        200,
                        "content-type: application/json; charset=" + charset,
                        text.getBytes(Charset.forName(charset)));
        assertEquals(SAME, compare(json(text), coded));
        assertEquals("json", word(compare(json("{\"name\":\"Arger\"}"), coded)));
    }

    @Test
    void utf16WithoutALabelIsRecognised() {
        HttpReply coded =
                reply(
                        Answers.KEEP,
                        200,
                        "content-type: application/json",
                        "{\"a\":1}".getBytes(UTF_16LE));
        assertEquals(SAME, compare(json("{\"a\":1}"), coded));
    }

    @Test
    void linksToTheTargetItselfAreNoDifference() {
        CompareSettings hosts = settings(Map.of("hosts", Map.of("www.example.com", "stage:81")));
        assertEquals(
                SAME,
                compare(
                        hosts,
                        json("{\"next\":\"https:\\/\\/www.example.com/a?p=2\"}"),
                        json("{\"next\":\"https://stage:81/a?p=2\"}")));
        assertEquals(
                "json",
                word(
                        compare(
                                hosts,
                                json("{\"next\":\"https://www.example.com/a\"}"),
                                json("{\"next\":\"https://stage:811/a\"}"))));
    }

    /** 300 trees, each with one change, found at exactly its path. */
    @Test
    void onePlantedChangeIsFoundAtItsPath() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            List<String> paths = new ArrayList<>();
            String online = tree(random, 0, "$", paths, -1);
            int planted = random.nextInt(paths.size());
            paths.clear();
            String target = tree(new Random(seed), 0, "$", paths, planted);
            Verdict.Different different =
                    assertInstanceOf(
                            Verdict.Different.class,
                            compare(json(online), json(target)),
                            "seed " + seed);
            String path = paths.get(planted);
            assertEquals("json", different.kind(), "seed " + seed);
            assertEquals("json:" + path + ": 'planted'", different.target(), "seed " + seed);
            assertFalse(different.online().contains("\n"), "seed " + seed);
            assertEquals(SAME, compare(json(online), json(online + " ")), "seed " + seed);
        }
    }

    /** Writes a tree and the paths of its leaves; the planted leaf has another text. */
    private static String tree(
            Random random, int depth, String path, List<String> paths, int planted) {
        int kind =
                depth == 0
                        ? random.nextInt(2)
                        : random.nextInt(depth > 5 ? 1 : 4) + (depth > 5 ? 2 : 0);
        StringBuilder out = new StringBuilder();
        int size = 1 + random.nextInt(5);
        switch (kind) {
            case 0 -> {
                out.append('{');
                for (int i = 0; i < size; i++) {
                    out.append(i == 0 ? "" : ",").append("\"m").append(i).append("\": ");
                    out.append(tree(random, depth + 1, path + ".m" + i, paths, planted));
                }
                out.append('}');
            }
            case 1 -> {
                out.append('[');
                for (int i = 0; i < size; i++) {
                    out.append(i == 0 ? "" : ",");
                    out.append(tree(random, depth + 1, path + "[" + i + "]", paths, planted));
                }
                out.append(']');
            }
            default -> {
                String text = "\"leaf " + random.nextInt(1000) + "\"";
                out.append(paths.size() == planted ? "\"planted\"" : text);
                paths.add(path);
            }
        }
        return out.toString();
    }
}
