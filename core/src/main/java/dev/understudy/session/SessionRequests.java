package dev.understudy.session;

import dev.understudy.delivery.Clock;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.RequestEnd;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.ledger.Step;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The requests of one session from their capture to their end, which each comes to once: joined
 * with both answers and judged, or told to the ledger with the reason why not.
 */
final class SessionRequests {
    /** Requests of one session that may be under way; a protocol that asks for more is at fault. */
    private static final int MAX_OPEN = 65_536;

    /** Why a request that was under way when the capture stopped has no online answer. */
    static final String CAPTURE_ENDED = "capture-ended";

    /** One request, and how far it has come. Times are nanoseconds since the epoch, 0 before. */
    private static final class Open {
        private static final int NOT_EARLY = -1;
        private final Request request;

        /** From when on, in capture time, its commit is to be waited for. */
        private long commitNanos = CausalOrder.NEVER;

        private long sentNanos;
        private long shownNanos;
        private long lagNanos = Dispatch.NO_LAG;
        private boolean suspect;
        private int early = NOT_EARLY;
        private long onlineNanos;
        private long targetNanos;
        private long bytes;
        private long receivedBefore;
        private Optional<Reply> online = Optional.empty();
        private Optional<Reply> target = Optional.empty();

        private Open(Request request) {
            this.request = request;
        }

        /** It was given to a lane, whose socket takes it now or once the lane is up. */
        private void sentOn(int lane, boolean up, long nanos) {
            sentNanos = nanos;
            early = up ? NOT_EARLY : lane;
        }

        private boolean sent() {
            return sentNanos != 0;
        }

        private Dispatch dispatch() {
            return new Dispatch(shownNanos, lagNanos, suspect);
        }

        private Exchange exchange() {
            return new Exchange(
                    request,
                    online.orElseThrow(),
                    target.orElseThrow(),
                    sentNanos,
                    onlineNanos,
                    targetNanos);
        }
    }

    private final Copier copier;
    private final SessionLabel label;
    private final boolean requestsOnly;
    private final Turn turn;
    private final Scribe scribe;
    private final ArrayDeque<Open> open = new ArrayDeque<>(4);
    private long lastOnlineNanos;
    private final Map<Side, Long> received = new EnumMap<>(Side.class);

    /**
     * @param requestsOnly whether the online side is never heard
     * @param turn by which requests were shown
     */
    SessionRequests(
            Copier copier, SessionLabel label, boolean requestsOnly, Turn turn, Scribe scribe) {
        this.copier = copier;
        this.label = label;
        this.requestsOnly = requestsOnly;
        this.turn = turn;
        this.scribe = scribe;
    }

    void asked(Request request) {
        if (open.size() >= MAX_OPEN) {
            throw new IllegalStateException("more than " + MAX_OPEN + " requests are open");
        }
        Open asked = new Open(request);
        asked.suspect = turn.suspect();
        if (scribe.writes()) {
            asked.shownNanos = Clock.epochNanos();
        }
        if (request.commits() && !request.locks()) {
            // Of pipelined requests production begins one when it has answered the last.
            asked.commitNanos = Math.max(request.capturedNanos(), lastOnlineNanos);
        }
        open.add(asked);
        copier.ledger().asked(request);
    }

    /**
     * Bytes of a request were given to a lane; only the first time counts.
     *
     * @param receivedBytes that came of the target until now
     */
    void sent(long ordinal, Lane lane, long receivedBytes) {
        Optional<Open> found = find(ordinal);
        if (found.isEmpty() || found.get().sent()) {
            return;
        }
        Open sent = found.get();
        long now = Clock.epochNanos();
        sent.sentOn(lane.number(), lane.up(), now);
        sent.receivedBefore = receivedBytes;
        sent.lagNanos = copier.lag(sent.request.capturedNanos(), now).orElse(Dispatch.NO_LAG);
        if (!sent.request.answerDue()) {
            open.remove(sent);
            copier.ledger().noAnswerDue(sent.request);
            ended(sent, RequestEnd.NO_ANSWER_DUE, "");
        }
    }

    /** A request that is sent now was not to be sent yet, and was waited for no longer. */
    void suspect(long ordinal) {
        find(ordinal).ifPresent(early -> early.suspect = true);
    }

    /** What was given to a lane before it was up has been sent now. */
    void laneUp(int lane, long nanos) {
        for (Open candidate : open) {
            if (candidate.early == lane) {
                candidate.sentOn(lane, true, nanos);
            }
        }
    }

    /**
     * One side has answered.
     *
     * @param receivedBytes that came of this side until now: what it answers with is among them
     */
    void answered(SessionAction.Answered answer, long receivedBytes) {
        Open answered = found(answer.ordinal(), "answered");
        if (requestsOnly && answer.side() == Side.ONLINE) {
            throw new IllegalStateException(
                    "the protocol tells an online answer of a capture without answers");
        }
        long before = Optional.ofNullable(received.put(answer.side(), receivedBytes)).orElse(0L);
        answered.bytes += Math.clamp(receivedBytes - before, 0, copier.replyKeepBytes());
        if (answer.side() == Side.ONLINE) {
            answered.online = Optional.of(answer.reply());
            answered.onlineNanos = answer.timeNanos();
            lastOnlineNanos = answer.timeNanos();
            if (answered.request.commits() && answered.request.locks()) {
                // When within its time it gave up its locks nobody saw.
                answered.commitNanos = answer.timeNanos();
            }
        } else {
            answered.target = Optional.of(answer.reply());
            answered.targetNanos = answer.timeNanos();
            if (!answered.sent()) {
                answered.sentNanos = answer.timeNanos();
            }
        }
        if (requestsOnly) {
            open.remove(answered);
            ended(answered, RequestEnd.NOT_COMPARED, Ledger.ONE_SIDED);
            copier.oneSided(
                    label,
                    answered.request,
                    answer.reply(),
                    answered.targetNanos - answered.sentNanos);
        } else if (answered.online.isPresent() && answered.target.isPresent()) {
            open.remove(answered);
            copier.judge(label, answered.exchange(), answered.dispatch(), answered.bytes);
        }
    }

