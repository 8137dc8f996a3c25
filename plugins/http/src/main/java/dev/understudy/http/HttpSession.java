package dev.understudy.http;

import dev.understudy.http.compare.HttpReply.Outcome;
import dev.understudy.http.message.ResponseHead;
import dev.understudy.http.state.AnswerValues;
import dev.understudy.http.state.BornValues;
import dev.understudy.http.state.UserState;
import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.session.InOrder;
import dev.understudy.protocol.session.Unread;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One copied connection: requests pass as they come, answers of both servers are read in the order
 * of their requests, and told in pairs. What cannot be read with certainty ends the copy.
 */
final class HttpSession implements ProtocolSession {
    private static final String RESYNC = "resync";
    private static final long RESYNC_TOKEN = 1;
    private static final Duration RESYNC_WAIT = Duration.ofSeconds(1);
    private static final long LINGER_TOKEN = 2;

    /** The target may go on so long in a tunnel that both sides have left online. */
    private static final Duration MAX_LINGER = Duration.ofSeconds(5);

    private final HttpSettings settings;
    private final boolean requestsOnly;
    private final InOrder<OpenRequest> requests;
    private final TargetLane lane;
    private final Replies replies;
    private final AnswerStream onlineAnswers;
    private final AnswerStream targetAnswers;
    private final UserState state;
    private final AnswerPairs pairs;
    private final RequestIntake intake;
    private final Probing probing;
    private Optional<Resync> resync;

    private boolean clientEnded;
    private boolean serverEnded;
    private boolean onlineTunnel;
    private boolean targetTunnel;
    private boolean halfClosed;
    private boolean lingers;
    private boolean over;

    HttpSession(
            SessionContext context,
            HttpSettings settings,
            BornValues born,
            Replies replies,
            Probing.Pairs probes) {
        this.settings = settings;
        this.requestsOnly = context.requestsOnly();
        this.requests = new InOrder<>(RequestIntake.MAX_OPEN, requestsOnly);
        this.lane = new TargetLane(requests);
        this.replies = replies;
        this.state = new UserState(settings.state(), born);
        this.pairs = new AnswerPairs(state, requestsOnly);
        this.onlineAnswers = answers(Side.ONLINE);
        this.targetAnswers = answers(Side.TARGET);
        this.intake = new RequestIntake(settings, context, requests, lane, state);
        this.probing = new Probing(settings, context.id(), requests, lane, probes);
        this.resync =
                context.joinedMidway()
                        ? Optional.of(new Resync(settings.limits()))
                        : Optional.empty();
    }

    private AnswerStream answers(Side side) {
        return new AnswerStream(
                side,
                requests,
                replies,
                new AnswerValues.Reading(
                        side,
                        settings.state().on(),
                        settings.state().names(),
                        settings.state().ids()),
                settings.limits());
    }

    @Override
    public List<SessionAction> on(SessionEvent event) {
        List<SessionAction> out = new ArrayList<>();
        if (!over) {
            tell(event, out);
        }
        if (!over) {
            intake.proceed(out);
            closeWhenDone(out);
            over |= intake.isLeftOut();
        }
        if (over) {
            Unread.passOver(event);
        }
        return out;
    }

    private void tell(SessionEvent event, List<SessionAction> out) {
        switch (event) {
            case SessionEvent.Captured captured -> captured(captured, out);
            case SessionEvent.CapturedGap gap -> gap(gap, out);
            case SessionEvent.CapturedEnd end -> capturedEnd(end, out);
            case SessionEvent.TargetUp _ -> lane.up();
            case SessionEvent.Target(int _, ByteBuf bytes, long offset, ByteTimes times) ->
                    target(bytes, offset, times, out);
            case SessionEvent.TargetEnd(int _, String reason, long timeNanos) ->
                    targetEnd(reason, timeNanos, out);
            case SessionEvent.Expired(String what, long timeNanos) -> {
                if (!state.on(event, out) && intake.expired(what, out)) {
                    lane.close(out);
                    laneEnded(Outcome.TIMEOUT, false, timeNanos, out);
                }
            }
            case SessionEvent.Known _, SessionEvent.Unknown _ -> state.on(event, out);
            case SessionEvent.Wakeup(long token, long timeNanos) -> {
                if (token == RESYNC_TOKEN) {
                    out.add(new SessionAction.Resume());
                } else if (token == LINGER_TOKEN) {
                    lane.close(out);
                } else if (probing.isOverdue(token)) {
                    lane.close(out);
                    laneEnded(Outcome.TIMEOUT, false, timeNanos, out);
                }
            }
            case SessionEvent.CapturedTlsFailed _ -> {
                // It was not asked for.
            }
        }
    }

