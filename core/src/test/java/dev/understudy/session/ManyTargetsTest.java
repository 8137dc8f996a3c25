package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.capture.RepeatedSource;
import dev.understudy.delivery.AddressRange;
import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.PacketLedger;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import dev.understudy.wire.Frame;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs with several online servers and several targets: each target has books of its own. */
@Timeout(60)
class ManyTargetsTest {
    private static final Frame.Peer A = Frame.Peer.v4(7, 3306);
    private static final Frame.Peer B = Frame.Peer.v4(8, 3306);
    private static final InetSocketAddress NOBODY =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

    private final PacketLedger packets = new PacketLedger();
    private final List<CapturedConnection.Packet> capture = CapturedConnection.capture();
    private final CapturedConnection.Clock clock = new CapturedConnection.Clock();
    private final List<TargetPlan> targets = new ArrayList<>();

    private CapturedConnection connection(int port, Frame.Peer server) {
        return new CapturedConnection(port, server, clock, capture);
    }

    private static InetSocketAddress address(Frame.Peer peer) throws Exception {
        return new InetSocketAddress(InetAddress.getByAddress(peer.address()), peer.port());
    }

    /** Adds a control of a server; what it is asked is in its books. */
    private Ledger control(Frame.Peer online, InetSocketAddress target) throws Exception {
        Ledger ledger = copy(online, target);
        TargetPlan last = targets.removeLast();
        targets.add(new TargetPlan(last.protocol(), last.context(), ledger, true));
        return ledger;
    }

    /** Adds a column: the sessions of {@code online} go to the target too. */
    private Ledger copy(Frame.Peer online, InetSocketAddress target) throws Exception {
        Ledger ledger = new Ledger(packets);
        RunContext context = new RunContext(Settings.empty("lines"), address(online), target, 1024);
        targets.add(new TargetPlan(new LineProtocol(), context, ledger));
        return ledger;
    }

    private Rehearsal run(RunLimits limits) {
        return run(limits, Shape.WHOLE);
    }

    private Rehearsal run(Shape shape) {
        return run(RunLimits.defaults(), shape);
    }

    private Rehearsal run(RunLimits limits, Shape shape) {
        Rehearsal run =
                Rehearsal.of(
                        new Rehearsal.Plan(
                                new Traffic.Packets(new ListSource(capture)),
                                new Pacing.FlatOut(),
                                targets,
                                limits,
                                true,
                                Optional.empty(),
                                shape,
                                Optional.empty(),
                                TlsReading.none(),
                                Set.of(),
                                false));
        RunEnd end = run.run();
        if (end instanceof RunEnd.Broken(Throwable fault)) {
            throw new AssertionError("the run broke", fault);
        }
        for (TargetPlan target : targets) {
            assertEquals(Optional.empty(), target.ledger().imbalance());
        }
        return run;
    }

    private static String loud(String line) {
        return line.toUpperCase(Locale.ROOT) + "\n";
    }

    @Test
    void aSessionGoesToEveryTargetAndADifferenceShowsInOneColumnAlone() throws Exception {
        connection(40_000, A)
                .open()
                .client("a\n")
                .server("A\n")
                .client("b\n")
                .server("B\n")
                .close();
        try (LineServer equal = new LineServer(ManyTargetsTest::loud);
                LineServer other =
                        new LineServer(line -> line.equals("b") ? "odd\n" : loud(line))) {
            Ledger first = copy(A, equal.address());
            Ledger second = copy(A, other.address());
            run(RunLimits.defaults());
            assertEquals(List.of("a", "b"), equal.asked());
            assertEquals(List.of("a", "b"), other.asked());
            assertEquals(2, first.counts().requests().same());
            assertEquals(Map.of(), first.counts().requests().different());
            assertEquals(1, second.counts().requests().same());
            assertEquals(Map.of("content", 1L), second.counts().requests().different());
            assertEquals(capture.size(), packetsOf(first).delivered());
            assertEquals(packetsOf(first), packetsOf(second));
        }
    }

    private static Counts.Packets packetsOf(Ledger ledger) {
        return ledger.counts().packets();
    }

