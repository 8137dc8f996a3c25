package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.PacketLedger;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import dev.understudy.wire.Frame;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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

    /** Adds a column: the sessions of {@code online} go to the target too. */
    private Ledger copy(Frame.Peer online, InetSocketAddress target) throws Exception {
        Ledger ledger = new Ledger(packets);
        RunContext context = new RunContext(Settings.empty("lines"), address(online), target, 1024);
        targets.add(new TargetPlan(new LineProtocol(), context, ledger));
        return ledger;
    }

    private Rehearsal run(RunLimits limits) {
        Rehearsal run =
                Rehearsal.of(
                        new Rehearsal.Plan(
                                new Traffic.Packets(new ListSource(capture)),
                                new Pacing.FlatOut(),
                                targets,
                                limits,
                                true,
                                Optional.empty()));
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
}
