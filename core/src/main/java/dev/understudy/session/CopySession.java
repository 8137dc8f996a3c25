package dev.understudy.session;

import dev.understudy.delivery.Clock;
import dev.understudy.flow.FlowEnd;
import dev.understudy.flow.FlowReader;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The copy of one connection. What was captured waits here, in captured order, until it is due;
 * then the protocol's session is shown it and says what to do. Lives on one event loop.
 */
final class CopySession implements FlowReader {
    /** Lanes that one session may ask for. */
    private static final int MAX_LANES = 64;

    /**
     * Times unread bytes are shown again after one event; more is a session that goes in circles.
     */
    private static final int MAX_ROUNDS = 100_000;

    /** Why a request that was under way when the capture stopped has no online answer. */
    static final String CAPTURE_ENDED = "capture-ended";

    private final Copier copier;
    private final SessionContext context;
    private final SessionLabel label;
    private final ProtocolSession session;
    private final CausalOrder.Place place = new CausalOrder.Place(this);
    private final ArrayDeque<CapturedItem> queue = new ArrayDeque<>(4);
    private final Map<Direction, UnreadBytes> captured = new EnumMap<>(Direction.class);
    private final List<Lane> lanes = new ArrayList<>(1);
    private final OpenRequests requests = new OpenRequests();
    private final ArrayDeque<SessionEvent> ownEvents = new ArrayDeque<>(2);

    private Optional<Holding> holding = Optional.empty();
    private Optional<String> targetEnd = Optional.empty();
    private long waitingSince;
    private int endsShown;
    private boolean captureEnded;
    private boolean driving;
    private boolean over;

    /** A hold that lasts. */
    private record Holding(String reason, long sinceNanos, ScheduledFuture<?> expiry) {}

    CopySession(Copier copier, SessionContext context, ProtocolSession session) {
        this.copier = copier;
        this.context = context;
        this.session = session;
        this.label =
                new SessionLabel(
                        context.id(),
                        context.client().getAddress().getHostAddress()
                                + ":"
                                + context.client().getPort());
        for (Direction direction : Direction.values()) {
            captured.put(direction, new UnreadBytes());
        }
    }

    CausalOrder.Place place() {
        return place;
    }

    SessionLabel label() {
        return label;
    }

    // What the flow tells.

    @Override
    public void bytes(
            Direction direction,
            byte[] data,
            int offset,
            int length,
            long streamOffset,
            long timeNanos) {
        if (over) {
            return;
        }
        UnreadBytes stream = captured.get(direction);
        stream.append(data, offset, length, timeNanos);
        copier.queued(1, length);
        queue.add(new CapturedItem.Bytes(direction, length, timeNanos));
        if (stream.size() > copier.limits().bytesPerSession()) {
            leaveOut(
                    "buffer-limit",
                    "more than %d bytes %s are waiting: raise run.bytes-per-session"
                            .formatted(copier.limits().bytesPerSession(), direction));
            return;
        }
        drive();
    }

    @Override
    public void gap(Direction direction, long streamOffset, long length, long timeNanos) {
        if (!over) {
            queue.add(new CapturedItem.Gap(direction, streamOffset, length, timeNanos));
            drive();
        }
    }

    @Override
    public void end(Direction direction, FlowEnd how, long timeNanos) {
        if (!over) {
            queue.add(new CapturedItem.End(direction, streamEnd(how), timeNanos));
            drive();
        }
    }

    private static StreamEnd streamEnd(FlowEnd how) {
        return switch (how) {
            case FIN -> StreamEnd.FIN;
            case RST -> StreamEnd.RESET;
            case IDLE -> StreamEnd.IDLE;
            case REPLACED -> StreamEnd.REPLACED;
            case CAPTURE_ENDED -> StreamEnd.CAPTURE_ENDED;
        };
    }

    // What the lanes tell.

    void laneUp(Lane lane, long timeNanos) {
        happened(new SessionEvent.TargetUp(lane.number(), timeNanos));
    }