    @Test
    void twoOnlineServersGoToOneTargetAndOneOfThemToASecond() throws Exception {
        connection(40_000, A).open().client("a1\n").server("A1\n").close();
        connection(40_000, B)
                .open()
                .client("b1\n")
                .server("B1\n")
                .client("b2\n")
                .server("B2\n")
                .close();
        try (LineServer both = new LineServer(ManyTargetsTest::loud);
                LineServer onlyB = new LineServer(ManyTargetsTest::loud)) {
            Ledger ofA = copy(A, both.address());
            Ledger ofB = copy(B, both.address());
            Ledger second = copy(B, onlyB.address());
            run(RunLimits.defaults());
            assertEquals(List.of("a1", "b1", "b2"), both.asked().stream().sorted().toList());
            assertEquals(List.of("b1", "b2"), onlyB.asked());
            assertEquals(1, ofA.counts().requests().same());
            assertEquals(2, ofB.counts().requests().same());
            assertEquals(2, second.counts().requests().same());
            assertEquals(1, ofA.counts().sessions().captured());
            assertEquals(1, ofB.counts().sessions().captured());
        }
    }

    @Test
    void aLostTargetEndsItsOwnColumnAndTheRunGoesOn() throws Exception {
        for (int i = 0; i < 12; i++) {
            connection(40_000 + i, A).open().client("a\n").server("A\n").close();
        }
        try (LineServer living = new LineServer(ManyTargetsTest::loud)) {
            Ledger good = copy(A, living.address());
            Ledger bad = copy(A, NOBODY);
            Rehearsal run = run(RunLimits.defaults());
            assertEquals(12, good.counts().requests().same());
            assertEquals(12, good.counts().sessions().complete());
            assertEquals(Optional.empty(), run.lost().getFirst());
            assertEquals(
                    "10 connections to the target failed in a row (refused)",
                    run.lost().getLast().orElseThrow());
            assertEquals(12, bad.counts().sessions().captured());
            assertEquals(0, bad.counts().requests().same());
        }
    }

    @Test
    void theRunEndsOnceNoTargetIsLeft() throws Exception {
        for (int i = 0; i < 12; i++) {
            connection(40_000 + i, A).open().client("a\n").server("A\n");
        }
        copy(A, NOBODY);
        copy(A, new InetSocketAddress(InetAddress.getLoopbackAddress(), 2));
        Rehearsal run = run(RunLimits.defaults());
        assertTrue(run.lost().stream().allMatch(Optional::isPresent), run.lost()::toString);
    }

    @Test
    void theLimitOfSessionsHoldsForAllTargetsTogetherAndLeavesASessionOutOfAll() throws Exception {
        RunLimits usual = RunLimits.defaults();
        RunLimits three =
                new RunLimits(
                        3,
                        usual.bytesPerSession(),
                        usual.bytesInAll(),
                        usual.holdMax(),
                        usual.orderWaitMax(),
                        usual.drain(),
                        usual.connectRetries(),
                        usual.connectTimeout(),
                        usual.idle(),
                        usual.targetFailureShare(),
                        usual.targetFailureMinimum());
        List<CapturedConnection> open =
                IntStream.range(0, 2)
                        .mapToObj(i -> connection(40_000 + i, A).open().client("a\n").server("A\n"))
                        .toList();
        open.forEach(CapturedConnection::close);
        try (LineServer one = new LineServer(ManyTargetsTest::loud);
                LineServer two = new LineServer(ManyTargetsTest::loud)) {
            List<Ledger> columns = List.of(copy(A, one.address()), copy(A, two.address()));
            run(three);
            for (Ledger column : columns) {
                Counts.Sessions sessions = column.counts().sessions();
                assertEquals(Map.of("too-many-sessions", 1L), sessions.leftOut());
                assertEquals(1, sessions.complete());
            }
        }
    }

    @Test
    void aSampleTakesTheSessionsThatItsRuleNamesAndCountsTheRest() throws Exception {
        Sample third = new Sample(1 / 3.0, Sample.By.SESSION);
        List<String> expected = new ArrayList<>();
        int packetsOfRest = 0;
        for (int i = 0; i < 60; i++) {
            int before = capture.size();
            connection(40_000 + i, A).open().client("a" + i + "\n").server("A" + i + "\n").close();
            if (third.takes(new InetSocketAddress("10.0.0.1", 40_000 + i))) {
                expected.add("a" + i);
            } else {
                packetsOfRest += capture.size() - before;
            }
        }
        assertTrue(expected.size() > 5 && expected.size() < 40, expected::toString);
        try (LineServer target = new LineServer(ManyTargetsTest::loud)) {
            Ledger ledger = copy(A, target.address());
            run(new Shape(third, Optional.empty(), List.of(), 1));
            assertEquals(
                    expected.stream().sorted().toList(), target.asked().stream().sorted().toList());
            Counts.Sessions sessions = ledger.counts().sessions();
            assertEquals(60, sessions.captured());
            assertEquals(expected.size(), sessions.complete());
            assertEquals(Map.of("sample", 60L - expected.size()), sessions.notSampled());
            assertEquals(packetsOfRest, packetsOf(ledger).filtered());
        }
    }