    // Production.

    private void captured(SessionEvent.Captured event, List<SessionAction> out) {
        if (resync.isPresent()) {
            resync.get().read(event.direction(), event.bytes());
            if (!resync.get().isProven()) {
                return;
            }
            resync = Optional.empty();
            intake.atBorder();
            if (event.direction() == Direction.FROM_SERVER) {
                // The request that waits unread comes first, and is shown after the next event.
                out.add(new SessionAction.Hold(RESYNC, RESYNC_WAIT));
                out.add(new SessionAction.WakeIn(RESYNC_TOKEN, Duration.ZERO));
                return;
            }
        }
        if (event.direction() == Direction.FROM_CLIENT) {
            intake.read(event.bytes(), event.offset(), event.times(), out);
        } else {
            online(event.bytes(), event.offset(), event.times(), out);
        }
    }

    private void online(ByteBuf in, long offset, ByteTimes times, List<SessionAction> out) {
        int base = in.readerIndex();
        boolean going = true;
        while (going && !over) {
            if (onlineTunnel) {
                in.skipBytes(in.readableBytes());
                return;
            }
            Optional<AnswerStream.Said> said =
                    in.isReadable() || onlineAnswers.within()
                            ? onlineAnswers.next(in, base, offset, times)
                            : Optional.empty();
            going = said.isPresent();
            said.ifPresent(what -> onlineSaid(what, offset, out));
        }
    }

    private void onlineSaid(AnswerStream.Said said, long offset, List<SessionAction> out) {
        switch (said) {
            case AnswerStream.Said.Interim _, AnswerStream.Said.Begun _ -> {}
            case AnswerStream.Said.Answer answer -> onlineAnswer(answer, out);
            case AnswerStream.Said.OutOfStep(ResponseHead head) -> {
                if (head.status() == 408 && !head.persists()) {
                    // A server that grew tired of waiting for a request: nothing follows.
                    onlineTunnel = true;
                    intake.serverDone();
                } else {
                    leaveOut(
                            "out-of-step",
                            "the online server answered %d to no request, near byte %d"
                                    .formatted(head.status(), offset),
                            out);
                }
            }
            case AnswerStream.Said.Malformed(String reason) ->
                    leaveOut(
                            "malformed-answer",
                            "%s in an answer of the online server, near byte %d"
                                    .formatted(reason, offset),
                            out);
        }
    }

    private void onlineAnswer(AnswerStream.Said.Answer answer, List<SessionAction> out) {
        OpenRequest request = answer.request();
        pairs.online(answer, out);
        boolean switched = switches(request, answer.head());
        if (switched) {
            onlineTunnel = true;
        } else if (!answer.head().persists() || answer.how() != Outcome.WHOLE) {
            intake.serverDone();
        }
        if (request.head().maySwitch()) {
            onlineSwitch(request, answer.head(), switched, out);
        } else if (switched) {
            leaveOut(
                    "out-of-step",
                    "the online server changed the protocol, and request %d did not ask for it"
                            .formatted(request.ordinal()),
                    out);
        }
    }

    private static boolean switches(OpenRequest request, ResponseHead head) {
        return head.status() == 101
                || (request.method().equals("CONNECT") && head.status() / 100 == 2);
    }

    private void onlineSwitch(
            OpenRequest request, ResponseHead head, boolean switched, List<SessionAction> out) {
        String protocol = String.join(",", head.fields().members("upgrade"));
        if (switched && head.status() == 101 && !protocol.equals("websocket")) {
            leaveOut(
                    "upgrade",
                    "the connection became '%s', which is not copied"
                            .formatted(protocol.length() > 60 ? "(long)" : protocol),
                    out);
            return;
        }
        if (!switched && targetTunnel) {
            lane.close(out);
            targetTunnel = false;
        }
        intake.answered(request, switched, out);
        if (switched && request.targetAnswered() && !targetTunnel) {
            leaveOutRefused(out);
        }
    }