    void laneReceived(Lane lane) {
        lane.unread().showAll();
        if (over) {
            return;
        }
        if (lane.unread().size() > copier.limits().bytesPerSession()) {
            leaveOut(
                    "target-buffer-limit",
                    "an answer of the target needs more than %d bytes at once: raise run.bytes-per-session"
                            .formatted(copier.limits().bytesPerSession()));
            return;
        }
        boolean outer = !driving;
        driving = true;
        settle(showLane(lane));
        if (outer) {
            driving = false;
            drive();
        }
    }

    void laneWritable() {
        drive();
    }

    void laneEnded(Lane lane, String reason, long timeNanos) {
        targetEnd = Optional.of(reason);
        if (endsShown == 0 && !over) {
            copier.targetFailed(reason);
        }
        happened(new SessionEvent.TargetEnd(lane.number(), reason, timeNanos));
    }

    /** An event that core itself makes: shown at once, or after the one that is being shown. */
    void happened(SessionEvent event) {
        if (over) {
            return;
        }
        ownEvents.add(event);
        if (!driving) {
            driving = true;
            settle(false);
            driving = false;
            drive();
        }
    }

    /** Shows what is due, until something has to be waited for. */
    void drive() {
        if (driving || over) {
            return;
        }
        driving = true;
        while (!over && holding.isEmpty() && takesMore() && showNext()) {
            copier.moved();
        }
        driving = false;
        lanes.forEach(Lane::flush);
        tellOrder();
        finishIfDone();
        copier.release();
    }

    private boolean takesMore() {
        for (Lane lane : lanes) {
            if (!lane.writable()) {
                return false;
            }
        }
        return true;
    }

    private boolean showNext() {
        CapturedItem item = queue.peek();
        if (item == null) {
            return false;
        }
        if (item instanceof CapturedItem.Bytes
                && item.direction() == Direction.FROM_CLIENT
                && !isDue(item.timeNanos())) {
            return false;
        }
        queue.poll();
        switch (item) {
            case CapturedItem.Bytes(Direction direction, int length, long _) -> {
                copier.queued(-1, -length);
                captured.get(direction).show(length);
                settle(showCaptured(direction));
            }
            case CapturedItem.Gap(Direction direction, long offset, long length, long time) -> {
                act(new SessionEvent.CapturedGap(direction, offset, length, time));
                captured.get(direction).skipTo(offset + length);
                settle(true);
            }
            case CapturedItem.End(Direction direction, StreamEnd how, long time) -> {
                endsShown++;
                captureEnded |= how == StreamEnd.CAPTURE_ENDED;
                act(new SessionEvent.CapturedEnd(direction, how, time));
                settle(true);
                if (endsShown == Direction.values().length && !over) {
                    copier.drain(this);
                }
            }
        }
        return true;
    }

    private boolean isDue(long captureNanos) {
        tellOrder();
        if (copier.order().due(place, captureNanos)) {
            if (waitingSince != 0) {
                copier.ledger().orderWait(System.nanoTime() - waitingSince);
                waitingSince = 0;
            }
            return true;
        }
        if (waitingSince == 0) {
            waitingSince = System.nanoTime();
        }
        copier.order().await(place, captureNanos);
        return false;
    }

    /** From when on this session's own answers are owed: the order across sessions rests on it. */
    private void tellOrder() {
        if (over) {
            return;
        }
        long from = requests.earliestOwed();
        for (CapturedItem item : queue) {
            if (item.direction() == Direction.FROM_SERVER) {
                from = Math.min(from, item.timeNanos());
                break;
            }
        }
        copier.order().blocks(place, from, System.nanoTime());
    }

    /** Shows unread bytes and own events again, as long as that leads anywhere. */
    private void settle(boolean progressed) {
        boolean progress = progressed;
        int rounds = 0;
        while (!over && (progress || !ownEvents.isEmpty())) {
            if (++rounds > MAX_ROUNDS) {
                leaveOut("plugin-failed", "the protocol session goes round in circles");
                return;
            }
            progress = false;
            while (!ownEvents.isEmpty() && !over) {
                act(ownEvents.poll());
                progress = true;
            }
            for (Direction direction : Direction.values()) {
                progress |= showCaptured(direction);
            }
            for (int i = 0; i < lanes.size(); i++) {
                progress |= showLane(lanes.get(i));
            }
        }
    }