    @Test
    void aSampleOfUsersTakesAllSessionsOfAUserOrNone() throws Exception {
        Sample half = new Sample(0.5, Sample.By.USER);
        List<String> expected = new ArrayList<>();
        int others = 0;
        for (int i = 0; i < 60; i++) {
            String user = "user" + i % 20;
            connection(40_000 + i, A)
                    .open()
                    .client("user " + user + "\na" + i + "\n")
                    .server("A" + i + "\n")
                    .close();
            if (half.takes(user)) {
                expected.add("a" + i);
            } else {
                others++;
            }
        }
        connection(50_000, A).open().client("nobody\n").server("NOBODY\n").close();
        assertTrue(expected.size() > 10 && others > 10, expected::toString);
        try (LineServer target = new LineServer(ManyTargetsTest::loud);
                LineServer other = new LineServer(ManyTargetsTest::loud)) {
            List<Ledger> ledgers = List.of(copy(A, target.address()), copy(A, other.address()));
            run(new Shape(half, Optional.empty(), List.of(), 2));
            List<String> twice =
                    expected.stream()
                            .flatMap(line -> Collections.nCopies(2, line).stream())
                            .sorted()
                            .toList();
            for (LineServer server : List.of(target, other)) {
                assertEquals(twice, server.asked().stream().sorted().toList());
            }
            for (Ledger ledger : ledgers) {
                Counts counts = ledger.counts();
                assertEquals(122, counts.sessions().captured());
                assertEquals(2L * expected.size(), counts.sessions().complete());
                assertEquals(
                        Map.of("sample", 2L * others, "no-user", 2L),
                        counts.sessions().notSampled());
                assertEquals(Map.of("no-user", 2L), counts.requests().skipped());
                assertEquals(2L * expected.size(), counts.requests().same());
            }
        }
    }

    @Test
    void aSessionThatIsPassedOverEndsAsNotSampledAndWhatItAskedAsSkipped() throws Exception {
        connection(40_000, A)
                .open()
                .client("filtered\n")
                .server("FILTERED\n")
                .client("b\n")
                .server("B\n")
                .close();
        connection(40_001, A).open().client("a\n").server("A\n").close();
        try (LineServer target = new LineServer(ManyTargetsTest::loud)) {
            Ledger ledger = copy(A, target.address());
            run(RunLimits.defaults());
            assertEquals(List.of("a"), target.asked());
            assertEquals(Map.of("deny-mine", 1L), ledger.counts().sessions().notSampled());
            assertEquals(Map.of("deny-mine", 1L), ledger.counts().requests().skipped());
            assertEquals(1, ledger.counts().sessions().complete());
            assertEquals(2, ledger.counts().requests().captured());
        }
    }

    @Test
    void aRampTakesMoreAsCaptureTimeGoesOn() throws Exception {
        for (int i = 0; i < 100; i++) {
            connection(40_000 + i, A).open().client("a" + i + "\n").server("A" + i + "\n").close();
            clock.pass(Duration.ofMillis(92)); // with its own 8 packets 100 ms each
        }
        try (LineServer target = new LineServer(ManyTargetsTest::loud)) {
            Ledger ledger = copy(A, target.address());
            run(new Shape(Sample.ALL, Optional.of(Duration.ofSeconds(10)), List.of(), 1));
            List<String> expected =
                    IntStream.range(0, 100)
                            .filter(
                                    i ->
                                            Sample.ALL.takes(
                                                    new InetSocketAddress("10.0.0.1", 40_000 + i),
                                                    i / 100.0))
                            .mapToObj(i -> "a" + i)
                            .sorted()
                            .toList();
            assertEquals(expected, target.asked().stream().sorted().toList());
            assertEquals(
                    Map.of("ramp", 100L - expected.size()),
                    ledger.counts().sessions().notSampled());
            assertTrue(expected.size() > 30 && expected.size() < 70, expected::toString);
        }
    }

