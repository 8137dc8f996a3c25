package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.flow.FlowLimits;
import dev.understudy.flow.FlowTable;
import dev.understudy.flow.ServerEndpoints;
import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.PacketLedger;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** How long, and for how many bytes, answers wait for those of a control. */
class ControlWaitTest {
    private static final InetSocketAddress ONLINE = new InetSocketAddress("10.0.0.7", 3306);
    private static final long SECOND = 1_000_000_000L;

    private final Ledger ledger = new Ledger(new PacketLedger());
    private final SessionLabel session = new SessionLabel(1, "10.0.0.1:40000");
    private final ControlReplies replies = new ControlReplies(1);
    private final Copier copier = copier();

    private Copier copier() {
        RunContext context =
                new RunContext(
                        Settings.empty("lines"), ONLINE, new InetSocketAddress("10.0.0.8", 1), 1);
        TargetPlan target = new TargetPlan(new LineProtocol(), context, ledger);
        return new Switchboard(
                        new EmbeddedChannel().eventLoop(),
                        new Rehearsal.Plan(
                                new Traffic.Packets(new ListSource(List.of())),
                                new Pacing.FlatOut(),
                                List.of(target),
                                RunLimits.defaults(),
                                true,
                                Optional.empty()),
                        new Pace(new Pacing.FlatOut(), Optional.empty()),
                        new FakeTarget(),
                        handler ->
                                new FlowTable(
                                        FlowLimits.DEFAULT,
                                        ServerEndpoints.of(List.of(ONLINE)),
                                        handler))
                .copiers()
                .getFirst();
    }

    private void answered(int ordinal, long bytes, long now) {
        Reply reply = new ScriptedCopy.Text("x");
        Request request = new Request(ordinal, "line", "line", "x", 0, true);
        ledger.asked(request);
        replies.compare(
                copier,
                session,
                new Exchange(request, reply, reply, 0, 1, 1),
                new Dispatch(0, Dispatch.NO_LAG, false),
                bytes,
                now);
    }

    private void controlAnswered(int ordinal, long bytes, long now) {
        replies.answered(1, ordinal, new ScriptedCopy.Text("x"), bytes, now);
    }

    private void assertCompared(long with, Map<String, Long> without, long bytesLeft) {
        Counts counts = ledger.counts();
        assertEquals(new Counts.Control(with, new TreeMap<>(without)), counts.control());
        long all = with + without.values().stream().mapToLong(Long::longValue).sum();
        assertEquals(all, counts.requests().same());
        assertEquals(bytesLeft, replies.bytes());
    }

    @Test
    void whicheverComesFirstWaitsForTheOther() {
        replies.opened(1);
        answered(0, 10, 0);
        assertCompared(0, Map.of(), 10 + ControlReplies.OVERHEAD_BYTES);
        controlAnswered(0, 10, 1);
        controlAnswered(1, 10, 2);
        answered(1, 10, 3);
        assertCompared(2, Map.of(), 0);
    }

    @Test
    void whatHasWaitedTooLongIsComparedWithoutAndALateAnswerIsLetGo() {
        replies.opened(1);
        answered(0, 10, 0);
        replies.expire(5 * SECOND - 1);
        assertCompared(0, Map.of(), 10 + ControlReplies.OVERHEAD_BYTES);
        replies.expire(5 * SECOND);
        assertCompared(0, Map.of("late", 1L), 0);
        controlAnswered(0, 10, 6 * SECOND);
        replies.expire(11 * SECOND);
        assertCompared(0, Map.of("late", 1L), 0);
    }

    @Test
    void whatHasWaitedLongestMakesRoom() {
        replies.opened(1);
        answered(0, ControlReplies.MAX_BYTES / 2, 0);
        answered(1, ControlReplies.MAX_BYTES / 2, 1);
        long left = ControlReplies.MAX_BYTES / 2 + ControlReplies.OVERHEAD_BYTES;
        assertCompared(0, Map.of("memory", 1L), left);
        controlAnswered(1, 0, 2);
        assertCompared(1, Map.of("memory", 1L), 0);
    }

    @Test
    void aControlThatHasEndedIsNotWaitedFor() {
        replies.opened(1);
        controlAnswered(0, 1, 0);
        answered(1, 1, 0);
        replies.ended(1);
        assertCompared(0, Map.of("no-answer", 1L), 1 + ControlReplies.OVERHEAD_BYTES);
        answered(2, 1, 1);
        answered(0, 1, 1);
        assertCompared(1, Map.of("no-answer", 2L), 0);
    }

    @Test
    void nothingWaitsWhenTheRunIsOver() {
        replies.opened(1);
        answered(0, 1, 0);
        controlAnswered(1, 1, 0);
        replies.settle();
        assertCompared(0, Map.of("no-answer", 1L), 0);
    }
}
