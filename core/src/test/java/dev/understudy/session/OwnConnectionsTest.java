package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.delivery.Clock;
import dev.understudy.flow.Flow;
import dev.understudy.flow.FlowLimits;
import dev.understudy.flow.FlowReader;
import dev.understudy.flow.FlowTable;
import dev.understudy.flow.ServerEndpoints;
import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.PacketLedger;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import dev.understudy.wire.IpAddress;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A target that is the online server by another address. */
class OwnConnectionsTest {
    private static final InetSocketAddress ONLINE = new InetSocketAddress("10.0.0.7", 3306);
    private static final InetSocketAddress TARGET = new InetSocketAddress("198.51.100.8", 3306);
    private static final long SECOND = 1_000_000_000L;

    private final Ledger ledger = new Ledger(new PacketLedger());
    private final FakeTarget target = new FakeTarget();
    private final Switchboard board = board(new Pacing.Live());
    private int clients;

    private Switchboard board(Pacing pacing) {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        return new Switchboard(
                channel.eventLoop(),
                new Rehearsal.Plan(
                        new Traffic.Packets(new ListSource(List.of())),
                        pacing,
                        List.of(
                                new TargetPlan(
                                        new LineProtocol(),
                                        new RunContext(
                                                Settings.empty("lines"), ONLINE, TARGET, 1024),
                                        ledger)),
                        RunLimits.defaults(),
                        true,
                        Optional.empty()),
                new Pace(pacing, Optional.empty()),
                target,
                handler ->
                        new FlowTable(
                                FlowLimits.DEFAULT, ServerEndpoints.of(List.of(ONLINE)), handler));
    }

    private static Flow flow(InetSocketAddress client, long openedNanos) {
        return new Flow(
                IpAddress.of(client.getAddress()),
                client.getPort(),
                IpAddress.of(ONLINE.getAddress()),
                ONLINE.getPort(),
                false,
                openedNanos);
    }

    private static boolean isLeftOut(FlowReader reader) {
        return reader.equals(FlowReader.DISCARD);
    }

    /** A client's connection, copied by one of ours. */
    private FakeTarget.Connection copied(Switchboard by, InetSocketAddress local) {
        long now = Clock.epochNanos();
        InetSocketAddress client = new InetSocketAddress("10.0.0.1", 40_000 + clients++);
        FlowReader reader = by.opened(flow(client, now), now);
        byte[] line = "hello\n".getBytes(StandardCharsets.US_ASCII);
        reader.bytes(Direction.FROM_CLIENT, line, 0, line.length, 0, now);
        return target.connection(target.connections() - 1).begun(local);
    }

    private static InetSocketAddress local(int port) {
        return new InetSocketAddress("10.0.0.2", port);
    }

    @Test
    void aConnectionOfOursThatComesBackIsNotCopied() {
        FakeTarget.Connection ours = copied(board, local(5000));
        assertTrue(isLeftOut(board.opened(flow(local(5000), Clock.epochNanos()), 2)));
        Counts.Sessions sessions = ledger.counts().sessions();
        assertEquals(Map.of("own-connection", 1L, "loop", 1L), sessions.leftOut());
        assertEquals(0, sessions.open());
        assertTrue(ours.log().endsWith("(closed)"), "nothing more is sent to production");
        assertEquals(1, target.connections());
        assertEquals(Optional.empty(), board.loopFound(), "one may be an accident");
    }

    @Test
    void whatComesBackAgainAndAgainEndsTheRun() {
        for (int port = 5000; port < 5000 + OwnConnections.CERTAIN; port++) {
            copied(board, local(port));
            board.opened(flow(local(port), Clock.epochNanos()), 2);
        }
        String why = board.loopFound().orElseThrow();
        assertTrue(why.contains("the target 198.51.100.8:3306 came back"), why);
        assertTrue(why.contains("10.0.0.2:5002 to 10.0.0.7:3306"), why);
    }

    /** As where a target has many servers behind it, and few are production's. */
    @Test
    void aSmallShareThatComesBackIsLeftOutAndTheRunGoesOn() {
        for (int port = 5000; port < 5100; port++) {
            copied(board, local(port));
        }
        for (int port = 5000; port < 5000 + OwnConnections.CERTAIN; port++) {
            board.opened(flow(local(port), Clock.epochNanos()), 2);
        }
        assertEquals(Optional.empty(), board.loopFound());
        assertEquals(
                Map.of("own-connection", 3L, "loop", 3L), ledger.counts().sessions().leftOut());
    }

    /** A process of the copy host may have the same port, to the online server itself. */
    @Test
    void anotherProcessWithThePortOfAConnectionThatIsUpIsAClient() {
        long now = Clock.epochNanos();
        copied(board, local(5000));
        assertTrue(!isLeftOut(board.opened(flow(local(5000), now - SECOND), 2)), "it was before");
        copied(board, local(5001)).up(Clock.epochNanos());
        long later = Clock.epochNanos() + SECOND;
        assertTrue(!isLeftOut(board.opened(flow(local(5001), later), 2)), "it was after");
        assertEquals(Map.of(), ledger.counts().sessions().leftOut());
    }

    /** As while a target restarts: with kept addresses each is a client's own. */
    @Test
    void aConnectionThatNeverCameUpIsForgotten() {
        for (int port = 5000; port < 5010; port++) {
            copied(board, local(port)).ended("refused");
            assertTrue(!isLeftOut(board.opened(flow(local(port), Clock.epochNanos()), 2)));
        }
        copied(board, local(5010));
        long muchLater = Clock.epochNanos() + 60 * SECOND;
        assertTrue(!isLeftOut(board.opened(flow(local(5010), muchLater), 2)), "given up by then");
        assertEquals(Optional.empty(), board.loopFound());
    }

    /** A recording may have been made of clients on the ports that this run has now. */
    @Test
    void inARecordingNothingIsOurs() {
        Switchboard replay = board(new Pacing.FlatOut());
        copied(replay, local(5000));
        assertTrue(!isLeftOut(replay.opened(flow(local(5000), Clock.epochNanos()), 2)));
    }

    @Test
    void aConnectionThatTheTableHasNoRoomForIsLeftOutByName() {
        board.tooMany(flow(local(1), 1), 1);
        assertEquals(Map.of("too-many-flows", 1L), ledger.counts().sessions().leftOut());
        assertEquals(1, ledger.counts().sessions().captured());
    }
}
