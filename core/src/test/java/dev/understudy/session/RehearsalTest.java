package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.understudy.delivery.Until;
import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Journals;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.RequestEnd;
import dev.understudy.ledger.SessionJournal;
import dev.understudy.ledger.Step;
import dev.understudy.opaque.OpaqueTcp;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole runs over a real socket, of captures that are written down in the test. */
@Timeout(60)
class RehearsalTest {
    private static final InetSocketAddress ONLINE = new InetSocketAddress("10.0.0.7", 3306);

    private final Ledger ledger = new Ledger();
    private Duration patience = Duration.ofSeconds(2);
    private final List<CapturedConnection.Packet> capture = CapturedConnection.capture();
    private final CapturedConnection.Clock clock = new CapturedConnection.Clock();

    private CapturedConnection connection(int port) {
        return new CapturedConnection(port, clock, capture);
    }

    private RunEnd copyTo(InetSocketAddress target, Protocol protocol, boolean acrossSessions) {
        Rehearsal run =
                rehearsal(target, protocol, acrossSessions, new Pacing.FlatOut(), Optional.empty());
        RunEnd end = run.run();
        if (end instanceof RunEnd.Broken(Throwable fault)) {
            throw new AssertionError("the run broke", fault);
        }
        assertEquals(Optional.empty(), ledger.imbalance());
        return end;
    }

    private Rehearsal rehearsal(
            InetSocketAddress target,
            Protocol protocol,
            boolean acrossSessions,
            Pacing pacing,
            Optional<Duration> duration) {
        RunContext context =
                new RunContext(
                        Settings.empty("tcp"), ONLINE, target, RunContext.DEFAULT_REPLY_KEEP_BYTES);
        Rehearsal.Plan plan =
                new Rehearsal.Plan(
                        new Traffic.Packets(new ListSource(capture)),
                        pacing,
                        List.of(new TargetPlan(protocol, context, ledger)),
                        limits(),
                        acrossSessions,
                        duration);
        return Rehearsal.of(plan);
    }

    private RunLimits limits() {
        RunLimits usual = RunLimits.defaults();
        return new RunLimits(
                usual.maxSessions(),
                usual.bytesPerSession(),
                usual.bytesInAll(),
                usual.holdMax(),
                Duration.ofMillis(500),
                patience,
                0,
                patience,
                usual.idle(),
                usual.targetFailureShare(),
                usual.targetFailureMinimum());
    }

    @Test
    void equalAnswersAreTheSame() throws Exception {
        connection(40000).open().client("a\n").server("A\n").client("b\n").server("B\n").close();
        try (LineServer target = new LineServer(line -> line.toUpperCase(Locale.ROOT) + "\n")) {
            RunEnd end = copyTo(target.address(), new OpaqueTcp(), true);

            assertInstanceOf(RunEnd.Finished.class, end);
            Counts counts = ledger.counts();
            assertEquals(2, counts.requests().same());
            assertEquals(2, counts.requests().captured());
            assertEquals(1, counts.sessions().complete());
            assertEquals(List.of("a", "b"), target.asked());
        }
    }

    @Test
    void aDifferentAnswerIsNamedWithBothValues() throws Exception {
        connection(40000).open().client("a\n").server("A\n").close();
        try (LineServer target = new LineServer(_ -> "X\n")) {
            copyTo(target.address(), new OpaqueTcp(), true);
            assertEquals(Map.of("content", 1L), ledger.counts().requests().different());
        }
    }

    @Test
    void aReaderWaitsForTheWriterWhoseAnswerCameBeforeIt() throws Exception {
        // Online: w1 was answered before r1 was asked; the target takes its time over w1.
        connection(40001).open().client("w1\n").server("OK\n");
        connection(40002).open().client("r1\n").server("OK\n").close();
        try (LineServer target =
                new LineServer(
                        line -> {
                            if (line.equals("w1")) {
                                busy(Duration.ofMillis(300));
                            }
                            return "OK\n";
                        })) {
            copyTo(target.address(), new LineProtocol(), true);
            assertEquals(List.of("w1", "r1"), target.asked());
            assertTrue(ledger.counts().order().waits() > 0, "nobody waited");
        }
    }

    /** A target that works: it cannot be waited for by a condition, since it is the condition. */
    private static void busy(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aGapLeavesTheSessionOutAndLosesNothingOfTheRest() throws Exception {
        connection(40000)
                .open()
                .client("a\n")
                .server("A\n")
                .lostFromClient(3)
                .client("c\n")
                .close();
        connection(40001).open().client("b\n").server("B\n").close();
        try (LineServer target = new LineServer(line -> line.toUpperCase(Locale.ROOT) + "\n")) {
            RunEnd end = copyTo(target.address(), new OpaqueTcp(), true);
            assertInstanceOf(RunEnd.Finished.class, end);
            Counts.Sessions sessions = ledger.counts().sessions();
            assertEquals(Map.of("gap", 1L), sessions.leftOut());
            assertEquals(1, sessions.complete());
        }
    }

    @Test
    void aTargetThatIsNotThereIsUnansweredWithItsReason() {
        connection(40000).open().client("a\n").server("A\n").close();
        copyTo(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), new OpaqueTcp(), true);
        Counts.Requests requests = ledger.counts().requests();
        assertEquals(1, requests.captured());
        assertEquals(0, requests.same());
        assertEquals(1, requests.unansweredSum() + requests.lostSum() + requests.differentSum());
    }