    void skipped(long ordinal, String rule) {
        Open skipped = found(ordinal, "skipped");
        open.remove(skipped);
        copier.ledger().skipped(label, skipped.request, rule);
        ended(skipped, RequestEnd.SKIPPED, rule);
    }

    void lost(long ordinal, String reason) {
        Open lost = found(ordinal, "lost");
        open.remove(lost);
        lost(lost, reason);
    }

    private void lost(Open lost, String reason) {
        copier.ledger().lost(label, lost.request, reason);
        ended(lost, RequestEnd.LOST, reason);
    }

    private void unanswered(Open asked, String reason) {
        copier.ledger().unanswered(label, asked.request, reason);
        ended(asked, RequestEnd.UNANSWERED, reason);
    }

    private void ended(Open asked, RequestEnd end, String reason) {
        if (scribe.writes()) {
            scribe.ended(
                    new Step.Asked(
                            asked.shownNanos,
                            asked.request,
                            asked.sentNanos,
                            asked.lagNanos,
                            asked.onlineNanos,
                            asked.targetNanos,
                            asked.suspect,
                            end,
                            reason,
                            "",
                            ""));
        }
    }

    /**
     * The capture shows no answers, but this: what was asked until now had been answered when this
     * was captured, in part at least.
     */
    void heard(long timeNanos) {
        for (Open candidate : open) {
            if (candidate.onlineNanos == 0) {
                candidate.onlineNanos = timeNanos;
            }
        }
    }

    /**
     * Capture time of the earliest online answer that the target has not given, or NEVER.
     *
     * @param receivedBytes that came of the target until now
     */
    long earliestOwed(long receivedBytes) {
        long earliest = CausalOrder.NEVER;
        if (requestsOnly) {
            // What the client has read may be no more than the beginning, as of an answer that
            // asks for more of the request.
            Open first = open.peek();
            boolean begun =
                    open.size() == 1
                            && first.sent()
                            && receivedBytes
                                    > Math.max(
                                            first.receivedBefore,
                                            received.getOrDefault(Side.TARGET, 0L));
            return first == null || begun || first.onlineNanos == 0
                    ? CausalOrder.NEVER
                    : first.onlineNanos;
        }
        for (Open candidate : open) {
            if (candidate.online.isPresent() && candidate.target.isEmpty()) {
                earliest = Math.min(earliest, candidate.onlineNanos);
            }
        }
        return earliest;
    }

    /** Capture time from which on a commit is owed by the target, or NEVER. */
    long earliestCommit() {
        long earliest = CausalOrder.NEVER;
        for (Open candidate : open) {
            if (candidate.target.isEmpty()) {
                earliest = Math.min(earliest, candidate.commitNanos);
            }
        }
        return earliest;
    }

    /** The session is not to be copied: what it has asked is skipped, by the same rule. */
    void passOver(String rule) {
        for (Open left : open) {
            copier.ledger().skipped(label, left.request, rule);
            ended(left, RequestEnd.SKIPPED, rule);
        }
        open.clear();
    }

    /** Whether none is under way. */
    boolean isEmpty() {
        return open.isEmpty();
    }

    /**
     * When the online server had answered a request that locks and was not sent yet: what was
     * committed before that comes first. Empty where nothing has to.
     */
    OptionalLong lockedAt(long ordinal) {
        Optional<Open> found = find(ordinal);
        return found.isPresent()
                        && found.get().request.locks()
                        && found.get().online.isPresent()
                        && !found.get().sent()
                ? OptionalLong.of(found.get().onlineNanos)
                : OptionalLong.empty();
    }

    /**
     * The session has ended in order: what is still open will not be answered.
     *
     * @param targetEnd how the target's connection ended
     * @param captureEnded whether production might have answered after the capture
     */
    void finish(String targetEnd, boolean captureEnded) {
        for (Open left : open) {
            if (!left.sent()) {
                lost(left, "not-sent");
            } else if (requestsOnly || left.online.isPresent()) {
                unanswered(left, "target-" + targetEnd);
            } else if (captureEnded) {
                unanswered(left, CAPTURE_ENDED);
            } else {
                String reason = left.target.isPresent() ? "online" : "neither";
                unanswered(left, reason);
            }
        }
        open.clear();
    }

    /** The session is left out, and with it what is still open. */
    void leaveOut() {
        for (Open left : open) {
            lost(left, "session-left-out");
        }
        open.clear();
    }

    private Optional<Open> find(long ordinal) {
        for (Open candidate : open) {
            if (candidate.request.ordinal() == ordinal) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private Open found(long ordinal, String said) {
        return find(ordinal)
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "the protocol speaks of request "
                                                + ordinal
                                                + ", which is not open, as "
                                                + said));
    }
}
