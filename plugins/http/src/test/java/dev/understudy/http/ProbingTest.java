package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProbingTest {
    private static final Map<String, Object> ALWAYS = Map.of("compare", Map.of("probe", "100%"));
    private static final String OK = "HTTP/1.1 200 OK~Content-Length: 2~~hi";
    private static final String BYE = "HTTP/1.1 200 OK~Connection: close~Content-Length: 2~~hi";

    @TempDir Path folder;

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1~Host: a~~";
    }

    private static Story probed() {
        Story story = Story.run(ALWAYS).session().client(get("/a")).up().both(OK);
        assertEquals(List.of("probe"), story.injected());
        return story;
    }

    private static String dated(int time, int price) {
        String body = "{\"at\":%d,\"price\":%d}".formatted(time, price);
        return "HTTP/1.1 200 OK~Content-Type: application/json~Content-Length: %d~~%s"
                .formatted(body.length(), body);
    }

    @Test
    void theTargetAloneIsAskedTwiceAndOneAnswerIsTold() {
        Story story = probed();
        assertEquals(get("/a") + get("/a"), story.sent());
        story.target("HTTP/1.1 200 OK~Content-Length: 5~~other");
        assertEquals(List.of("0: 200 OK, 2 bytes"), story.answered(Side.TARGET));
        story.client(get("/b")).both(OK);
        assertEquals(get("/a") + get("/a") + get("/b") + get("/b"), story.sent());
        assertEquals(2, story.answered(Side.TARGET).size());
        assertEquals(1, story.all(SessionAction.Connect.class).size());
    }

    @Test
    void theSecondAnswerIsFoundAtEveryCut() {
        for (int cut = 0; cut <= OK.length(); cut++) {
            Story story = Story.run(ALWAYS).session().client(get("/a")).up().server(OK);
            story.target(OK + OK.substring(0, cut)).target(OK.substring(cut));
            story.client(get("/b")).both(OK);
            assertEquals(
                    List.of("0: 200 OK, 2 bytes", "1: 200 OK, 2 bytes"),
                    story.answered(Side.TARGET),
                    "cut at " + cut);
        }
    }

    @Test
    void theTagTellsTheSecondRequest() {
        Map<String, Object> tagged = new HashMap<>(ALWAYS);
        tagged.put("tag", "X-Copy");
        Story story = Story.run(tagged).session().client(get("/a")).up().both(OK);
        assertEquals(
                "GET /a HTTP/1.1~Host: a~X-Copy: understudy/1/0~~"
                        + "GET /a HTTP/1.1~Host: a~X-Copy: understudy/1/0/probe~~",
                story.sent());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    no safe method      | OPTIONS / HTTP/1.1~Host: a~~                 | HTTP/1.1 200 OK~Content-Length: 0~~
                    a body              | GET / HTTP/1.1~Host: a~Content-Length: 1~~x  | HTTP/1.1 200 OK~Content-Length: 0~~
                    a login             | GET /in HTTP/1.1~Host: a~~                   | HTTP/1.1 200 OK~Content-Length: 0~~
                    Expect              | GET / HTTP/1.1~Host: a~Expect: 100-continue~~ | HTTP/1.1 200 OK~Content-Length: 0~~
                    Upgrade             | GET / HTTP/1.1~Connection: upgrade~Upgrade: h2c~~ | HTTP/1.1 200 OK~Content-Length: 0~~
                    Digest              | GET / HTTP/1.1~Authorization: Digest a=b~~   | HTTP/1.1 200 OK~Content-Length: 0~~
                    an old client       | GET / HTTP/1.0~Connection: keep-alive~~      | HTTP/1.1 200 OK~Content-Length: 0~~
                    a client that goes  | GET / HTTP/1.1~Connection: close~~           | HTTP/1.1 200 OK~Content-Length: 0~~
                    an old target       | GET / HTTP/1.1~Host: a~~ | HTTP/1.0 200 OK~Connection: keep-alive~Content-Length: 0~~
                    a target that goes  | GET / HTTP/1.1~Host: a~~ | HTTP/1.1 200 OK~Connection: close~Content-Length: 0~~
                    a cookie            | GET / HTTP/1.1~Host: a~~ | HTTP/1.1 200 OK~Set-Cookie: s=1~Content-Length: 0~~
                    a failure           | GET / HTTP/1.1~Host: a~~ | HTTP/1.1 503 Busy~Content-Length: 0~~
                    """)
    void whatIsNotAskedTwice(String name, String request, String answer) {
        Map<String, Object> settings = new HashMap<>(ALWAYS);
        settings.put("login", List.of("GET /in"));
        Story story = Story.run(settings).session().client(request).up().server(answer);
        story.target(answer);
        assertEquals(1, story.answered(Side.TARGET).size());
        assertEquals(List.of(), story.injected());
        assertEquals("", story.leftOut());
    }

    @Test
    void aHeadIsAskedTwiceAndHasNoBody() {
        String head = "HEAD /a HTTP/1.1~Host: a~~";
        String said = "HTTP/1.1 200 OK~Content-Length: 9~~";
        Story story = Story.run(ALWAYS).session().client(head).up().both(said);
        story.target(said).client(get("/b")).both(OK);
        assertEquals(2, story.answered(Side.TARGET).size());
        assertEquals(List.of("probe", "probe"), story.injected());
    }

    // The session's own requests.

    @Test
    void whatTheClientAsksNextWaitsForTheSecondAnswer() {
        Story story = probed().client(get("/b"));
        assertTrue(story.held());
        story.target(OK);
        assertFalse(story.held());
        assertEquals(get("/a") + get("/a") + get("/b"), story.sent());
    }

    @Test
    void whatIsPipelinedGoesFirstAndTheLastIsAskedTwice() {
        Story story = Story.run(ALWAYS).session().client(get("/a") + get("/b")).up();
        story.server(OK + OK).target(OK);
        assertEquals(List.of(), story.injected());
        story.target(OK);
        assertEquals(get("/a") + get("/b") + get("/b"), story.sent());
    }

    @Test
    void whatIsPipelinedBehindASecondRequestHasItsOwnAnswer() {
        Story story = Story.run(ALWAYS).session().client(get("/a")).up().target(OK);
        story.client(get("/b")).server(OK + OK);
        assertEquals(get("/a") + get("/a") + get("/b"), story.sent());
        story.target("HTTP/1.1 200 OK~Content-Length: 5~~other" + OK);
        assertEquals(
                List.of("0: 200 OK, 2 bytes", "1: 200 OK, 2 bytes"), story.answered(Side.TARGET));
    }

    // The second answer does not come.

    @Test
    void aSecondAnswerThatACloseTakesIsMissedByNobody() {
        // With a part of a head the playbook would show it again on the next connection.
        int[] cuts = {0, OK.length() - 2, OK.length() - 1};
        for (int cut : cuts) {
            Story story = probed().target(OK.substring(0, cut)).client(get("/b"));
            story.targetEnds("closed").up().both(OK);
            assertEquals(
                    List.of("0: 200 OK, 2 bytes", "1: 200 OK, 2 bytes"),
                    story.answered(Side.TARGET),
                    "cut at " + cut);
            assertEquals(List.of(), story.lost());
        }
    }

    @Test
    void whatIsPipelinedBehindALostSecondAnswerIsSentAgain() {
        for (String begun : List.of("", OK.substring(0, OK.length() - 1), BYE)) {
            Story story = Story.run(ALWAYS).session().client(get("/a")).up().target(OK);
            story.client(get("/b")).server(OK + OK).target(begun);
            if (!begun.equals(BYE)) {
                story.targetEnds("closed");
            }
            story.up().target(OK);
            assertEquals(
                    List.of("0: 200 OK, 2 bytes", "1: 200 OK, 2 bytes"),
                    story.answered(Side.TARGET),
                    begun);
        }
    }

    @Test
    void aSecondAnswerThatIsLateIsNotWaitedFor() {
        Story story = probed().client(get("/b"));
        story.on(new SessionEvent.Wakeup(Probing.FIRST_TOKEN + 1, 9));
        assertTrue(story.held(), "the wakeup of another probe");
        story.on(new SessionEvent.Wakeup(Probing.FIRST_TOKEN, 9));
        assertFalse(story.held());
        assertEquals(List.of("probe", "reconnect"), story.injected());
        story.up().both(OK);
        assertEquals(2, story.answered(Side.TARGET).size());
    }

    @Test
    void aSecondAnswerThatIsNoneClosesTheConnectionAlone() {
        for (String wrong : List.of("what is this~~", "HTTP/1.1 101 Switching~Upgrade: x~~")) {
            Story story = probed().target(wrong).client(get("/b")).up().both(OK);
            assertEquals("", story.leftOut());
            assertEquals(2, story.answered(Side.TARGET).size());
        }
    }

    @Test
    void theConnectionStaysForTheSecondAnswerWhenTheClientHasGone() {
        Story story = probed().clientEnds();
        assertEquals(List.of(), story.all(SessionAction.Close.class));
        story.target(OK);
        assertEquals(1, story.all(SessionAction.Close.class).size());
    }

    @Test
    void cookiesOfTheSecondAnswerAreNobodys() {
        Story story = probed().target("HTTP/1.1 200 OK~Set-Cookie: s=1~Content-Length: 0~~");
        assertEquals(List.of(), story.all(SessionAction.Publish.class));
        String next = "GET /b HTTP/1.1~Host: a~Cookie: s=2~~";
        assertTrue(story.client(next).sent().endsWith(next));
    }

    // What it is for.

    @Test
    void whatTheTargetSaysOtherwiseOfItselfIsLearntAndTheRestIsTold() throws Exception {
        Path file = folder.resolve("noise.jsonl");
        Map<String, Object> settings =
                Map.of("compare", Map.of("probe", 1, "noise-file", file.toString()));
        Story.Run run = Story.run(settings);
        Story story = run.session();
        for (int i = 0; i < 5; i++) {
            story.client(get("/item"));
            if (i == 0) {
                story.up();
            }
            story.server(dated(i, 7)).target(dated(100 + i, 7) + dated(200 + i, 7));
            if (i == 0) {
                assertInstanceOf(Verdict.Different.class, story.verdict(i), "too early");
            }
        }
        story.client(get("/item")).server(dated(5, 7)).target(dated(105, 7) + dated(205, 7));
        assertEquals(new Verdict.Same(), story.verdict(5));
        story.client(get("/item")).server(dated(6, 7)).target(dated(106, 8) + dated(206, 8));
        Verdict.Different planted =
                assertInstanceOf(Verdict.Different.class, story.verdict(6), "planted");
        assertEquals("json:$.price: 8", planted.target());
        assertEquals(List.of(), run.concluded());
        assertTrue(Files.readString(file).contains("\"pairs\":7,\"noise\":7"));

        // The next run knows it from the start.
        Story next = Story.run(settings).session().client(get("/item")).up();
        next.server(dated(1, 7)).target(dated(2, 7));
        assertEquals(new Verdict.Same(), next.verdict(0));
    }

    @Test
    void theDrawIsEvenAndTheSameEachTime() {
        int drawn = 0;
        for (long session = 1; session <= 100; session++) {
            for (long ordinal = 0; ordinal < 100; ordinal++) {
                drawn += Probing.isDrawn(session, ordinal, 0.1) ? 1 : 0;
            }
        }
        assertTrue(drawn > 850 && drawn < 1150, drawn + " of 10000");
        assertTrue(Probing.isDrawn(1, 1, 1));
        assertFalse(Probing.isDrawn(1, 1, 0));
    }
}