    @Test
    void aPluginThatThrowsCostsItsOwnSessionOnly() throws Exception {
        connection(40000)
                .open()
                .client("a\n")
                .server("A\n")
                .client(LineProtocol.THROW + "\n")
                .close();
        connection(40001).open().client("b\n").server("B\n").close();
        try (LineServer target = new LineServer(line -> line.toUpperCase(Locale.ROOT) + "\n")) {
            copyTo(target.address(), new LineProtocol(), true);
            assertEquals(Map.of("plugin-failed", 1L), ledger.counts().sessions().leftOut());
            assertEquals(1, ledger.counts().sessions().complete());
            assertEquals(
                    1,
                    ledger.counts().requests().lostSum() + ledger.counts().requests().same() - 1);
        }
    }

    @Test
    void aTargetThatHangsInOneSessionHoldsTheOthersForABoundedTime() throws Exception {
        connection(40001).open().client("hang\n").server("OK\n");
        connection(40002).open().client("r1\n").server("OK\n").close();
        try (LineServer target = new LineServer(line -> line.equals("hang") ? "" : "OK\n")) {
            copyTo(target.address(), new LineProtocol(), true);
            Counts counts = ledger.counts();
            assertEquals(1, counts.order().suspect());
            assertEquals(1, counts.requests().same());
            assertEquals(1, counts.order().suspectAnswers(), "r1 was sent before its turn");
            assertEquals(0, counts.order().suspectDifferences());
            assertEquals(Map.of("target-timeout", 1L), counts.requests().unanswered());
        }
    }

    @Test
    void theJournalTellsWhatASessionWaitedForAndHowItsRequestsEnded() throws Exception {
        ledger.journals().limit(Journals.DEFAULT_BYTES);
        connection(40001).open().client("hang\n").server("OK\n");
        connection(40002).open().client("r1\n").server("OK\n").close();
        try (LineServer target = new LineServer(line -> line.equals("hang") ? "" : "OK\n")) {
            copyTo(target.address(), new LineProtocol(), true);
        }
        List<SessionJournal.Kept> journals = ledger.journals().kept();
        assertEquals(2, journals.size());
        Step.Asked hanging = request(journals.getFirst());
        assertEquals(RequestEnd.UNANSWERED, hanging.end());
        assertEquals("target-timeout", hanging.reason());
        assertTrue(hanging.sentNanos() > 0 && hanging.onlineNanos() > 0);
        assertEquals(0, hanging.targetNanos());
        Step.Asked early = request(journals.getLast());
        assertEquals(RequestEnd.SAME, early.end());
        assertTrue(early.suspect(), "it did not wait long enough");
        assertTrue(early.nanos() <= early.sentNanos(), early::toString);
        List<String> notes = notes(journals.getLast());
        assertEquals("waited", notes.getFirst());
        assertTrue(notes.containsAll(List.of("connect", "connected", "ended")), notes::toString);
    }

    private static Step.Asked request(SessionJournal.Kept journal) {
        return journal.steps().stream()
                .filter(Step.Asked.class::isInstance)
                .map(Step.Asked.class::cast)
                .reduce((one, other) -> fail("two requests: " + one + other))
                .orElseThrow();
    }

    private static List<String> notes(SessionJournal.Kept journal) {
        return journal.steps().stream()
                .filter(Step.Happened.class::isInstance)
                .map(step -> ((Step.Happened) step).what())
                .toList();
    }

    @Test
    void manySessionsAtOnceAllEnd() throws Exception {
        int sessions = 3_000;
        patience = Duration.ofSeconds(30); // all at once, on a machine that may be busy
        CapturedConnection[] open = new CapturedConnection[sessions];
        for (int i = 0; i < sessions; i++) {
            open[i] = connection(10_000 + i).open().client("q" + i + "\n");
        }
        for (int i = 0; i < sessions; i++) {
            open[i].server("Q" + i + "\n").close();
        }
        try (LineServer target = new LineServer(line -> line.toUpperCase(Locale.ROOT) + "\n")) {
            copyTo(target.address(), new OpaqueTcp(), true);
            assertEquals(
                    sessions,
                    ledger.counts().requests().same(),
                    () -> ledger.counts().requests() + " " + ledger.counts().sessions());
            assertEquals(sessions, ledger.counts().sessions().complete());
        }
    }