    private void gap(SessionEvent.CapturedGap gap, List<SessionAction> out) {
        if (resync.isPresent()) {
            resync.get().gap();
            return;
        }
        switch (gap.direction()) {
            case FROM_CLIENT -> intake.gap(gap.offset(), gap.length(), out);
            case FROM_SERVER -> {
                if (!onlineAnswers.skip(gap.length())) {
                    leaveOut(
                            "gap",
                            "%d bytes are missing at byte %d of what the online server sent"
                                    .formatted(gap.length(), gap.offset()),
                            out);
                }
            }
        }
    }

    private void capturedEnd(SessionEvent.CapturedEnd end, List<SessionAction> out) {
        if (resync.isPresent()) {
            resync = Optional.empty();
            leaveOut(
                    "joined-midway",
                    "the connection was open before the capture began, and no request's beginning could be proven",
                    out);
            return;
        }
        switch (end.direction()) {
            case FROM_CLIENT -> {
                clientEnded = true;
                intake.ended().ifPresent(cut -> cutByClient(cut, out));
            }
            case FROM_SERVER -> {
                serverEnded = true;
                intake.serverDone();
                boolean inOrder = end.how() == StreamEnd.FIN;
                Outcome otherwise = inOrder ? Outcome.CUT : Outcome.RESET;
                boolean unknown = end.how() == StreamEnd.CAPTURE_ENDED;
                onlineAnswers
                        .ended(inOrder, otherwise, end.timeNanos())
                        .ifPresent(
                                answer -> {
                                    if (unknown) {
                                        answer.request().unjudged("capture-ended");
                                    }
                                    onlineAnswer(answer, out);
                                });
            }
        }
    }

    /** What the client broke off is broken off on the target too. */
    private void cutByClient(OpenRequest cut, List<SessionAction> out) {
        if (cut.copied() && !cut.onlineAnswered()) {
            pairs.lost(cut, "cut-request", out);
        }
        if (lane.isOpen() && requests.next(Side.TARGET).filter(cut::equals).isPresent()) {
            halfClosed = true;
            out.add(new SessionAction.HalfClose(SessionAction.MAIN_LANE));
        }
    }

    // The target.

    private void target(ByteBuf in, long offset, ByteTimes times, List<SessionAction> out) {
        int base = in.readerIndex();
        boolean going = true;
        while (going && !over) {
            if (targetTunnel || !lane.isOpen()) {
                in.skipBytes(in.readableBytes());
                return;
            }
            long now = times.at(offset);
            Optional<AnswerStream.Said> said =
                    in.isReadable() || targetAnswers.within()
                            ? targetAnswers.next(in, base, offset, times)
                            : Optional.empty();
            going = said.isPresent();
            said.ifPresent(what -> targetSaid(what, now, out));
        }
    }

    private void targetSaid(AnswerStream.Said said, long now, List<SessionAction> out) {
        switch (said) {
            case AnswerStream.Said.Interim(OpenRequest request, ResponseHead _) ->
                    request.spokenTo();
            case AnswerStream.Said.Begun(OpenRequest request, ResponseHead _) -> request.spokenTo();
            case AnswerStream.Said.Answer answer when answer.request().isProbe() ->
                    probed(answer, now, out);
            case AnswerStream.Said.Answer answer -> {
                pairs.target(answer, out);
                lane.answered(answer.head());
                if (requestsOnly && answer.request().head().maySwitch()) {
                    intake.answered(
                            answer.request(), switches(answer.request(), answer.head()), out);
                }
                if (switches(answer.request(), answer.head())) {
                    targetSwitch(answer.request(), now, out);
                } else if (intake.isTunnel()) {
                    leaveOutRefused(out);
                } else if (!closedBehind(now, out) && !requestsOnly) {
                    probing.answered(answer, out);
                }
            }
            case AnswerStream.Said.OutOfStep _ -> {
                // As 408 for a connection on which nothing was asked: it closes now.
                lane.close(out);
                laneEnded(Outcome.MALFORMED, false, now, out);
            }
            case AnswerStream.Said.Malformed _ -> {
                lane.close(out);
                laneEnded(Outcome.MALFORMED, false, now, out);
            }
        }
    }

