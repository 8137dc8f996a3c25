package dev.understudy.ledger;

import static dev.understudy.ledger.Bookings.SESSION;
import static dev.understudy.ledger.Bookings.exchange;
import static dev.understudy.ledger.Bookings.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Request;
import dev.understudy.protocol.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LedgerTest {
    private final Ledger ledger = new Ledger();

    @Test
    void anEmptyLedgerIsBalanced() {
        assertEquals(Optional.empty(), ledger.imbalance());
    }

    @Test
    void everyEndOfARequestBalancesItsCapture() {
        Request request = request("select ?");
        for (int i = 0; i < 7; i++) {
            ledger.asked(request);
        }
        ledger.verdict(SESSION, exchange("select ?"), new Verdict.Same());
        ledger.verdict(
                SESSION, exchange("select ?"), new Verdict.Different("rows", "1 row", "2 rows"));
        ledger.verdict(SESSION, exchange("select ?"), new Verdict.NotCompared("too-large"));
        ledger.noAnswerDue(request);
        ledger.unanswered(SESSION, request, "timeout");
        ledger.skipped(SESSION, request, "kill");
        ledger.lost(SESSION, request, "gap");
        ledger.injected("set-names");
        ledger.injected("set-names");
        ledger.injected("ping");

        assertEquals(Optional.empty(), ledger.imbalance());
        Counts.Requests requests = ledger.counts().requests();
        assertEquals(7, requests.captured());
        assertEquals(3, requests.answered());
        assertEquals(2, requests.compared());
        assertEquals(Map.of("rows", 1L), requests.different());
        assertEquals(Map.of("set-names", 2L, "ping", 1L), requests.injected());
        assertEquals(7, ledger.scoreboard().groups().getFirst().count());
    }

    static Stream<Arguments> booksThatAreOff() {
        Request request = request("select ?");
        return Stream.of(
                off(
                        "a packet of no kind",
                        ledger -> ledger.packets().delivered(),
                        "packets: delivered 1 is not"),
                off("a packet of two kinds", LedgerTest::bookTwice, "packets: delivered 1 is not"),
                off("an open session", Ledger::sessionCaptured, "sessions: captured 1 is not"),
                off(
                        "a session ended twice",
                        ledger -> {
                            ledger.sessionCaptured();
                            ledger.sessionEnded(SESSION, new SessionEnd.Complete());
                            ledger.sessionEnded(SESSION, new SessionEnd.LeftOut("tls", ""));
                        },
                        "complete 1 + joinedLate 0 + leftOut 1 + notSampled 0 = 2"),
                off("an open request", ledger -> ledger.asked(request), "requests: captured 1"),
                off(
                        "a request ended twice",
                        ledger -> {
                            ledger.asked(request);
                            ledger.noAnswerDue(request);
                            ledger.lost(SESSION, request, "gap");
                        },
                        "noAnswerDue 1 + unanswered 0 + skipped 0 + lost 1 = 2"));
    }

    private static void bookTwice(Ledger ledger) {
        ledger.packets().delivered();
        ledger.packets().used();
        ledger.packets().repeated();
    }

    private static Arguments off(String name, Consumer<Ledger> booking, String message) {
        return Arguments.of(name, booking, message);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("booksThatAreOff")
    void namesTheSumThatIsOff(String name, Consumer<Ledger> booking, String message) {
        booking.accept(ledger);
        String imbalance = ledger.imbalance().orElseThrow();
        assertTrue(imbalance.contains(message), imbalance);
    }

    @Test
    void answersWithoutVerdictAreFound() {
        Counts counts = ledger.counts();
        Counts.Requests requests = counts.requests();
        Counts.Requests oneAnswerTooMany =
                new Counts.Requests(
                        1,
                        1,
                        0,
                        requests.different(),
                        requests.notCompared(),
                        0,
                        requests.unanswered(),
                        requests.skipped(),
                        requests.lost(),
                        requests.injected());
        Counts wrong =
                new Counts(
                        counts.packets(),
                        counts.sessions(),
                        oneAnswerTooMany,
                        counts.holds(),
                        counts.order(),
                        counts.onlineLatency(),
                        counts.targetLatency(),
                        counts.lag(),
                        counts.control());
        assertEquals(
                "requests: answered 1 is not same 0 + different 0 + notCompared 0 = 0",
                wrong.imbalance().orElseThrow());
    }

    @Test
    void theFirstSessionsLeftOutAreNamedForEachReason() {
        for (int i = 1; i <= 5; i++) {
            ledger.sessionCaptured();
            ledger.sessionEnded(
                    new SessionLabel(i, "192.0.2.7:" + i),
                    new SessionEnd.LeftOut("tls", "x".repeat(10_000)));
        }
        Counts.Sessions sessions = ledger.counts().sessions();
        assertEquals(Map.of("tls", 5L), sessions.leftOut());
        assertEquals(
                List.of(1L, 2L, 3L),
                sessions.leftOutSamples().stream().map(sample -> sample.session().id()).toList());
        assertEquals(
                LeftOutSamples.MAX_DETAIL, sessions.leftOutSamples().getFirst().detail().length());
    }

    @Test
    void reasonsPastTheLimitCountAsOther() {
        for (int i = 0; i < 1_000; i++) {
            ledger.asked(request("select ?"));
            ledger.lost(SESSION, request("select ?"), "made-up-" + i);
        }
        Map<String, Long> lost = ledger.counts().requests().lost();
        assertEquals(ReasonCounts.MAX_REASONS, lost.size());
        assertEquals(1_000 - (ReasonCounts.MAX_REASONS - 1), lost.get(ReasonCounts.OTHER));
        assertEquals(Optional.empty(), ledger.imbalance());
    }

    @Test
    void blankAndEndlessReasonsAreBounded() {
        ledger.injected("");
        ledger.injected("x".repeat(1 << 20));
        Map<String, Long> injected = ledger.counts().requests().injected();
        assertEquals(1L, injected.get(ReasonCounts.OTHER));
        assertTrue(
                injected.keySet().stream()
                        .allMatch(reason -> reason.length() <= ReasonCounts.MAX_REASON_LENGTH));
    }

    @Test
    void latenciesAreCountedInMicros() {
        for (int i = 0; i < 99; i++) {
            ledger.verdict(SESSION, exchange(request("select ?"), 2), new Verdict.Same());
        }
        ledger.verdict(SESSION, exchange(request("select ?"), 400), new Verdict.Same());
        Counts counts = ledger.counts();
        assertNear(1_000, counts.onlineLatency().max());
        assertNear(2_000, counts.targetLatency().p99());
        assertNear(400_000, counts.targetLatency().max());
        Group group = ledger.scoreboard().groups().getFirst();
        assertTrue(group.targetLatency().p50Micros() >= 2_000, group::toString);
    }

    @Test
    void holdsAndOrderWaitsAddUp() {
        ledger.hold("login", 1_000);
        ledger.hold("login", 2_000);
        ledger.orderWait(500);
        ledger.orderSuspect();
        ledger.lag(3_000_000);
        Counts counts = ledger.counts();
        assertEquals(Map.of("login", new Counts.Hold(2, 3_000)), counts.holds());
        assertEquals(new Counts.Order(1, 500, 1, 0, 0, 0, 0, 0), counts.order());
        assertNear(3_000, counts.lag().max());
        assertEquals(3_000_000, ledger.lastLagNanos());
    }

    @Test
    void loopsThatBookAtOnceLoseNothing() throws Exception {
        int loops = 4;
        int requests = 5_000;
        Callable<Void> loop =
                () -> {
                    for (int i = 0; i < requests; i++) {
                        Request request = request("select " + i % 50);
                        ledger.asked(request);
                        if (i % 2 == 0) {
                            ledger.verdict(SESSION, exchange(request, 1), new Verdict.Same());
                        } else {
                            ledger.lost(SESSION, request, "reason-" + i % 300);
                        }
                    }
                    return null;
                };
        try (ExecutorService pool = Executors.newFixedThreadPool(loops)) {
            for (Future<Void> done :
                    pool.invokeAll(Stream.generate(() -> loop).limit(loops).toList())) {
                done.get();
            }
        }
        assertEquals(Optional.empty(), ledger.imbalance());
        assertEquals((long) loops * requests, ledger.counts().requests().captured());
    }

    /** Within the 0.1 % that the histograms promise. */
    private static void assertNear(long expected, long actual) {
        assertTrue(Math.abs(expected - actual) * 1_000 <= expected, "is " + actual);
    }
}