    @Test
    void inOrderOfSessionsNobodyWaitsForAnother() throws Exception {
        connection(40001).open().client("hang\n").server("OK\n");
        connection(40002).open().client("r1\n").server("OK\n").close();
        try (LineServer target = new LineServer(line -> line.equals("hang") ? "" : "OK\n")) {
            copyTo(target.address(), new LineProtocol(), false);
            assertEquals(0, ledger.counts().order().waits());
            assertEquals(1, ledger.counts().requests().same());
        }
    }

    @Test
    void inOrderOfSessionsAsWellATargetThatHangsIsWaitedForABoundedTime() throws Exception {
        connection(40001)
                .open()
                .client("hang\n")
                .server("OK\n")
                .client("r\n")
                .server("OK\n")
                .close();
        try (LineServer target = new LineServer(line -> line.equals("hang") ? "" : "OK\n")) {
            copyTo(target.address(), new LineProtocol(), false);
            assertEquals(List.of("hang", "r"), target.asked());
            assertEquals(1, ledger.counts().order().suspect());
        }
    }

    @Test
    void aTargetThatRefusesTenTimesInARowIsLost() {
        for (int i = 0; i < 12; i++) {
            connection(40000 + i).open().client("a\n").server("A\n");
        }
        RunEnd end =
                copyTo(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                        new LineProtocol(),
                        true);
        RunEnd.TargetLost lost = assertInstanceOf(RunEnd.TargetLost.class, end);
        assertEquals("10 connections to the target failed in a row (refused)", lost.reason());
    }

    @Test
    void aRecordingIsReplayedInItsOwnTime() throws Exception {
        CapturedConnection talk = connection(40000).open();
        for (int i = 0; i < 5; i++) {
            talk.client("q" + i + "\n").server("Q" + i + "\n");
            clock.pass(Duration.ofMillis(200));
        }
        talk.close();
        List<Long> arrived = new CopyOnWriteArrayList<>();
        try (LineServer target =
                new LineServer(
                        line -> {
                            arrived.add(System.nanoTime());
                            return line.toUpperCase(Locale.ROOT) + "\n";
                        })) {
            // From before the first: that one may be late itself.
            long begun = System.nanoTime();
            RunEnd end =
                    rehearsal(
                                    target.address(),
                                    new LineProtocol(),
                                    true,
                                    new Pacing.Scaled(2),
                                    Optional.empty())
                            .run();
            assertInstanceOf(RunEnd.Finished.class, end);
            assertEquals(List.of("q0", "q1", "q2", "q3", "q4"), target.asked());
            long whole = arrived.getLast() - begun;
            assertTrue(whole >= Duration.ofMillis(400).toNanos(), "too fast: " + whole);
            Counts counts = ledger.counts();
            assertEquals(5, counts.lag().count());
            assertTrue(
                    counts.lag().max() < Duration.ofSeconds(30).toNanos() / 1000,
                    () -> "the lag is counted from the capture's day: " + counts.lag());
        }
    }

    @Test
    void aStopDuringAPauseEndsTheRunAndSendsNothingThatWasNotDue() throws Exception {
        CapturedConnection talk = connection(40000).open().client("q0\n").server("Q0\n");
        clock.pass(Duration.ofHours(1));
        talk.client("q1\n").server("Q1\n").close();
        try (LineServer target = new LineServer(line -> line.toUpperCase(Locale.ROOT) + "\n")) {
            Rehearsal run =
                    rehearsal(
                            target.address(),
                            new LineProtocol(),
                            true,
                            new Pacing.Scaled(1),
                            Optional.empty());
            AtomicReference<RunEnd> end = new AtomicReference<>();
            Thread running = Thread.ofVirtual().start(() -> end.set(run.run()));
            Until.holds("the first answer", () -> ledger.counts().requests().same() == 1);
            run.stop();
            running.join();
            assertInstanceOf(RunEnd.Stopped.class, end.get());
            assertEquals(List.of("q0"), target.asked());
            assertEquals(1, ledger.counts().sessions().complete());
            assertEquals(Optional.empty(), ledger.imbalance());
        }
    }

    @Test
    void aDurationEndsAPauseAsWell() throws Exception {
        CapturedConnection talk = connection(40000).open().client("q0\n").server("Q0\n");
        clock.pass(Duration.ofHours(1));
        talk.client("q1\n").server("Q1\n").close();
        try (LineServer target = new LineServer(line -> line.toUpperCase(Locale.ROOT) + "\n")) {
            RunEnd end =
                    rehearsal(
                                    target.address(),
                                    new LineProtocol(),
                                    true,
                                    new Pacing.Scaled(1),
                                    Optional.of(Duration.ofMillis(600)))
                            .run();
            assertInstanceOf(RunEnd.Finished.class, end);
            assertEquals(List.of("q0"), target.asked());
        }
    }
}