    @Test
    void clientsOfOtherNetworksAreNotCopied() throws Exception {
        connection(40_000, A).open().client("a\n").server("A\n").close();
        try (LineServer target = new LineServer(ManyTargetsTest::loud)) {
            Ledger ledger = copy(A, target.address());
            run(
                    new Shape(
                            Sample.ALL,
                            Optional.empty(),
                            List.of(
                                    AddressRange.parseNetwork("10.0.0.0/32"),
                                    AddressRange.parseNetwork("2001:db8::/32")),
                            1));
            assertEquals(List.of(), target.asked());
            assertEquals(Map.of("clients", 1L), ledger.counts().sessions().notSampled());
        }
    }

    @Test
    void aMultipliedSessionIsCopiedSoOftenAndEachCopyCounts() throws Exception {
        for (int i = 0; i < 4; i++) {
            connection(40_000 + i, A)
                    .open()
                    .client("a\n")
                    .server("A\n")
                    .client("b\n")
                    .server("B\n")
                    .close();
        }
        try (LineServer one = new LineServer(ManyTargetsTest::loud);
                LineServer two = new LineServer(ManyTargetsTest::loud)) {
            List<Ledger> columns = List.of(copy(A, one.address()), copy(A, two.address()));
            run(new Shape(Sample.ALL, Optional.empty(), List.of(), 3));
            assertEquals(24, one.asked().size());
            assertEquals(24, two.asked().size());
            for (Ledger column : columns) {
                assertEquals(12, column.counts().sessions().captured());
                assertEquals(12, column.counts().sessions().complete());
                assertEquals(24, column.counts().requests().same());
            }
        }
    }

    @Test
    void aControlExcusesWhatItAnswersOtherwiseItself() throws Exception {
        connection(40_000, A)
                .open()
                .client("plain\n")
                .server("PLAIN\n")
                .client("now\n")
                .server("10:00\n")
                .client("odd\n")
                .server("ODD\n")
                .close();
        try (LineServer target =
                        new LineServer(
                                line ->
                                        switch (line) {
                                            case "now" -> "11:00\n";
                                            case "odd" -> "even\n";
                                            default -> loud(line);
                                        });
                LineServer reference =
                        new LineServer(line -> line.equals("now") ? "12:00\n" : loud(line))) {
            Ledger compared = copy(A, target.address());
            Ledger control = control(A, reference.address());
            run(RunLimits.defaults());
            Counts.Requests requests = compared.counts().requests();
            assertEquals(1, requests.same());
            assertEquals(Map.of("noise", 1L), requests.notCompared());
            assertEquals(Map.of("content", 1L), requests.different());
            assertEquals(new Counts.Control(3, new TreeMap<>()), compared.counts().control());
            assertEquals(List.of("plain", "now", "odd"), reference.asked());
            assertEquals(Map.of("content", 1L), control.counts().requests().different());
        }
    }

    @Test
    void withoutAnAnswerOfTheControlTheTargetIsComparedAlone() throws Exception {
        connection(40_000, A)
                .open()
                .client("a\n")
                .server("A\n")
                .client("b\n")
                .server("B\n")
                .close();
        try (LineServer target = new LineServer(ManyTargetsTest::loud)) {
            Ledger compared = copy(A, target.address());
            control(A, NOBODY);
            run(RunLimits.defaults());
            assertEquals(2, compared.counts().requests().same());
            assertEquals(
                    new Counts.Control(0, new TreeMap<>(Map.of("no-answer", 2L))),
                    compared.counts().control());
        }
    }

    @Test
    void aRepeatedRecordingIsCopiedSoOftenThoughItsPortsAreTheSame() throws Exception {
        connection(40_000, A).open().client("a\n").server("A\n").close();
        connection(40_001, A).open().client("b\n").server("B\n"); // open when the pass ends
        try (LineServer target = new LineServer(ManyTargetsTest::loud)) {
            Ledger ledger = copy(A, target.address());
            RunEnd end =
                    Rehearsal.of(
                                    new Rehearsal.Plan(
                                            new Traffic.Packets(
                                                    RepeatedSource.open(
                                                            () -> new ListSource(capture), 3)),
                                            new Pacing.FlatOut(),
                                            targets,
                                            RunLimits.defaults(),
                                            true,
                                            Optional.empty()))
                            .run();
            assertEquals(new RunEnd.Finished(), end);
            assertEquals(Optional.empty(), ledger.imbalance());
            assertEquals(
                    List.of("a", "a", "a", "b", "b", "b"),
                    target.asked().stream().sorted().toList());
            assertEquals(6, ledger.counts().sessions().complete());
            assertEquals(6, ledger.counts().requests().same());
            assertEquals(3L * capture.size(), packetsOf(ledger).delivered());
        }
    }
}
