package dev.understudy.session;

import dev.understudy.delivery.Origin;
import dev.understudy.delivery.TargetConnection;
import dev.understudy.flow.Flow;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.Verdict;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies to one target, once each session: its sessions and what they share. Lives on the event
 * loop of its {@link Switchboard}. What other threads may ask stands at the end.
 */
final class Copier {
    private static final Logger LOG = LoggerFactory.getLogger(Copier.class);

    /** Kinds of plugin failures that are logged with their stack; what repeats is only counted. */
    private static final int MAX_FAILURE_KINDS = 100;

    private final Switchboard board;
    private final Protocol protocol;
    private final RunContext run;
    private final Ledger ledger;
    private final int targetIndex;
    private final int copyNumber;
    private final CausalOrder order;
    private final Optional<CausalOrder> commits;
    private final PublishedValues published = new PublishedValues();
    private final EarlyConnections early = new EarlyConnections();
    private final TargetHealth health;
    private final boolean isControl;
    private final Optional<ControlReplies> control;
    private final Set<CopySession> sessions = new LinkedHashSet<>();
    private final Set<String> failureKinds = new HashSet<>();
    private final Set<CopySession> awaitingKeys = new LinkedHashSet<>();
    private long keysSeen;

    private int queuedSegments;
    private long queuedBytes;
    private boolean releasing;
    private Optional<SessionEnd.LeftOut> ended = Optional.empty();
    private volatile long backlogBytes;
    private volatile int backlogSegments;

    /**
     * A copier without sessions.
     *
     * @param copyNumber which copy of each session is its own, from 0
     * @param health of the target, which all copies have in common
     * @param control the answers of the control, where its online server has one
     */
    Copier(
            Switchboard board,
            TargetPlan plan,
            int targetIndex,
            int copyNumber,
            TargetHealth health,
            Optional<ControlReplies> control) {
        this.board = board;
        this.protocol = plan.protocol();
        this.run = plan.context();
        this.ledger = plan.ledger();
        this.targetIndex = targetIndex;
        this.copyNumber = copyNumber;
        this.order = board.newOrder();
        this.commits = run.commitOrder() ? Optional.of(board.newOrder()) : Optional.empty();
        this.health = health;
        this.isControl = plan.control();
        this.control = control;
    }