    /** Whether the target reads nothing behind its last answer, though more was sent. */
    private boolean closedBehind(long now, List<SessionAction> out) {
        boolean closed = lane.readsNoMore() && requests.size(Side.TARGET) > 0;
        if (closed) {
            lane.close(out);
            laneEnded(Outcome.CLOSED_EARLY, true, now, out);
        }
        return closed;
    }

    private void probed(AnswerStream.Said.Answer answer, long now, List<SessionAction> out) {
        if (switches(answer.request(), answer.head())) {
            // Nobody asked for that.
            lane.close(out);
            laneEnded(Outcome.MALFORMED, false, now, out);
            return;
        }
        probing.second(answer);
        lane.answered(answer.head());
        closedBehind(now, out);
    }

    private void targetSwitch(OpenRequest request, long now, List<SessionAction> out) {
        if (!request.head().maySwitch()) {
            // Nobody asked for that.
            lane.close(out);
            laneEnded(Outcome.MALFORMED, false, now, out);
        } else if (request.onlineAnswered() && !intake.isTunnel()) {
            lane.close(out);
        } else {
            targetTunnel = true;
        }
    }

    private void targetEnd(String reason, long timeNanos, List<SessionAction> out) {
        boolean inOrder = reason.equals("closed");
        boolean connected = lane.isUp();
        if (targetTunnel) {
            targetTunnel = false;
            intake.over();
        }
        Outcome how = inOrder ? Outcome.CUT : Outcome.RESET;
        boolean within =
                targetAnswers.within()
                        && requests.next(Side.TARGET).filter(OpenRequest::isProbe).isEmpty();
        targetAnswers.ended(inOrder, how, timeNanos).ifPresent(answer -> pairs.target(answer, out));
        Outcome early = inOrder ? Outcome.CLOSED_EARLY : Outcome.RESET;
        if (connected) {
            laneEnded(early, !within, timeNanos, out);
            return;
        }
        for (OpenRequest left : lane.ended(false, out)) {
            pairs.lost(left, "connect-" + reason, out);
        }
        if (lane.failsAlways()) {
            leaveOut(
                    "connect-" + reason,
                    "%d connections to the target failed in a row"
                            .formatted(TargetLane.MAX_FAILURES),
                    out);
        }
    }

    /** What was sent on the connection and not answered has an end, too. */
    private void laneEnded(Outcome how, boolean unread, long timeNanos, List<SessionAction> out) {
        targetAnswers.anew();
        probing.ended();
        for (OpenRequest left : lane.ended(unread, out)) {
            pairs.unanswered(left, how, timeNanos, out);
        }
    }

    // The end.

    /** The client has gone: with the target's last answer its connection may go, too. */
    private void closeWhenDone(List<SessionAction> out) {
        if (over || !clientEnded || !lane.isOpen()) {
            return;
        }
        if (intake.isTunnel()) {
            if (!halfClosed) {
                halfClosed = true;
                out.add(new SessionAction.HalfClose(SessionAction.MAIN_LANE));
            }
            if (serverEnded && !lingers) {
                // To close with bytes of the target unread would be a reset, and what was sent last
                // might be lost with it.
                lingers = true;
                out.add(new SessionAction.WakeIn(LINGER_TOKEN, MAX_LINGER));
            }
            return;
        }
        if (requests.size(Side.TARGET) == 0 && !intake.isPending() && !state.isAwaiting()) {
            lane.close(out);
        }
    }

    private void leaveOutRefused(List<SessionAction> out) {
        leaveOut(
                "upgrade-refused",
                "production changed the protocol of the connection, and the target did not",
                out);
    }

    private void leaveOut(String reason, String detail, List<SessionAction> out) {
        over = true;
        out.add(new SessionAction.LeaveOut(reason, detail));
    }
}
