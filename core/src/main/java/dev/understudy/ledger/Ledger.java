package dev.understudy.ledger;

import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.Verdict;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The books of one target: a column of the run. Every method may be called by any thread and none
 * blocks; each session and request is to be ended by exactly one call.
 */
public final class Ledger {
    /** Why answers are not compared of which the capture holds only the requests. */
    public static final String ONE_SIDED = "one-sided";

    private final PacketLedger packets;

    private final LongAdder sessionsCaptured = new LongAdder();
    private final LongAdder sessionsComplete = new LongAdder();
    private final LongAdder sessionsJoinedLate = new LongAdder();
    private final ReasonCounts sessionsLeftOut = new ReasonCounts();
    private final ReasonCounts sessionsNotSampled = new ReasonCounts();
    private final LeftOutSamples leftOutSamples = new LeftOutSamples();

    private final LongAdder requestsCaptured = new LongAdder();
    private final LongAdder requestsAnswered = new LongAdder();
    private final LongAdder requestsSame = new LongAdder();
    private final ReasonCounts requestsDifferent = new ReasonCounts();
    private final ReasonCounts requestsNotCompared = new ReasonCounts();
    private final LongAdder requestsNoAnswerDue = new LongAdder();
    private final ReasonCounts requestsUnanswered = new ReasonCounts();
    private final ReasonCounts requestsSkipped = new ReasonCounts();
    private final ReasonCounts requestsLost = new ReasonCounts();
    private final ReasonCounts requestsInjected = new ReasonCounts();

    private final ReasonCounts holds = new ReasonCounts();
    private final ReasonCounts holdNanos = new ReasonCounts();
    private final LongAdder orderWaits = new LongAdder();
    private final LongAdder orderWaitNanos = new LongAdder();
    private final LongAdder orderSuspect = new LongAdder();
    private final LongAdder suspectAnswers = new LongAdder();
    private final LongAdder suspectDifferences = new LongAdder();
    private final LongAdder commitWaits = new LongAdder();
    private final LongAdder commitWaitNanos = new LongAdder();
    private final LongAdder commitSuspects = new LongAdder();

    private final LongAdder withControl = new LongAdder();
    private final ReasonCounts withoutControl = new ReasonCounts();

    private final TimeHistogram onlineLatency = new TimeHistogram();
    private final TimeHistogram targetLatency = new TimeHistogram();
    private final TimeHistogram lag = new TimeHistogram();
    private volatile long lastLagNanos;

    private final Scoreboard scoreboard = new Scoreboard();
    private final Journals journals = new Journals();

    /** Books of a run with one target. */
    public Ledger() {
        this(new PacketLedger());
    }

    /** Books of one of a run's targets, which have their packets in common. */
    public Ledger(PacketLedger packets) {
        this.packets = packets;
    }

    /** The books of the run's packets. */
    public PacketLedger packets() {
        return packets;
    }

    /** A session was seen; {@link #sessionEnded} is due for it. */
    public void sessionCaptured() {
        sessionsCaptured.increment();
    }

    /** A session was seen that the run is not to copy; nothing more is due for it. */
    public void sessionNotSampled(String reason) {
        sessionsCaptured.increment();
        sessionsNotSampled.increment(reason);
    }

    /** The one end of a session. */
    public void sessionEnded(SessionLabel session, SessionEnd end) {
        journals.ended(session, end);
        switch (end) {
            case SessionEnd.Complete() -> sessionsComplete.increment();
            case SessionEnd.JoinedLate() -> sessionsJoinedLate.increment();
            case SessionEnd.PassedOver(String rule) -> sessionsNotSampled.increment(rule);
            case SessionEnd.LeftOut(String reason, String detail) -> {
                sessionsLeftOut.increment(reason);
                leftOutSamples.offer(reason, session, detail);
            }
        }
    }

    /** A request was captured; one of the five calls that follow is due for it. */
    public void asked(Request request) {
        requestsCaptured.increment();
    }