    /** Whether the session read on, or has lifted a hold. */
    private boolean showCaptured(Direction direction) {
        UnreadBytes stream = captured.get(direction);
        if (over || holding.isPresent() || stream.shownBytes() == 0) {
            return false;
        }
        ByteBuf view = stream.view();
        act(new SessionEvent.Captured(direction, view, stream.offset(), stream));
        return !over && stream.read(view) > 0;
    }

    private boolean showLane(Lane lane) {
        UnreadBytes stream = lane.unread();
        if (over || stream.shownBytes() == 0) {
            return false;
        }
        boolean wasHeld = holding.isPresent();
        ByteBuf view = stream.view();
        act(new SessionEvent.Target(lane.number(), view, stream.offset(), stream));
        return !over && (stream.read(view) > 0 || (wasHeld && holding.isEmpty()));
    }

    private void act(SessionEvent event) {
        try {
            for (SessionAction action : session.on(event)) {
                if (over) {
                    return;
                }
                perform(action);
            }
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            // A plugin's fault costs its own session, never the run.
            copier.pluginFailed(label, e);
            leaveOut("plugin-failed", e.toString());
        }
    }

    private void perform(SessionAction action) {
        switch (action) {
            case SessionAction.Connect(int lane, var peer, boolean tls) ->
                    connect(lane, peer.orElse(copier.target()), tls);
            case SessionAction.Send(int lane, ByteBuf bytes, long ordinal) ->
                    send(lane, bytes, ordinal);
            case SessionAction.StartTls(int lane) -> lane(lane).ifPresent(Lane::startTls);
            case SessionAction.HalfClose(int lane) -> lane(lane).ifPresent(Lane::halfClose);
            case SessionAction.Close(int lane) -> lane(lane).ifPresent(Lane::close);
            case SessionAction.CapturedTls(Direction direction, long _) ->
                    ownEvents.add(new SessionEvent.CapturedTlsFailed(direction, "no-keys"));
            case SessionAction.Hold(String reason, var max) -> hold(reason, max.toNanos());
            case SessionAction.Resume() -> resume();
            case SessionAction.Publish(String key, ByteBuf value) ->
                    copier.published().publish(key, value);
            case SessionAction.Await(String key, var max) ->
                    copier.published().await(key, this, max.toNanos());
            case SessionAction.WakeIn(long token, var delay) ->
                    copier.later(
                            delay.toNanos(),
                            () -> happened(new SessionEvent.Wakeup(token, Clock.epochNanos())));
            case SessionAction.Asked(var request) -> {
                copier.ledger().asked(request);
                requests.add(request);
            }
            case SessionAction.Answered(long ordinal, Side side, Reply reply, long timeNanos) ->
                    answered(find(ordinal, action), side, reply, timeNanos);
            case SessionAction.Skipped(long ordinal, String rule) -> {
                OpenRequests.Open skipped = find(ordinal, action);
                requests.remove(skipped);
                copier.ledger().skipped(label, skipped.request(), rule);
            }
            case SessionAction.Lost(long ordinal, String reason) -> {
                OpenRequests.Open lost = find(ordinal, action);
                requests.remove(lost);
                copier.ledger().lost(label, lost.request(), reason);
            }
            case SessionAction.Injected(String operation) -> copier.ledger().injected(operation);
            case SessionAction.LeaveOut(String reason, String detail) -> leaveOut(reason, detail);
        }
    }

    private void connect(int number, InetSocketAddress peer, boolean tls) {
        if (lane(number).isPresent() || lanes.size() >= MAX_LANES || copier.isOnline(peer)) {
            throw new IllegalStateException(
                    "lane "
                            + number
                            + " to "
                            + peer
                            + " cannot be opened: it is open, one of more"
                            + " than "
                            + MAX_LANES
                            + ", or leads to the online server");
        }
        lanes.removeIf(old -> old.number() == number);
        Lane lane = new Lane(number, this);
        lanes.add(lane);
        lane.connection(copier.connect(peer, tls, lane));
    }

