package dev.understudy.session;

import dev.understudy.flow.Flow;
import dev.understudy.flow.FlowEnd;
import dev.understudy.flow.FlowLimits;
import dev.understudy.flow.FlowReader;
import dev.understudy.flow.FlowTable;
import dev.understudy.flow.ServerEndpoints;
import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Ledger;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.Verdict;
import dev.understudy.wire.IpAddress;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A copier whose packets, target, protocol and clock are the test's. */
final class ScriptedCopy {
    private static final InetSocketAddress ONLINE = new InetSocketAddress("10.0.0.7", 3306);
    private static final InetSocketAddress CLIENT = new InetSocketAddress("10.0.0.1", 0);

    /** Of the first session's client; that of the next is one higher. */
    static final int FIRST_PORT = 40_000;

    private static final InetSocketAddress TARGET =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 3307);

    final Ledger ledger = new Ledger();
    final FakeTarget target = new FakeTarget();
    final Switchboard board;
    final Copier copier;
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private Function<Exchange, Verdict> comparison = _ -> new Verdict.Same();
    private int sessions;
    private long captureNanos = 1_000;

    ScriptedCopy(RunLimits limits, Function<SessionContext, ProtocolSession> protocol) {
        this(limits, protocol, TlsReading.none(), false);
    }

    ScriptedCopy(
            RunLimits limits,
            Function<SessionContext, ProtocolSession> protocol,
            boolean commitOrder) {
        this(limits, protocol, TlsReading.none(), false, commitOrder);
    }

    ScriptedCopy(
            RunLimits limits, Function<SessionContext, ProtocolSession> protocol, TlsReading tls) {
        this(limits, protocol, tls, false);
    }

    ScriptedCopy(
            RunLimits limits,
            Function<SessionContext, ProtocolSession> protocol,
            TlsReading tls,
            boolean requestsOnly) {
        this(limits, protocol, tls, requestsOnly, false);
    }

    private ScriptedCopy(
            RunLimits limits,
            Function<SessionContext, ProtocolSession> protocol,
            TlsReading tls,
            boolean requestsOnly,
            boolean commitOrder) {
        channel.freezeTime();
        board =
                new Switchboard(
                        channel.eventLoop(),
                        new Rehearsal.Plan(
                                new Traffic.Packets(new ListSource(List.of())),
                                new Pacing.FlatOut(),
                                List.of(
                                        new TargetPlan(
                                                new Script(protocol),
                                                new RunContext(
                                                        Settings.empty("script"),
                                                        ONLINE,
                                                        TARGET,
                                                        1024,
                                                        false,
                                                        commitOrder),
                                                ledger)),
                                limits,
                                true,
                                Optional.empty(),
                                Shape.WHOLE,
                                Optional.empty(),
                                tls,
                                Set.of(),
                                requestsOnly),
                        new Pace(new Pacing.FlatOut(), Optional.empty()),
                        target,
                        handler ->
                                new FlowTable(
                                        FlowLimits.DEFAULT,
                                        ServerEndpoints.of(List.of(ONLINE)),
                                        handler));
        copier = board.copiers().getFirst();
    }

    void compareBy(Function<Exchange, Verdict> by) {
        comparison = by;
    }

    /** One captured connection, packet by packet. */
    final class Conversation {
        private final FlowReader reader;
        private final Map<Direction, Long> offsets = new EnumMap<>(Direction.class);

        private Conversation(FlowReader reader) {
            this.reader = reader;
        }

        FlowReader reader() {
            return reader;
        }

        Conversation client(String text) {
            return bytes(Direction.FROM_CLIENT, text);
        }

        /** The client has read more before it sends what comes next. */
        Conversation heard() {
            reader.heard(captureNanos + 1);
            return this;
        }

        Conversation server(String text) {
            return bytes(Direction.FROM_SERVER, text);
        }

        private Conversation bytes(Direction direction, String text) {
            return bytes(direction, text.getBytes(StandardCharsets.US_ASCII));
        }

        Conversation bytes(Direction direction, byte[] data) {
            reader.bytes(
                    direction, data, 0, data.length, next(direction, data.length), ++captureNanos);
            return this;
        }

        private long next(Direction direction, int length) {
            return offsets.merge(direction, (long) length, Long::sum) - length;
        }

        Conversation gap(Direction direction, int length) {
            reader.gap(direction, next(direction, length), length, ++captureNanos);
            return this;
        }

        Conversation end() {
            reader.end(Direction.FROM_CLIENT, FlowEnd.FIN, ++captureNanos);
            reader.end(Direction.FROM_SERVER, FlowEnd.FIN, ++captureNanos);
            return this;
        }
    }

    Conversation open() {
        Flow flow =
                new Flow(
                        IpAddress.of(CLIENT.getAddress()),
                        FIRST_PORT + sessions++,
                        IpAddress.of(ONLINE.getAddress()),
                        ONLINE.getPort(),
                        false,
                        captureNanos);
        return new Conversation(board.opened(flow, captureNanos));
    }

    /** Captures at an earlier time than the last, as two queues of a card may deliver. */
    void back(long nanos) {
        captureNanos -= nanos;
    }

    /** Lets time pass on the loop, and what is due by then happen. */
    void pass(Duration time) {
        channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
    }

    /** What the loop has been asked to do happens. */
    void turn() {
        channel.runPendingTasks();
    }

    Counts counts() {
        return ledger.counts();
    }

    /** No answer kept by name. */
    record Text(String describe) implements Reply {}

    private final class Script implements Protocol {
        private final Function<SessionContext, ProtocolSession> sessions;

        private Script(Function<SessionContext, ProtocolSession> sessions) {
            this.sessions = sessions;
        }

        @Override
        public String name() {
            return "script";
        }

        @Override
        public Set<Integer> usualPorts() {
            return Set.of();
        }

        @Override
        public Detection detect(Direction direction, ByteBuf firstBytes) {
            return Detection.NO_MATCH;
        }

        @Override
        public Preparation prepare(RunContext run) {
            return Preparation.nothing();
        }

        @Override
        public ProtocolSession open(SessionContext session) {
            return sessions.apply(session);
        }

        @Override
        public Verdict compare(Exchange exchange, Optional<Reply> control) {
            return comparison.apply(exchange);
        }
    }
}