    /** Both sides answered in their order, and this is what the comparison came to. */
    public void verdict(SessionLabel session, Exchange exchange, Verdict verdict) {
        verdict(session, exchange, verdict, false);
    }

    /**
     * Both sides answered, and this is what the comparison came to.
     *
     * @param suspect whether the target was asked before an earlier answer it may depend on
     */
    public void verdict(SessionLabel session, Exchange exchange, Verdict verdict, boolean suspect) {
        requestsAnswered.increment();
        if (suspect) {
            suspectAnswers.increment();
        }
        onlineLatency.recordNanos(exchange.onlineLatencyNanos());
        targetLatency.recordNanos(exchange.targetLatencyNanos());
        Request request = exchange.request();
        switch (verdict) {
            case Verdict.Same() -> {
                requestsSame.increment();
                scoreboard.same(exchange);
            }
            case Verdict.Different(String kind, String online, String target) -> {
                requestsDifferent.increment(kind);
                if (suspect) {
                    suspectDifferences.increment();
                }
                scoreboard.compared(
                        exchange,
                        new Sample(
                                RequestEnd.DIFFERENT,
                                ReasonCounts.bounded(kind),
                                session,
                                request.ordinal(),
                                request.capturedNanos(),
                                request.text(),
                                online,
                                target,
                                suspect));
            }
            case Verdict.NotCompared(String reason) -> {
                requestsNotCompared.increment(reason);
                scoreboard.compared(
                        exchange,
                        sample(RequestEnd.NOT_COMPARED, reason, session, request, "", ""));
            }
        }
    }

    /** The target answered, and production's answer was not captured: {@value #ONE_SIDED}. */
    public void oneSided(SessionLabel session, Request request, Reply target, long latencyNanos) {
        requestsAnswered.increment();
        targetLatency.recordNanos(latencyNanos);
        requestsNotCompared.increment(ONE_SIDED);
        scoreboard.oneSided(
                latencyNanos,
                request,
                sample(
                        RequestEnd.NOT_COMPARED,
                        ONE_SIDED,
                        session,
                        request,
                        "",
                        target.describe()));
    }

    /** The request was sent, and the protocol has no answer to its kind. */
    public void noAnswerDue(Request request) {
        requestsNoAnswerDue.increment();
        scoreboard.noAnswerDue(request);
    }

    /** The request was sent, and at least one side owes an answer that will not come. */
    public void unanswered(SessionLabel session, Request request, String reason) {
        requestsUnanswered.increment(reason);
        scoreboard.ended(request, sample(RequestEnd.UNANSWERED, reason, session, request, "", ""));
    }

    /** The request was not sent, by a rule. */
    public void skipped(SessionLabel session, Request request, String rule) {
        requestsSkipped.increment(rule);
        scoreboard.ended(request, sample(RequestEnd.SKIPPED, rule, session, request, "", ""));
    }

    /** The request could not be sent, or its answers could not be read. */
    public void lost(SessionLabel session, Request request, String reason) {
        requestsLost.increment(reason);
        scoreboard.ended(request, sample(RequestEnd.LOST, reason, session, request, "", ""));
    }

    /** A request that the plugin made itself was sent. */
    public void injected(String operation) {
        requestsInjected.increment(operation);
    }

    /** A hold of a session has ended after {@code nanos}. */
    public void hold(String reason, long nanos) {
        holds.increment(reason);
        holdNanos.add(reason, Math.max(0, nanos));
    }

    /** A request waited {@code nanos} for an earlier answer of another session. */
    public void orderWait(long nanos) {
        orderWaits.increment();
        orderWaitNanos.add(Math.max(0, nanos));
    }

    /** Such a wait ran out: the request was sent although an earlier answer is still missing. */
    public void orderSuspect() {
        orderSuspect.increment();
    }

