package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.flow.Flow;
import dev.understudy.flow.FlowLimits;
import dev.understudy.flow.FlowTable;
import dev.understudy.flow.ServerEndpoints;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.PacketLedger;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import dev.understudy.wire.IpAddress;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Two targets, of which one is lost while the other lives. */
class LostTargetTest {
    private static final InetSocketAddress ONLINE = new InetSocketAddress("10.0.0.7", 3306);
    private static final InetSocketAddress CLIENT = new InetSocketAddress("10.0.0.1", 40_000);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final PacketLedger packets = new PacketLedger();
    private final Ledger living = new Ledger(packets);
    private final Ledger lost = new Ledger(packets);
    private final Switchboard board;

    LostTargetTest() {
        channel.freezeTime();
        board =
                new Switchboard(
                        channel.eventLoop(),
                        new Rehearsal.Plan(
                                new Traffic.Packets(new ListSource(List.of())),
                                new Pacing.FlatOut(),
                                List.of(target(living, 1), target(lost, 2)),
                                RunLimits.defaults(),
                                true,
                                Optional.empty()),
                        new Pace(new Pacing.FlatOut(), Optional.empty()),
                        new FakeTarget(),
                        handler ->
                                new FlowTable(
                                        FlowLimits.DEFAULT,
                                        ServerEndpoints.of(List.of(ONLINE)),
                                        handler));
    }

    private static TargetPlan target(Ledger ledger, int port) {
        return new TargetPlan(
                new LineProtocol(),
                new RunContext(
                        Settings.empty("lines"),
                        ONLINE,
                        new InetSocketAddress("10.0.0.8", port),
                        1024),
                ledger);
    }

    private void open() {
        board.opened(
                new Flow(
                        IpAddress.of(CLIENT.getAddress()),
                        CLIENT.getPort(),
                        IpAddress.of(ONLINE.getAddress()),
                        ONLINE.getPort(),
                        false,
                        1),
                1);
    }

    private void fail(int target) {
        for (int i = 0; i < 10; i++) {
            board.copiers().get(target).targetFailed("refused");
        }
        channel.advanceTimeBy(200, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void whatIsOpenAndWhatComesIsLeftOutOfItsColumnAlone() {
        open();
        fail(1);
        open();
        assertEquals(Map.of("target-lost", 2L), lost.counts().sessions().leftOut());
        assertEquals(0, lost.counts().sessions().open());
        assertEquals(Map.of(), living.counts().sessions().leftOut());
        assertEquals(2, living.counts().sessions().open());
        assertEquals(2, board.openSessions());
        assertEquals(Optional.empty(), board.stopReason());
    }

    @Test
    void theLastOneThatIsLostEndsTheRun() {
        open();
        fail(1);
        fail(0);
        assertEquals(
                Optional.of("10 connections to the target failed in a row (refused)"),
                board.stopReason());
        assertEquals(1, living.counts().sessions().open(), "the run ends what is open");
    }
}