    /**
     * Begins the copy of one connection.
     *
     * @param id of the session, the same for every target
     * @param refusal why it is left out
     * @param users which users' sessions are copied, where only some are
     * @return who reads it; empty where it is left out
     */
    Optional<CopySession> open(
            Flow flow, long id, Optional<SessionEnd.LeftOut> refusal, Optional<UserSample> users) {
        ledger.sessionCaptured();
        SessionContext context =
                new SessionContext(
                        run,
                        id,
                        flow.client(),
                        flow.server(),
                        flow.joinedMidway(),
                        targetIndex,
                        copyNumber,
                        board.shape().copies(),
                        board.requestsOnly());
        Optional<SessionEnd.LeftOut> refused = ended.or(() -> refusal);
        if (refused.isPresent()) {
            ledger.sessionEnded(labelOf(context), refused.get());
            return Optional.empty();
        }
        ProtocolSession opened;
        try {
            opened = Objects.requireNonNull(protocol.open(context), "the protocol opened null");
        } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
            SessionLabel label = labelOf(context);
            pluginFailed(label, e);
            ledger.sessionEnded(label, new SessionEnd.LeftOut("plugin-failed", e.toString()));
            return Optional.empty();
        }
        CopySession session = new CopySession(this, context, opened, users);
        sessions.add(session);
        board.open(1);
        if (isControl) {
            control.ifPresent(replies -> replies.opened(id));
        }
        return Optional.of(session);
    }

    /** How the report names a session. */
    static SessionLabel labelOf(SessionContext context) {
        InetSocketAddress client = context.client();
        String copy = context.copies() == 1 ? "" : ", copy " + (context.copyNumber() + 1);
        return new SessionLabel(
                context.id(), client.getAddress().getHostAddress() + ":" + client.getPort() + copy);
    }

    /** A session is not copied, since the run is to copy only some. */
    void passOver(String reason) {
        ledger.sessionNotSampled(reason);
    }

    /** Ends what is still open, since nobody waits any longer; on the loop. */
    void giveUp() {
        for (CopySession session : List.copyOf(sessions)) {
            session.finish();
        }
    }

    /** Leaves out sessions of these ids, which this host has no time for. */
    void shed(LongPredicate which) {
        for (CopySession session : List.copyOf(sessions)) {
            if (which.test(session.label().id())) {
                session.leaveOut("cpu-limit", "the copier took more than host.cpu-limit");
            }
        }
    }

    /** The target is lost and others go on: leaves out what is open, and all that comes. */
    void end(String reason) {
        if (ended.isEmpty()) {
            ended = Optional.of(new SessionEnd.LeftOut("target-lost", reason));
            for (CopySession session : List.copyOf(sessions)) {
                session.leaveOut("target-lost", reason);
            }
        }
    }

    /** Whether its target is lost, and nothing is copied to it any more. */
    boolean ended() {
        return ended.isPresent();
    }

    /** Looks at what takes too long. */
    void tick() {
        lookForKeys();
        int suspects = order.expire(System.nanoTime());
        for (int i = 0; i < suspects; i++) {
            ledger.orderSuspect();
        }
        long now = System.nanoTime();
        commits.ifPresent(each -> ledger.commitSuspects(each.expire(now)));
        release();
        health.look();
    }

    private void lookForKeys() {
        long changes = tls().keys().changes();
        if (changes != keysSeen) {
            keysSeen = changes;
            List.copyOf(awaitingKeys).forEach(CopySession::keysCame);
        }
    }

    // For sessions.

    TlsReading tls() {
        return board.tls();
    }

    /** A session waits for secrets of its connection; told when some have come. */
    void awaitsKeys(CopySession session) {
        awaitingKeys.add(session);
    }

    /** Whether the session had waited for secrets until now. */
    boolean keysAwaitedNoLonger(CopySession session) {
        return awaitingKeys.remove(session);
    }

    /** A session's TLS can be read; counted once, however many targets it is copied to. */
    void decrypted(SessionContext session, String how) {
        if (session.targetIndex() == 0 && session.copyNumber() == 0) {
            tls().decrypted(how);
        }
    }

    EventLoop loop() {
        return board.loop();
    }

    Ledger ledger() {
        return ledger;
    }

    RunLimits limits() {
        return board.limits();
    }

    /** Of each answer, as many bytes may be kept for the comparison. */
    int replyKeepBytes() {
        return run.replyKeepBytes();
    }

    CausalOrder order() {
        return order;
    }

    /** That of commits, where it is kept. */
    Optional<CausalOrder> commits() {
        return commits;
    }

    EarlyConnections early() {
        return early;
    }

    PublishedValues published() {
        return published;
    }

    InetSocketAddress target() {
        return run.target();
    }

    /** Whether bytes sent there would reach production. */
    boolean isOnline(InetSocketAddress peer) {
        return board.isOnline(peer);
    }

    TargetConnection connect(InetSocketAddress peer, Origin origin, boolean tls, Lane lane) {
        return board.connector().connect(peer, origin, tls, loop(), board.watched(peer, lane));
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
        board.kept(more);
    }

    /**
     * A request captured then was sent now, both in nanoseconds since the epoch: how long after it
     * was due, where that can be said.
     */
    Optional<Long> lag(long capturedNanos, long sentNanos) {
        Optional<Long> lag = board.lag(capturedNanos, sentNanos);
        lag.ifPresent(ledger::lag);
        return lag;
    }

    void moved() {
        board.moved();
    }

    /** A connection of a session whose captured side goes on has ended or was never made. */
    void targetFailed(String reason) {
        health.failed(reason);
    }

    /**
     * Both answers are there: compares them, with the control's answer where there is a control.
     *
     * @param bytes that the two answers take, about
     */
    void judge(SessionLabel label, Exchange exchange, Dispatch dispatch, long bytes) {
        moved();
        health.answered();
        if (control.isEmpty()) {
            compare(label, exchange, dispatch, Optional.empty());
        } else if (isControl) {
            compare(label, exchange, dispatch, Optional.empty());
            control.get()
                    .answered(
                            label.id(),
                            exchange.request().ordinal(),
                            exchange.target(),
                            bytes,
                            System.nanoTime());
        } else {
            control.get().compare(this, label, exchange, dispatch, bytes, System.nanoTime());
        }
    }

    /** The target has answered, and production's answer is not in the capture. */
    void oneSided(SessionLabel label, Request request, Reply target, long latencyNanos) {
        moved();
        health.answered();
        ledger.oneSided(label, request, target, latencyNanos);
    }

    /** Says what the comparison comes to. */
    void compare(
            SessionLabel label, Exchange exchange, Dispatch dispatch, Optional<Reply> ofControl) {
        Verdict verdict;
        try {
            verdict = Objects.requireNonNull(protocol.compare(exchange, ofControl), "no verdict");
        } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
            pluginFailed(label, e);
            verdict = new Verdict.NotCompared("plugin-failed");
        }
        ledger.verdict(label, exchange, verdict, dispatch.suspect());
        if (ledger.journals().wanted()) {
            ledger.journals().add(label, dispatch.judged(exchange, verdict));
        }
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
        board.broken(failure);
    }

    void ended(CopySession session, SessionEnd end) {
        moved();
        sessions.remove(session);
        board.open(-1);
        if (isControl) {
            control.ifPresent(replies -> replies.ended(session.label().id()));
        }
        ledger.sessionEnded(session.label(), end);
    }

    /** Drives sessions whose wait for another's answer is over. */
    void release() {
        if (board.inBatch() || releasing) {
            return;
        }
        releasing = true;
        try {
            for (Optional<CopySession> next = released(); next.isPresent(); next = released()) {
                next.get().drive();
            }
        } finally {
            releasing = false;
        }
    }

    private Optional<CopySession> released() {
        return order.released().or(() -> commits.flatMap(CausalOrder::released));
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

    /** What happened, once its target is lost. */
    Optional<String> lost() {
        return health.lost();
    }
}
