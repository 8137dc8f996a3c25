package dev.understudy.http.compare;

import static dev.understudy.http.compare.Answers.SAME;
import static dev.understudy.http.compare.Answers.exchange;
import static dev.understudy.http.compare.Answers.json;
import static dev.understudy.http.compare.Answers.reply;
import static dev.understudy.http.compare.Answers.request;
import static dev.understudy.http.compare.Answers.word;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Request;
import dev.understudy.protocol.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseLearnerTest {
    @TempDir Path folder;

    private static NoiseLearner learner() {
        return new NoiseLearner(CompareSettings.defaults());
    }

    private static HttpReply n(int value) {
        return json("{\"n\":" + value + ",\"same\":1}");
    }

    /** Of 100 compared answers and 20 pairs of equal servers, so many differ in one value. */
    @ParameterizedTest(name = "raw {0}, noise {1}")
    @CsvSource({
        "100, 20, true", // always and everywhere
        "50, 10, true",
        "60, 10, true", // a fifth more is no more than chance
        "76, 10, false", // (76 - 50) / 126 is more than a fifth
        "100, 10, false",
        "10, 0, false", // equal servers agree: a difference
        "0, 10, true",
        "1, 1, true",
    })
    void noiseIsWhatDiffersBetweenEqualServersNearlyAsOften(int raw, int noise, boolean learnt) {
        NoiseLearner learner = learner();
        for (int i = 0; i < 100; i++) {
            learner.compared(exchange("GET", n(0), n(i < raw ? 1 : 0)));
        }
        for (int i = 0; i < 20; i++) {
            learner.twice(request("GET"), n(0), n(i < noise ? 1 : 0));
        }
        assertEquals(learnt ? 1 : 0, learner.learnt().size());
    }

    private static Verdict beside(HttpReply online, HttpReply target, HttpReply control) {
        return new Comparison(CompareSettings.defaults())
                .compare(exchange("GET", online, target), Optional.of(control));
    }

    @Test
    void whatAReferenceTargetAnswersOtherwiseTooIsNoiseOfThisAnswerAlone() {
        assertEquals(SAME, beside(n(1), n(2), n(3)));
        assertEquals(SAME, beside(n(1), n(2), n(2)));
        // The reference agrees with production: what differs is the target's.
        assertEquals("json", word(beside(n(1), n(2), n(1))));
        HttpReply more = json("{\"n\":2,\"same\":2}");
        assertEquals("json", word(beside(n(1), more, n(3))));
        HttpReply text = json("{\"n\":\"2\",\"same\":1}");
        assertEquals("json", word(beside(n(1), text, n(3))));
    }

    @Test
    void aReferenceTargetExcusesNothingBroad() {
        // A status, a missing member, a number of elements, a whole text, a field that protects.
        HttpReply failed = reply(500, "", "");
        assertEquals("status", word(beside(n(1), failed, failed)));
        assertEquals("json", word(beside(n(1), json("{\"n\":2}"), json("{\"n\":2}"))));
        assertEquals("json", word(beside(json("[1]"), json("[1,2]"), json("[1,2,3]"))));
        HttpReply one = reply(200, "content-type: text/plain", "one");
        HttpReply other = reply(200, "content-type: text/plain", "two");
        assertEquals("body", word(beside(one, other, other)));
        HttpReply csrf = reply(200, "x-csrf-kind: a", "");
        assertEquals(
                "header",
                word(
                        beside(
                                csrf,
                                reply(200, "x-csrf-kind: b", ""),
                                reply(200, "x-csrf-kind: c", ""))));
        // What protects within a body, and where the client is sent.
        assertEquals(
                "json",
                word(
                        beside(
                                json("{\"csrf\":\"a\"}"),
                                json("{\"csrf\":\"b\"}"),
                                json("{\"csrf\":\"c\"}"))));
        assertEquals(
                "location",
                word(
                        beside(
                                reply(302, "location: /a", ""),
                                reply(302, "location: /b", ""),
                                reply(302, "location: /c", ""))));
        // It failed, or was not whole: it says nothing of values.
        assertEquals("json", word(beside(n(1), n(2), failed)));
        assertEquals("json", word(beside(n(1), n(2), HttpReply.none(HttpReply.Outcome.RESET))));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # what                  | production            | target                | control               | verdict
                    the same element        | [{"p":1},{"p":5}]     | [{"p":2},{"p":5}]     | [{"p":3},{"p":5}]     | same
                    another element         | [{"p":1},{"p":5}]     | [{"p":2},{"p":6}]     | [{"p":3},{"p":5}]     | json
                    another element alone   | [{"p":1},{"p":5}]     | [{"p":1},{"p":6}]     | [{"p":3},{"p":5}]     | json
                    an array within         | [[1,2],[3,4]]         | [[1,2],[3,9]]         | [[1,2],[7,4]]         | json
                    other elements there    | [{"p":1},{"p":2}]     | [{"p":1},{"p":9}]     | [{"p":1},{"p":3},{"p":4}] | json
                    within other elements   | [{"a":[1,2]},{"b":3}] | [{"a":[1,9]},{"b":3}] | [{"a":[1,5]}]         | json
                    as many elements within | {"a":[1,2],"b":[1]}   | {"a":[1,9],"b":[1]}   | {"a":[1,5],"b":[1,2]} | same
                    """)
    void aControlExcusesTheElementItDiffersInAndNoOther(
            String what, String online, String target, String control, String verdict) {
        assertEquals(verdict, word(beside(json(online), json(target), json(control))));
    }

    @Test
    void namesTooLongToBeShownAreStillToldApart() {
        String long81 = "k".repeat(81);
        String body = "{\"%sa\":%d,\"%sb\":%d}";
        assertEquals(
                "json",
                word(
                        beside(
                                json(body.formatted(long81, 1, long81, 1)),
                                json(body.formatted(long81, 1, long81, 2)),
                                json(body.formatted(long81, 3, long81, 1)))));
    }

    /** Where the control's values look like production's, so have the target's to. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    2026-11-23T10:00:00Z | 2026-11-23T10:00:01Z  | 2026-11-23T10:00:02Z | same
                    2026-11-23T10:00:00Z | 2026-11-23T10:00:01.5Z| 2026-11-23T10:00:02Z | same
                    2026-11-23T10:00:00Z | never                 | 2026-11-23T10:00:02Z | json
                    01234567-89ab-cdef-0123-456789abcdef | 11234567-89ab-cdef-0123-456789abcdef | 21234567-89ab-cdef-0123-456789abcdef | same
                    01234567-89ab-cdef-0123-456789abcdef | null | 21234567-89ab-cdef-0123-456789abcdef | json
                    some | words | differ | same
                    """)
    void noiseThatHasALookHasItOnTheTargetToo(
            String online, String target, String control, String verdict) {
        String body = "{\"v\":\"%s\"}";
        assertEquals(
                verdict,
                word(
                        beside(
                                json(body.formatted(online)),
                                json(body.formatted(target)),
                                json(body.formatted(control)))));
    }

    @Test
    void aPlaceBehindManyDifferencesOfTheReferenceIsStillNoise() {
        assertEquals(SAME, beside(wide(0), wide(1), wide(2)));
    }

    private static HttpReply wide(int value) {
        StringBuilder text = new StringBuilder("{\"n0\":0");
        for (int i = 1; i <= 50; i++) {
            text.append(",\"n").append(i).append("\":").append(value);
        }
        return json(text.append('}').toString());
    }

    @Test
    void whatWasLearntIsNoDifferenceAndTheRestIs() {
        NoiseLearner learner = learner();
        Comparison plain = new Comparison(CompareSettings.defaults());
        for (int i = 0; i < NoiseLearner.LEAST_PAIRS; i++) {
            assertEquals(0, learner.learnt().size(), "too early");
            learner.twice(request("GET"), n(i), n(i + 1));
        }
        Comparison comparison = plain.with(learner.learnt());
        assertEquals("json", word(plain.compare(exchange("GET", n(1), n(2)))));
        assertEquals(SAME, comparison.compare(exchange("GET", n(1), n(2))));
        // Another request, a change of type and a missing member are no noise.
        assertEquals("json", word(comparison.compare(exchange("HEAD2", n(1), n(2)))));
        HttpReply text = json("{\"n\":\"1\",\"same\":1}");
        assertEquals("json", word(comparison.compare(exchange("GET", n(1), text))));
        HttpReply missing = json("{\"same\":1}");
        assertEquals("json", word(comparison.compare(exchange("GET", n(1), missing))));
        HttpReply other = json("{\"n\":7,\"same\":2}");
        assertEquals("json", word(comparison.compare(exchange("GET", n(1), other))));
    }

    @Test
    void elementsOfAnArrayAreOnePlace() {
        NoiseLearner learner = learner();
        for (int i = 0; i < 9; i++) {
            learner.twice(
                    request("GET"),
                    json("[{\"t\":%d},{\"t\":%d}]".formatted(i, i + 5)),
                    json("[{\"t\":%d},{\"t\":%d}]".formatted(i + 1, i + 6)));
        }
        assertEquals(1, learner.learnt().size());
        assertEquals(
                SAME,
                new Comparison(CompareSettings.defaults())
                        .with(learner.learnt())
                        .compare(
                                exchange(
                                        "GET",
                                        json("[{\"t\":1},{\"t\":2},{\"t\":3}]"),
                                        json("[{\"t\":1},{\"t\":2},{\"t\":4}]"))));
    }

    @Test
    void whatMustNotBeNoiseIsNeverLearnt() {
        List<HttpReply[]> pairs =
                List.of(
                        new HttpReply[] {json("{\"a\":1}"), json("{}")},
                        new HttpReply[] {json("[1]"), json("[1,2]")},
                        new HttpReply[] {json("[1,2]"), json("[2,1]")},
                        new HttpReply[] {json("[1,2]"), json("[1,3,4]")},
                        new HttpReply[] {json("{\"a\":1}"), json("{\"a\":null}")},
                        new HttpReply[] {json("{\"csrf\":1}"), json("{\"csrf\":2}")},
                        new HttpReply[] {reply(200, "", ""), reply(500, "", "")},
                        new HttpReply[] {reply(200, "x-a: 1", ""), reply(200, "", "")},
                        new HttpReply[] {
                            reply(200, "idempotency-key: 1", ""),
                            reply(200, "idempotency-key: 2", "")
                        },
                        new HttpReply[] {
                            reply(200, "set-cookie: a=1; secure", ""),
                            reply(200, "set-cookie: a=1", "")
                        },
                        new HttpReply[] {
                            reply(302, "location: /a", ""), reply(302, "location: /b", "")
                        },
                        new HttpReply[] {
                            reply(200, "content-type: text/plain", "a"),
                            reply(200, "content-type: text/plain", "b")
                        });
        NoiseLearner learner = learner();
        for (HttpReply[] pair : pairs) {
            for (int i = 0; i < 10; i++) {
                learner.twice(request("GET"), pair[0], pair[1]);
            }
        }
        assertEquals(0, learner.learnt().size());
    }

    @Test
    void whatWasLearntIsReadAgain() throws IOException {
        NoiseLearner learner = learner();
        for (int i = 0; i < 6; i++) {
            learner.twice(
                    request("GET"),
                    reply(200, "X-Build: " + i, "{\"a..b\":{\"it's\":" + i + "}}"),
                    reply(200, "X-Build: " + (i + 1), "{\"a..b\":{\"it's\":" + (i + 1) + "}}"));
            learner.compared(exchange("POST", n(1), n(2)));
        }
        Path file = folder.resolve("sub/noise.jsonl");
        learner.addTo(file);
        assertEquals(
                """
                {"request":"GET /x","place":"header:x-build","verdict":"noise","compared":0,"raw":0,"shaped":0,"pairs":6,"noise":6}
                {"request":"GET /x","place":"json:$['a..b']['it\\\\'s']","verdict":"noise","compared":0,"raw":0,"shaped":0,"pairs":6,"noise":6}
                {"request":"POST /x","place":"json:$.n","verdict":"difference","compared":6,"raw":6,"shaped":0,"pairs":0,"noise":0}
                """,
                Files.readString(file));
        NoiseLearner next = learner();
        next.read(file);
        assertEquals(2, next.learnt().size());
        String before = Files.readString(file);
        next.addTo(file);
        assertEquals(before, Files.readString(file), "what was read is not counted twice");
        try (var files = Files.list(folder.resolve("sub"))) {
            assertEquals(1, files.count(), "nothing is left lying about");
        }
    }

    /** Each copy has an instance of its own, and all of them one file. */
    @Test
    void theFileHasWhatAllTargetsAndTheControlOfARunLearnt() throws IOException {
        Set<String> texts = new HashSet<>();
        for (List<Integer> order : List.of(List.of(0, 1, 2), List.of(2, 1, 0))) {
            Path file = folder.resolve("noise" + order.getFirst() + ".jsonl");
            Files.writeString(
                    file,
                    """
                    {"request":"GET /x","place":"json:$.n","decided":"show","compared":10,"raw":1,"shaped":0,"pairs":5,"noise":1}
                    """);
            List<NoiseLearner> learners = List.of(learner(), learner(), learner());
            for (NoiseLearner learner : learners) {
                learner.read(file);
            }
            for (int i = 0; i < 3; i++) {
                learners.get(2).ofControl(exchange("GET", n(i), n(i + 1)));
                for (NoiseLearner ofTarget : learners.subList(0, 2)) {
                    ofTarget.beside(request("GET"), n(i), n(i + 1));
                    ofTarget.compared(exchange("GET", n(i), n(i)));
                }
            }
            learners.get(1).twice(request("OPTIONS"), n(1), n(2));
            for (int each : order) {
                learners.get(each).addTo(file);
            }
            texts.add(Files.readString(file));
        }
        // Three pairs of the control, counted once though two targets were compared beside it.
        assertEquals(
                Set.of(
                        """
                        {"request":"GET /x","place":"json:$.n","verdict":"difference","decided":"show","compared":16,"raw":1,"shaped":0,"pairs":8,"noise":4}
                        {"request":"OPTIONS /x","place":"json:$.n","verdict":"difference","compared":0,"raw":0,"shaped":0,"pairs":1,"noise":1}
                        """),
                texts);
    }

    @Test
    void theControlsOwnReportShowsWhereItIsNotLikeProduction() {
        NoiseLearner learner = learner();
        for (int i = 0; i < 9; i++) {
            learner.ofControl(exchange("GET", n(i), n(i + 1)));
        }
        assertEquals(0, learner.learnt().size());
    }

    @Test
    void whatDiffersBesideAControlIsLearntAtOnce() {
        NoiseLearner learner = learner();
        for (int i = 0; i < NoiseLearner.LEAST_PAIRS; i++) {
            learner.beside(request("GET"), n(i), n(i + 1));
        }
        assertEquals(1, learner.learnt().size());
    }

    @Test
    void looksAndCountersAreSaidToBeLikelyNoiseAndAreNotSilenced() throws IOException {
        NoiseLearner learner = learner();
        for (int i = 0; i < 6; i++) {
            String body = "{\"count\":%d,\"price\":%d,\"at\":\"2026-11-23T10:00:0%dZ\"}";
            learner.compared(
                    exchange(
                            "GET",
                            json(body.formatted(10 + i, 5, i)),
                            json(body.formatted(70 + 2 * i, 6, i + 1))));
        }
        Path file = folder.resolve("noise.jsonl");
        learner.addTo(file);
        List<String> verdicts =
                Files.readAllLines(file).stream()
                        .map(
                                line ->
                                        line.replaceAll(
                                                ".*json:([^\"]*)\",\"verdict\":\"([^\"]*).*",
                                                "$1 $2"))
                        .toList();
        assertEquals(
                List.of("$.at likely-noise", "$.count likely-noise", "$.price difference"),
                verdicts);
        assertEquals(0, learner.learnt().size());
    }

    @Test
    void aReviewerHasTheLastWord() throws IOException {
        Path file = folder.resolve("noise.jsonl");
        Files.writeString(
                file,
                """
                {"request":"GET /x","place":"json:$.n","decided":"ignore"}

                {"request":"GET /x","place":"json:$.same","decided":"show","pairs":50,"noise":50}
                """);
        NoiseLearner learner = learner();
        learner.read(file);
        Comparison comparison = new Comparison(CompareSettings.defaults()).with(learner.learnt());
        assertEquals(SAME, comparison.compare(exchange("GET", n(1), n(2))));
        assertEquals(
                "json",
                word(comparison.compare(exchange("GET", n(1), json("{\"n\":1,\"same\":2}")))));
        learner.addTo(file);
        assertTrue(Files.readString(file).contains("\"decided\":\"ignore\""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "[]",
                "{\"request\":\"GET /x\"}",
                "{\"place\":\"json:$.a\"}",
                "{\"request\":\"r\",\"place\":\"json:$\"}",
                "{\"request\":\"r\",\"place\":\"json:$..a\"}",
                "{\"request\":\"r\",\"place\":\"json:$.*\"}",
                "{\"request\":\"r\",\"place\":\"status\"}",
                "{\"request\":\"r\",\"place\":\"body\"}",
                "{\"request\":\"r\",\"place\":\"header:x-csrf-token\"}",
                "{\"request\":\"r\",\"place\":\"header:content-type\"}",
                "{\"request\":\"r\",\"place\":\"json:$.a\",\"raw\":-1}",
                "{\"request\":\"r\",\"place\":\"json:$.a\",\"raw\":\"1\"}",
                "{\"request\":\"r\",\"place\":\"json:$.a\",\"decided\":\"maybe\"}",
                "{\"request\":\"r\",\"place\":\"json:$.a\",\"decidet\":\"show\"}",
            })
    void aLineThatIsNotUnderstoodIsNamed(String line) throws IOException {
        Path file = folder.resolve("noise.jsonl");
        Files.writeString(file, "\n" + line + "\n");
        IOException refusal = assertThrows(IOException.class, () -> learner().read(file));
        assertTrue(refusal.getMessage().contains(file + " line 2 "), refusal.getMessage());
    }

    @Test
    void tablesHaveLimitsAndWhatIsLeftOutIsCounted() {
        NoiseLearner learner = learner();
        for (int i = 0; i < NoiseCounts.MAX_REQUESTS + 3; i++) {
            learner.twice(new Request(0, "GET", "GET /" + i, "", 0, true), n(1), n(2));
        }
        assertEquals(3, learner.leftOut());
    }

    @Test
    void severalThreadsMayTeach() throws InterruptedException {
        NoiseLearner learner = learner();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(
                    Thread.startVirtualThread(
                            () -> {
                                for (int i = 0; i < 200; i++) {
                                    learner.twice(request("GET"), n(i), n(i + 1));
                                    learner.compared(exchange("GET", n(i), n(i + 1)));
                                    learner.learnt();
                                }
                            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(1, learner.learnt().size());
    }
}
