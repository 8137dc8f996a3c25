package dev.understudy.session;

import dev.understudy.capture.PacketBatch;
import dev.understudy.delivery.Clock;
import dev.understudy.delivery.Origin;
import dev.understudy.delivery.TargetConnection;
import dev.understudy.delivery.TargetConnector;
import dev.understudy.flow.Flow;
import dev.understudy.flow.FlowHandler;
import dev.understudy.flow.FlowReader;
import dev.understudy.flow.FlowTable;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.Verdict;
import dev.understudy.wire.TcpSegment;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that lives on one event loop: the flows, their sessions, what they share. Shown
 * packets, it copies. What other threads may ask stands at the end.
 */
final class Copier implements FlowHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Copier.class);
    private static final long TICK_MILLIS = 100;

    /** Kinds of plugin failures that are logged with their stack; what repeats is only counted. */
    private static final int MAX_FAILURE_KINDS = 100;

    private final EventLoop loop;
    private final Protocol protocol;
    private final RunContext run;
    private final Pacing pacing;
    private final TargetConnector connector;
    private final Ledger ledger;
    private final RunLimits limits;
    private final FlowTable flows;
    private final TcpSegment segment = new TcpSegment();
    private final CausalOrder order;
    private final PublishedValues published = new PublishedValues();
    private final TargetHealth health;
    private final Set<CopySession> sessions = new LinkedHashSet<>();
    private final Set<String> failureKinds = new HashSet<>();

    private long sessionIds;
    private int queuedSegments;
    private long queuedBytes;
    private long keptBytes;
    private long firstCaptureNanos;
    private long firstShownNanos;
    private boolean inBatch;
    private boolean releasing;
    private volatile long backlogBytes;
    private volatile int backlogSegments;
    private volatile int openSessions;
    private volatile Optional<Throwable> fault = Optional.empty();
    private volatile long lastMoveNanos = System.nanoTime();

    Copier(
            EventLoop loop,
            Rehearsal.Plan plan,
            TargetConnector connector,
            Ledger ledger,
            FlowTableMaker flowTable) {
        this.loop = loop;
        this.protocol = plan.protocol();
        this.run = plan.context();
        this.pacing = plan.pacing();
        this.connector = connector;
        this.ledger = ledger;
        this.limits = plan.limits();
        this.order = new CausalOrder(plan.orderAcrossSessions(), limits.orderWaitMax().toNanos());
        this.flows = flowTable.make(this);
        this.health = new TargetHealth(limits.targetFailureShare(), limits.targetFailureMinimum());
        loop.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Makes the flow table of a copier: it needs the copier, and the copier it. */
    @FunctionalInterface
    interface FlowTableMaker {
        FlowTable make(FlowHandler handler);
    }

    /** Shows it a part of a batch; on the loop. */
    void packets(PacketBatch batch, int from, int to) {
        if (firstShownNanos == 0 && to > from) {
            firstCaptureNanos = batch.timeNanos(from);
            firstShownNanos = Clock.epochNanos();
        }
        inBatch = true;
        try {
            for (int i = from; i < to; i++) {
                packet(batch, i);
            }
            if (to > from) {
                flows.advance(batch.timeNanos(to - 1));
            }
        } finally {
            inBatch = false;
        }
        release();
    }

    private void packet(PacketBatch batch, int i) {
        ledger.packetDelivered();
        TcpSegment.Kind kind =
                segment.wrap(
                        batch.data(),
                        batch.offset(i),
                        batch.capturedLength(i),
                        batch.originalLength(i),
                        batch.linkType(i));
        switch (kind) {
            case TCP -> {
                switch (flows.segment(segment, batch.data(), batch.timeNanos(i))) {
                    case USED -> ledger.packetUsed();
                    case REPEATED -> ledger.packetRepeated();
                    case WITHOUT_PAYLOAD -> ledger.packetWithoutPayload();
                    case FILTERED -> ledger.packetFiltered();
                    case NOT_FOR_US -> ledger.packetNotForUs();
                    case MALFORMED -> ledger.packetMalformed();
                }
            }
            case NOT_TCP -> ledger.packetNotForUs();
            case FRAGMENT, MALFORMED -> ledger.packetMalformed();
        }
    }

    /** No packet follows; on the loop. */
    void captureEnded(long timeNanos) {
        flows.finish(timeNanos);
        release();
    }

    /** Ends what is still open, since nobody waits any longer; on the loop. */
    void giveUp() {
        for (CopySession session : List.copyOf(sessions)) {
            session.finish();
        }
    }

    @Override
    public FlowReader opened(Flow flow, long timeNanos) {
        ledger.sessionCaptured();
        SessionContext context =
                new SessionContext(
                        run, ++sessionIds, flow.client(), flow.server(), flow.joinedMidway(), 0, 0);
        Optional<SessionEnd.LeftOut> refusal = refusal();
        if (refusal.isPresent()) {
            ledger.sessionEnded(CopySession.labelOf(context), refusal.get());
            return FlowReader.DISCARD;
        }
        ProtocolSession opened;
        try {
            opened = Objects.requireNonNull(protocol.open(context), "the protocol opened null");
        } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
            SessionLabel label = CopySession.labelOf(context);
            pluginFailed(label, e);
            ledger.sessionEnded(label, new SessionEnd.LeftOut("plugin-failed", e.toString()));
            return FlowReader.DISCARD;
        }
        CopySession session = new CopySession(this, context, opened);
        sessions.add(session);
        openSessions = sessions.size();
        return session;
    }

    private Optional<SessionEnd.LeftOut> refusal() {
        if (sessions.size() >= limits.maxSessions()) {
            return Optional.of(
                    new SessionEnd.LeftOut(
                            "too-many-sessions",
                            limits.maxSessions() + " are open: raise run.max-sessions"));
        }
        if (keptBytes > limits.bytesInAll()) {
            return Optional.of(
                    new SessionEnd.LeftOut(
                            "memory",
                            limits.bytesInAll() + " bytes are waiting: raise run.bytes-in-all"));
        }
        return Optional.empty();
    }

    // For sessions.

    EventLoop loop() {
        return loop;
    }

    Ledger ledger() {
        return ledger;
    }

    RunLimits limits() {
        return limits;
    }

    CausalOrder order() {
        return order;
    }

    PublishedValues published() {
        return published;
    }

    InetSocketAddress target() {
        return run.target();
    }

    /** Whether bytes sent there would reach production. */
    boolean isOnline(InetSocketAddress peer) {
        return peer.equals(run.online());
    }

    TargetConnection connect(InetSocketAddress peer, Origin origin, boolean tls, Lane lane) {
        return connector.connect(peer, origin, tls, loop, lane);
    }

    /** Captured bytes have come to wait, or (both below 0) wait no longer. */
    void queued(int segments, long bytes) {
        queuedSegments += segments;
        queuedBytes += bytes;
        backlogSegments = queuedSegments;
        backlogBytes = queuedBytes;
    }

    /** A session keeps so many bytes more, or less: captured or of the target, not read yet. */
    void kept(int more) {
        keptBytes += more;
    }

    /** Bytes that all sessions keep. */
    long keptBytes() {
        return keptBytes;
    }

    /** A request captured then was sent now, both in nanoseconds since the epoch. */
    void lag(long capturedNanos, long sentNanos) {
        switch (pacing) {
            case Pacing.Live() -> ledger.lag(sentNanos - capturedNanos);
            case Pacing.Scaled(double factor) -> {
                long due = (long) ((capturedNanos - firstCaptureNanos) / factor);
                ledger.lag(sentNanos - firstShownNanos - due);
            }
            case Pacing.FlatOut() -> {
                // Nothing is due at any time.
            }
        }
    }

    void moved() {
        lastMoveNanos = System.nanoTime();
    }

    /** A connection of a session whose captured side goes on has ended or was never made. */
    void targetFailed(String reason) {
        health.failed(reason);
    }

    /** Both answers are there: says what the comparison came to. */
    void judge(SessionLabel label, Exchange exchange) {
        moved();
        health.answered();
        Verdict verdict;
        try {
            verdict =
                    Objects.requireNonNull(
                            protocol.compare(exchange, Optional.empty()), "no verdict");
        } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
            pluginFailed(label, e);
            verdict = new Verdict.NotCompared("plugin-failed");
        }
        ledger.verdict(label, exchange, verdict);
    }

    void pluginFailed(SessionLabel label, Throwable failure) {
        StackTraceElement[] stack = failure.getStackTrace();
        String kind = failure.getClass() + (stack.length == 0 ? "" : " " + stack[0]);
        if (failureKinds.size() < MAX_FAILURE_KINDS && failureKinds.add(kind)) {
            LOG.error("{}: the protocol plugin failed; told once for each kind", label, failure);
        }
    }

    /** Something of ours went wrong: the run cannot be trusted, and says so. */
    void broken(Throwable failure) {
        if (fault.isEmpty()) {
            LOG.error("a fault of the copier itself", failure);
            fault = Optional.of(failure);
        }
    }

    void ended(CopySession session, SessionEnd end) {
        moved();
        sessions.remove(session);
        openSessions = sessions.size();
        ledger.sessionEnded(session.label(), end);
    }

    /** Drives sessions whose wait for another's answer is over. */
    void release() {
        if (inBatch || releasing) {
            return;
        }
        releasing = true;
        try {
            for (Optional<CopySession> next = order.released();
                    next.isPresent();
                    next = order.released()) {
                next.get().drive();
            }
        } finally {
            releasing = false;
        }
    }

    private void tick() {
        try {
            int suspects = order.expire(System.nanoTime());
            for (int i = 0; i < suspects; i++) {
                ledger.orderSuspect();
            }
            release();
            health.look();
        } catch (RuntimeException | Error e) {
            // Thrown on, it would end the ticking, and with it every wait that has a limit.
            broken(e);
        }
    }

    // For other threads.

    /** Captured bytes that wait to be due. */
    long backlogBytes() {
        return backlogBytes;
    }

    /** Captured segments that wait to be due. */
    int backlogSegments() {
        return backlogSegments;
    }

    int openSessions() {
        return openSessions;
    }

    /** How long nothing has got on, in nanoseconds. */
    long quietNanos() {
        return System.nanoTime() - lastMoveNanos;
    }

    /** What went wrong here, if anything did. */
    Optional<Throwable> fault() {
        return fault;
    }

    /** Why the run should end now, if it should. */
    Optional<String> stopReason() {
        return health.lost();
    }
}
