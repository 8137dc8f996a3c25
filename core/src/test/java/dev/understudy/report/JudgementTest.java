package dev.understudy.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.protocol.Request;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JudgementTest {
    private static final Request REQUEST = Runs.request(1, "select ?", "select 1");
    private static final Ending LOST = new Ending.TargetLost("target 192.0.2.2:3306 refused");
    private static final Ending FAILED = new Ending.Failed("reading the ring: Boom");

    private static Judgement judge(Ledger ledger, Ending ending, AllowedLimits allowed) {
        return Judgement.of(ledger.counts(), ledger.imbalance(), ending, allowed);
    }

    static Stream<Arguments> runs() {
        return Stream.of(
                run("all alike", Outcome.OK, "", _ -> {}),
                run(
                        "one differs",
                        Outcome.DIFFERENCES,
                        "1 of 2 answers differ",
                        JudgementTest::differ),
                run(
                        "left out before differences",
                        Outcome.INCOMPLETE,
                        "left out 1 of 2 sessions (allowed: 0): 1 tls",
                        ledger -> {
                            differ(ledger);
                            leaveOut(ledger);
                        }),
                run(
                        "lost",
                        Outcome.INCOMPLETE,
                        "lost 1 of 2 requests (allowed: 0): 1 gap",
                        ledger -> ledger.lost(Runs.FIRST, Runs.ask(ledger, REQUEST), "gap")),
                run(
                        "unanswered",
                        Outcome.INCOMPLETE,
                        "1 of 2 requests were not answered (allowed: 0): 1 timeout",
                        ledger ->
                                ledger.unanswered(
                                        Runs.FIRST, Runs.ask(ledger, REQUEST), "timeout")),
                run(
                        "under way when the capture was stopped is no fault",
                        Outcome.OK,
                        "",
                        ledger ->
                                ledger.unanswered(
                                        Runs.FIRST, Runs.ask(ledger, REQUEST), "capture-ended")),
                run(
                        "what else is not answered is one",
                        Outcome.INCOMPLETE,
                        "1 of 3 requests were not answered (allowed: 0): 1 timeout",
                        ledger -> {
                            ledger.unanswered(
                                    Runs.FIRST, Runs.ask(ledger, REQUEST), "capture-ended");
                            ledger.unanswered(Runs.FIRST, Runs.ask(ledger, REQUEST), "timeout");
                        }),
                run(
                        "skipped by a rule is no fault",
                        Outcome.OK,
                        "",
                        ledger -> ledger.skipped(Runs.FIRST, Runs.ask(ledger, REQUEST), "kill")),
                run(
                        "kernel drops before incomplete",
                        Outcome.CAPTURE_LOSS,
                        "the kernel dropped 1,200 packets (allowed: 0)",
                        ledger -> {
                            leaveOut(ledger);
                            ledger.packets().droppedByKernel(1_200);
                        }),
                run(
                        "sums that do not agree before all",
                        Outcome.INTERNAL,
                        "the sums do not agree",
                        ledger -> {
                            ledger.packets().droppedByKernel(1);
                            ledger.packets().delivered();
                        }));
    }

    private static Arguments run(
            String name, Outcome outcome, String firstReason, Consumer<Ledger> events) {
        return Arguments.of(name, outcome, firstReason, events);
    }

    private static void differ(Ledger ledger) {
        Runs.differs(ledger, REQUEST, "rows");
    }

    private static void leaveOut(Ledger ledger) {
        ledger.sessionCaptured();
        ledger.sessionEnded(Runs.SECOND, new SessionEnd.LeftOut("tls", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("runs")
    void theGravestFindingDecides(
            String name, Outcome outcome, String firstReason, Consumer<Ledger> events) {
        Ledger ledger = Runs.uneventful();
        events.accept(ledger);
        Judgement judgement = judge(ledger, Runs.FINISHED, AllowedLimits.strict());
        assertEquals(outcome, judgement.outcome());
        String first = judgement.reasons().isEmpty() ? "" : judgement.reasons().getFirst();
        assertTrue(first.startsWith(firstReason), first);
        assertEquals(outcome == Outcome.OK, judgement.reasons().isEmpty());
    }

    @Test
    void theEndingOfTheRunCountsBeforeItsNumbers() {
        Ledger ledger = Runs.eventful();
        ledger.packets().droppedByKernel(5);
        assertEquals(Outcome.TARGET_LOST, judge(ledger, LOST, AllowedLimits.strict()).outcome());
        assertEquals(
                Outcome.INCOMPLETE,
                judge(
                                Runs.uneventful(),
                                new Ending.SourceFailed("monday.pcapng: cut at byte 4096"),
                                AllowedLimits.strict())
                        .outcome());
        assertEquals(Outcome.INTERNAL, judge(ledger, FAILED, AllowedLimits.strict()).outcome());
    }

    @Test
    void whatIsAllowedIsNoReason() {
        Judgement judgement =
                judge(Runs.eventful(), Runs.FINISHED, new AllowedLimits(2, 1, 1, 1, 1, 0));
        assertEquals(Outcome.OK, judgement.outcome(), judgement::toString);
        AllowedLimits oneLess = new AllowedLimits(1, 1, 1, 1, 1, 0);
        assertEquals(
                List.of("2 of 5 answers differ (allowed: 1): 1 content, 1 rows"),
                judge(Runs.eventful(), Runs.FINISHED, oneLess).reasons());
    }

    @Test
    void aRunThatComparedNothingIsNeverOk() {
        AllowedLimits everything = new AllowedLimits(1_000, 1_000, 1_000, 1_000, 1_000, 1_000);
        Ledger nothing = new Ledger();
        assertEquals(Outcome.INCOMPLETE, judge(nothing, Runs.FINISHED, everything).outcome());
        Ledger allTls = new Ledger();
        leaveOut(allTls);
        Judgement judgement = judge(allTls, Runs.FINISHED, everything);
        assertEquals(Outcome.INCOMPLETE, judgement.outcome());
        assertEquals(6, judgement.outcome().exitCode());
        assertTrue(judgement.reasons().getFirst().startsWith("nothing was compared"));
    }

    @Test
    void aRunThatDidNotBeginIsToldByItsEndingAlone() {
        Judgement judgement = judge(new Ledger(), LOST, AllowedLimits.strict());
        assertEquals(Outcome.TARGET_LOST, judgement.outcome());
        assertEquals(List.of("target 192.0.2.2:3306 refused"), judgement.reasons());
    }

    @Test
    void manyKindsAreSummedUp() {
        Map<String, Long> kinds = new TreeMap<>();
        for (long i = 1; i <= 7; i++) {
            kinds.put("k" + i, i * 1_000);
        }
        assertEquals(
                "7,000 k7, 6,000 k6, 5,000 k5, 4,000 k4, 3,000 k3, 3,000 of other kinds",
                Judgement.largest(kinds));
    }

    @Test
    void everyOutcomeButWhatWasAskedForHasAnExitCodeOfItsOwn() {
        assertEquals(Outcome.OK.exitCode(), Outcome.REQUESTS_ONLY.exitCode());
        assertEquals(
                Outcome.values().length - 1,
                Stream.of(Outcome.values()).map(Outcome::exitCode).distinct().count());
    }

    @Test
    void whatAControlAnswersIsNobodysFaultAndWhatItSpoilsIsSaid() {
        Ledger differing = Runs.eventful();
        Judgement judged =
                Judgement.ofControl(
                        differing.counts(),
                        differing.imbalance(),
                        new Ending.Finished("done"),
                        AllowedLimits.strict());
        assertEquals(new Judgement(Outcome.OK, List.of()), judged);
        Judgement lost =
                Judgement.ofControl(
                        differing.counts(), Optional.empty(), LOST, AllowedLimits.strict());
        assertEquals(Outcome.INCOMPLETE, lost.outcome());
        assertTrue(lost.reasons().getFirst().contains("compared without it"), lost::toString);
        Judgement unbalanced =
                Judgement.ofControl(
                        differing.counts(),
                        Optional.of("requests: 1 is not 2"),
                        LOST,
                        AllowedLimits.strict());
        assertEquals(Outcome.INTERNAL, unbalanced.outcome());
    }

    /** A run of requests alone is no comparison, and no failure where that was asked for. */
    @Test
    void nothingComparedIsWhatRequestsOnlyAsksFor() {
        Ledger ledger = new Ledger();
        SessionLabel session = new SessionLabel(1, "192.0.2.1:40000");
        Request request = new Request(0, "get", "get", "get", 1, true);
        ledger.sessionCaptured();
        ledger.asked(request);
        ledger.oneSided(session, request, () -> "OK", 5_000);
        ledger.sessionEnded(session, new SessionEnd.Complete());

        Judgement asked = judge(ledger, Runs.FINISHED, AllowedLimits.strict().withOneSided(true));
        assertEquals(Outcome.REQUESTS_ONLY, asked.outcome());
        assertEquals(0, asked.outcome().exitCode());
        assertEquals(
                Outcome.INCOMPLETE, judge(ledger, Runs.FINISHED, AllowedLimits.strict()).outcome());

        ledger.asked(request);
        ledger.lost(session, request, "not-sent");
        Judgement lost = judge(ledger, Runs.FINISHED, AllowedLimits.strict().withOneSided(true));
        assertEquals(Outcome.INCOMPLETE, lost.outcome());
        assertEquals(
                Outcome.INCOMPLETE,
                judge(new Ledger(), Runs.FINISHED, AllowedLimits.strict().withOneSided(true))
                        .outcome());
    }
}