    private Optional<Lane> lane(int number) {
        for (Lane lane : lanes) {
            if (lane.number() == number && lane.open()) {
                return Optional.of(lane);
            }
        }
        return Optional.empty();
    }

    private void send(int number, ByteBuf bytes, long ordinal) {
        lane(number).ifPresent(lane -> lane.send(bytes));
        if (ordinal == SessionAction.NO_ORDINAL) {
            return;
        }
        long now = Clock.epochNanos();
        requests.find(ordinal)
                .filter(open -> !open.sent())
                .ifPresent(
                        open -> {
                            open.sent(now);
                            copier.ledger().lag(now - open.request().capturedNanos());
                            if (!open.request().answerDue()) {
                                requests.remove(open);
                                copier.ledger().noAnswerDue(open.request());
                            }
                        });
    }

    private OpenRequests.Open find(long ordinal, SessionAction action) {
        return requests.find(ordinal)
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "the protocol speaks of request "
                                                + ordinal
                                                + ", which is not open: "
                                                + action.getClass().getSimpleName()));
    }

    private void answered(OpenRequests.Open open, Side side, Reply reply, long timeNanos) {
        switch (side) {
            case ONLINE -> open.online(reply, timeNanos);
            case TARGET -> {
                open.target(reply, timeNanos);
                open.sent(timeNanos);
            }
        }
        if (open.online().isPresent() && open.target().isPresent()) {
            requests.remove(open);
            copier.judge(label, open);
        }
    }

    private void hold(String reason, long maxNanos) {
        endHold();
        long bounded = Math.min(maxNanos, copier.limits().holdMax().toNanos());
        holding =
                Optional.of(
                        new Holding(
                                reason,
                                System.nanoTime(),
                                copier.loop()
                                        .schedule(
                                                () -> holdExpired(reason),
                                                bounded,
                                                TimeUnit.NANOSECONDS)));
    }

    private void holdExpired(String reason) {
        if (!over) {
            endHold();
            happened(new SessionEvent.Expired(reason, Clock.epochNanos()));
        }
    }

    private void resume() {
        endHold();
    }

    private void endHold() {
        holding.ifPresent(
                held -> {
                    held.expiry().cancel(false);
                    copier.ledger().hold(held.reason(), System.nanoTime() - held.sinceNanos());
                });
        holding = Optional.empty();
    }

    // The end.

    private void finishIfDone() {
        if (!over
                && endsShown == Direction.values().length
                && queue.isEmpty()
                && lanes.stream().noneMatch(Lane::open)) {
            finish();
        }
    }

    /** Ends the session whatever it still waits for: the time for that is over. */
    void finish() {
        if (over) {
            return;
        }
        String missing = targetEnd.orElse("timeout");
        for (OpenRequests.Open open : requests) {
            if (!open.sent()) {
                copier.ledger().lost(label, open.request(), "not-sent");
            } else {
                copier.ledger().unanswered(label, open.request(), unansweredBy(open, missing));
            }
        }
        close(context.joinedMidway() ? new SessionEnd.JoinedLate() : new SessionEnd.Complete());
    }

    private String unansweredBy(OpenRequests.Open open, String missing) {
        if (open.online().isPresent()) {
            return "target-" + missing;
        }
        if (captureEnded) {
            return CAPTURE_ENDED;
        }
        return open.target().isPresent() ? "online" : "neither";
    }

    void leaveOut(String reason, String detail) {
        if (over) {
            return;
        }
        for (OpenRequests.Open open : requests) {
            copier.ledger().lost(label, open.request(), "session-left-out");
        }
        close(new SessionEnd.LeftOut(reason, detail));
    }

    private void close(SessionEnd end) {
        over = true;
        endHold();
        copier.order().leave(place);
        lanes.forEach(Lane::close);
        for (CapturedItem item : queue) {
            if (item instanceof CapturedItem.Bytes bytes) {
                copier.queued(-1, -bytes.length());
            }
        }
        queue.clear();
        ownEvents.clear();
        captured.clear();
        copier.ended(this, end);
    }
}