    /** A request that locks waited {@code nanos} for an earlier commit of another session. */
    public void commitWait(long nanos) {
        commitWaits.increment();
        commitWaitNanos.add(Math.max(0, nanos));
    }

    /** So many earlier commits were waited for no longer: requests that lock may come too early. */
    public void commitSuspects(int count) {
        commitSuspects.add(count);
    }

    /** Answers were compared with the control's at hand. */
    public void withControl() {
        withControl.increment();
    }

    /** The run has a control, and these answers were compared without its own. */
    public void withoutControl(String reason) {
        withoutControl.increment(reason);
    }

    /** A captured request was acted upon this long after it was due. */
    public void lag(long nanos) {
        lag.recordNanos(nanos);
        lastLagNanos = nanos;
    }

    /** The lag told last, in nanoseconds; 0 before the first. */
    public long lastLagNanos() {
        return lastLagNanos;
    }

    /** What each session went through. */
    public Journals journals() {
        return journals;
    }

    /** How requests ended by operation and fingerprint. */
    public Scoreboard scoreboard() {
        return scoreboard;
    }

    /** All counts at about this moment. */
    public Counts counts() {
        return new Counts(
                packets.counts(),
                new Counts.Sessions(
                        sessionsCaptured.sum(),
                        sessionsComplete.sum(),
                        sessionsJoinedLate.sum(),
                        sessionsLeftOut.snapshot(),
                        leftOutSamples.snapshot(),
                        sessionsNotSampled.snapshot()),
                new Counts.Requests(
                        requestsCaptured.sum(),
                        requestsAnswered.sum(),
                        requestsSame.sum(),
                        requestsDifferent.snapshot(),
                        requestsNotCompared.snapshot(),
                        requestsNoAnswerDue.sum(),
                        requestsUnanswered.snapshot(),
                        requestsSkipped.snapshot(),
                        requestsLost.snapshot(),
                        requestsInjected.snapshot()),
                holdCounts(),
                new Counts.Order(
                        orderWaits.sum(),
                        orderWaitNanos.sum(),
                        orderSuspect.sum(),
                        suspectAnswers.sum(),
                        suspectDifferences.sum(),
                        commitWaits.sum(),
                        commitWaitNanos.sum(),
                        commitSuspects.sum()),
                onlineLatency.percentiles(),
                targetLatency.percentiles(),
                lag.percentiles(),
                new Counts.Control(withControl.sum(), withoutControl.snapshot()));
    }

    /**
     * Checks the sums and names the first that is off. To be asked once the loops have come to rest
     * and every session and request has been ended; before that, open ones look like an imbalance.
     */
    public Optional<String> imbalance() {
        Counts counts = counts();
        return counts.imbalance().or(() -> groupImbalance(counts.requests()));
    }

    private Optional<String> groupImbalance(Counts.Requests requests) {
        long grouped = scoreboard.groups().stream().mapToLong(Group::count).sum();
        return grouped == requests.ended()
                ? Optional.empty()
                : Optional.of(
                        "groups: %d requests in all groups, %d have ended"
                                .formatted(grouped, requests.ended()));
    }

    private SortedMap<String, Counts.Hold> holdCounts() {
        SortedMap<String, Counts.Hold> copy = new TreeMap<>();
        SortedMap<String, Long> nanos = holdNanos.snapshot();
        holds.snapshot()
                .forEach(
                        (reason, count) ->
                                copy.put(
                                        reason,
                                        new Counts.Hold(count, nanos.getOrDefault(reason, 0L))));
        return Collections.unmodifiableSortedMap(copy);
    }

    private static Sample sample(
            RequestEnd end,
            String reason,
            SessionLabel session,
            Request request,
            String online,
            String target) {
        return new Sample(
                end,
                ReasonCounts.bounded(reason),
                session,
                request.ordinal(),
                request.capturedNanos(),
                request.text(),
                online,
                target,
                false);
    }
}
