package dev.understudy.session;

import dev.understudy.delivery.Clock;
import dev.understudy.delivery.Origin;
import dev.understudy.flow.FlowEnd;
import dev.understudy.flow.FlowReader;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The copy of one connection. What was captured waits here, in captured order, until it is due;
 * then the protocol's session is shown it and says what to do. Lives on one event loop.
 */
final class CopySession implements FlowReader {
    /** Lanes that one session may ask for. */
    private static final int MAX_LANES = 64;

    /** Rounds without a byte read after one event; more is a session that goes in circles. */
    private static final int MAX_ROUNDS = 10_000;

    /** {@link Direction#values} makes a new array for each call. */
    private static final Direction[] DIRECTIONS = Direction.values();

    private static final SessionTimers.Purpose HOLD = new SessionTimers.Purpose.Hold();
    private static final SessionTimers.Purpose DRAIN = new SessionTimers.Purpose.Drain();
    private static final SessionTimers.Purpose STALL = new SessionTimers.Purpose.Stall();
    private static final SessionTimers.Purpose KEYS = new SessionTimers.Purpose.Keys();

    /** The reason of the hold while secrets of captured TLS are awaited. */
    private static final String KEYS_HOLD = "tls-keys";

    private final Copier copier;
    private final SessionContext context;
    private final SessionLabel label;
    private final ProtocolSession session;
    private final SessionTimers timers;
    private final CausalOrder.Place place = new CausalOrder.Place(this);
    private final CapturedQueue queue = new CapturedQueue();
    private final PlainStreams reading;
    private final Set<Direction> ended = EnumSet.noneOf(Direction.class);
    private final List<Lane> lanes = new ArrayList<>(1);
    private final SessionRequests requests;
    private final ArrayDeque<SessionEvent> ownEvents = new ArrayDeque<>(2);

    private Optional<Holding> holding = Optional.empty();
    private Optional<String> targetEnd = Optional.empty();
    private long waitingSince;
    private long bytesRead;
    private int bytesTold;
    private long keysAwaitedSince;
    private boolean captureEnded;
    private boolean driving;
    private boolean again;
    private boolean over;

    /** A hold that lasts. */
    private record Holding(String reason, long sinceNanos) {}

    CopySession(Copier copier, SessionContext context, ProtocolSession session) {
        this.copier = copier;
        this.context = context;
        this.session = session;
        this.label = labelOf(context);
        this.requests = new SessionRequests(copier, label);
        this.timers = new SessionTimers(copier.loop());
        this.reading = new PlainStreams(copier.tls(), queue, !context.joinedMidway());
    }

    /** How the report names a session. */
    static SessionLabel labelOf(SessionContext context) {
        InetSocketAddress client = context.client();
        String copy = context.copies() == 1 ? "" : ", copy " + (context.copyNumber() + 1);
        return new SessionLabel(
                context.id(), client.getAddress().getHostAddress() + ":" + client.getPort() + copy);
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
        queue.stream(direction).append(data, offset, length, timeNanos);
        copier.queued(1, length);
        queue.add(new CapturedItem.Bytes(direction, length, queue.dueNanos(timeNanos)));
        if (tellBytes() > copier.limits().bytesPerSession()) {
            leaveOut(
                    "buffer-limit",
                    "more than %d bytes are waiting, the last ones %s: raise run.bytes-per-session"
                            .formatted(copier.limits().bytesPerSession(), direction));
            return;
        }
        drive();
    }

    @Override
    public void gap(Direction direction, long streamOffset, long length, long timeNanos) {
        if (!over) {
            queue.add(
                    new CapturedItem.Gap(
                            direction, streamOffset, length, queue.dueNanos(timeNanos)));
            drive();
        }
    }

    @Override
    public void end(Direction direction, FlowEnd how, long timeNanos) {
        if (!over) {
            queue.add(new CapturedItem.End(direction, streamEnd(how), queue.dueNanos(timeNanos)));
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
        requests.laneUp(lane.number(), timeNanos);
        happened(new SessionEvent.TargetUp(lane.number(), timeNanos));
    }

    void laneReceived(Lane lane) {
        if (over) {
            return;
        }
        if (tellBytes() > copier.limits().bytesPerSession()) {
            leaveOut(
                    "target-buffer-limit",
                    "an answer of the target needs more than %d bytes at once: raise run.bytes-per-session"
                            .formatted(copier.limits().bytesPerSession()));
            return;
        }
        if (driving) {
            again = true;
            return;
        }
        guarded(() -> settle(showLane(lane)));
        drive();
    }

    void laneWritable() {
        again = true;
        drive();
    }

    void laneEnded(Lane lane, String reason, long timeNanos) {
        targetEnd = Optional.of(reason);
        // A target that is done before production is shows no fault by closing.
        boolean brokenOff = !reason.equals("closed") || !lane.answered();
        if (!lane.up() || (brokenOff && ended.isEmpty())) {
            copier.targetFailed(reason);
        }
        happened(new SessionEvent.TargetEnd(lane.number(), reason, timeNanos));
    }

    /** A value that this session awaits; shown later, since another session is being shown now. */
    void known(String key, byte[] value) {
        timers.cancel(new SessionTimers.Purpose.Await(key));
        ownEvents.add(new SessionEvent.Known(key, Unpooled.wrappedBuffer(value)));
        copier.loop().execute(this::drive);
    }

    /** Nobody will give the value that this session awaits. */
    void unknown(String key) {
        timers.cancel(new SessionTimers.Purpose.Await(key));
        ownEvents.add(new SessionEvent.Unknown(key));
        copier.loop().execute(this::drive);
    }

    /** An event that core itself makes: shown at once, or after the one that is being shown. */
    private void happened(SessionEvent event) {
        if (!over) {
            ownEvents.add(event);
            drive();
        }
    }

    /** Shows what has happened and what is due, until something has to be waited for. */
    void drive() {
        if (driving || over) {
            return;
        }
        guarded(
                () -> {
                    do {
                        again = false;
                        settle(false);
                        while (!over && mayShow() && showNext()) {
                            copier.moved();
                        }
                        // A full lane may have room again before this returns.
                        for (int i = 0; i < lanes.size(); i++) {
                            lanes.get(i).flush();
                        }
                    } while (!over && (again || !ownEvents.isEmpty()));
                });
        tellOrder();
        watchStall();
        finishIfDone();
        tellBytes();
        copier.release();
    }

    /** A fault of ours costs the run its good name, and is not to stop the loop. */
    private void guarded(Runnable step) {
        driving = true;
        try {
            step.run();
        } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
            copier.broken(e);
            leaveOut("internal-error", e.toString());
        } finally {
            driving = false;
        }
    }

    private boolean mayShow() {
        return holding.isEmpty() && !reading.awaitsKeys() && takesMore();
    }

    private boolean takesMore() {
        for (Lane lane : lanes) {
            if (!lane.writable()) {
                return false;
            }
        }
        return true;
    }

    /** A target that reads nothing more must not keep its session, and a recording, for ever. */
    private void watchStall() {
        if (over) {
            return;
        }
        boolean stalled = !queue.isEmpty() && !takesMore();
        if (!stalled) {
            timers.cancel(STALL);
        } else if (!timers.has(STALL)) {
            timers.start(
                    STALL,
                    copier.limits().holdMax().toNanos(),
                    () ->
                            leaveOut(
                                    "target-stalled",
                                    "the target has read nothing for "
                                            + copier.limits().holdMax()));
        }
    }

    private boolean showNext() {
        if (queue.isEmpty()) {
            return false;
        }
        CapturedItem item = queue.first();
        if (item instanceof CapturedItem.Bytes
                && item.direction() == Direction.FROM_CLIENT
                && !isDue(item.timeNanos())) {
            return false;
        }
        queue.removeFirst();
        switch (item) {
            case CapturedItem.Bytes(Direction direction, int length, long _) -> {
                copier.queued(-1, -length);
                if (direction == Direction.FROM_SERVER) {
                    showUndecided();
                }
                reading.show(direction, length);
                settle(showCaptured(direction));
            }
            case CapturedItem.Gap(Direction direction, long offset, long length, long time) -> {
                showUndecided();
                if (!reading.gap(direction, offset, length)) {
                    act(new SessionEvent.CapturedGap(direction, offset, length, time));
                }
                if (!over) {
                    queue.stream(direction).skipTo(offset + length);
                    settle(true);
                }
            }
            case CapturedItem.End(Direction direction, StreamEnd how, long time) -> {
                if (!ended.add(direction)) {
                    // An alert within TLS has said so before.
                    return true;
                }
                showUndecided();
                captureEnded |= how == StreamEnd.CAPTURE_ENDED;
                act(new SessionEvent.CapturedEnd(direction, how, time));
                settle(true);
                if (ended.size() == DIRECTIONS.length && !over) {
                    // What is still owed has this long to come.
                    timers.start(DRAIN, copier.limits().drain().toNanos(), this::finish);
                }
            }
        }
        return true;
    }

    private void showUndecided() {
        if (reading.decideByWhatIsThere()) {
            settle(showCaptured(Direction.FROM_CLIENT));
        }
    }

    private boolean isDue(long captureNanos) {
        tellOrder();
        long now = System.nanoTime();
        if (copier.order().due(place, captureNanos, now)) {
            if (waitingSince != 0) {
                copier.ledger().orderWait(now - waitingSince);
                waitingSince = 0;
            }
            return true;
        }
        if (waitingSince == 0) {
            waitingSince = now;
        }
        copier.order().await(place, captureNanos, now);
        return false;
    }

    /** From when on this session's own answers are owed: the order across sessions rests on it. */
    private void tellOrder() {
        if (over) {
            return;
        }
        // A target that has gone owes nothing any more.
        boolean gone = targetEnd.isPresent() && lanes.stream().noneMatch(Lane::open);
        long owed = gone ? CausalOrder.NEVER : requests.earliestOwed();
        // Most sessions that lack their secrets never get them: others do not wait for those.
        long next = reading.awaitsKeys() ? CausalOrder.NEVER : queue.nextOfServerNanos();
        copier.order().blocks(place, Math.min(owed, next), System.nanoTime());
    }

    /** Takes note of the bytes this session keeps, and returns how many those are. */
    private int tellBytes() {
        int bytes = reading.bytes();
        for (Lane lane : lanes) {
            bytes += lane.unread().size();
        }
        copier.kept(bytes - bytesTold);
        bytesTold = bytes;
        return bytes;
    }

    /** Shows unread bytes and own events again, as long as that leads anywhere. */
    private void settle(boolean progressed) {
        boolean progress = progressed;
        int rounds = 0;
        long readBefore = bytesRead;
        while (!over && (progress || !ownEvents.isEmpty() || reading.hasNews())) {
            rounds = bytesRead == readBefore ? rounds + 1 : 0;
            readBefore = bytesRead;
            if (rounds > MAX_ROUNDS) {
                leaveOut("plugin-failed", "the protocol session goes round in circles");
                return;
            }
            progress = false;
            while (!ownEvents.isEmpty() && !over && rounds++ <= MAX_ROUNDS) {
                act(ownEvents.poll());
                progress = true;
            }
            for (Direction direction : DIRECTIONS) {
                progress |= showCaptured(direction);
            }
            for (int i = 0; i < lanes.size(); i++) {
                progress |= showLane(lanes.get(i));
            }
            progress |= takeNews();
        }
    }

    /** Whether the session read on. */
    private boolean showCaptured(Direction direction) {
        reading.begin();
        UnreadBytes stream = reading.stream(direction);
        if (over
                || holding.isPresent()
                || stream.shownBytes() == 0
                || !reading.isDecided(direction)) {
            return false;
        }
        ByteBuf view = stream.view();
        act(new SessionEvent.Captured(direction, view, stream.offset(), stream));
        return !over && read(stream, view);
    }

    /** Does what reading captured TLS has come to; whether that was anything. */
    private boolean takeNews() {
        boolean some = false;
        for (Optional<PlainStreams.News> next = reading.news();
                next.isPresent() && !over;
                next = reading.news()) {
            some = true;
            switch (next.get()) {
                case PlainStreams.News.AwaitsKeys() -> awaitKeys();
                case PlainStreams.News.Opened(String how) -> copier.decrypted(context, how);
                case PlainStreams.News.Ended(Direction direction, StreamEnd how, long time) ->
                        queue.addFirst(new CapturedItem.End(direction, how, time));
                case PlainStreams.News.Failed(
                                Direction direction,
                                String reason,
                                String detail) -> {
                    act(new SessionEvent.CapturedTlsFailed(direction, reason));
                    leaveOut(reason, detail);
                }
            }
        }
        return some;
    }

    private void awaitKeys() {
        if (!timers.has(KEYS)) {
            keysAwaitedSince = System.nanoTime();
            copier.awaitsKeys(this);
            timers.start(KEYS, copier.tls().keyWait().toNanos(), this::keysDidNotCome);
        }
    }

    /** Secrets have come, maybe those that this session waits for. */
    void keysCame() {
        guarded(
                () -> {
                    reading.keysCame();
                    settle(true);
                });
        if (!over && !reading.awaitsKeys()) {
            endKeyWait();
            // Others did not wait for what is only shown now.
            copier.ledger().orderSuspect();
        }
        drive();
    }

    private void keysDidNotCome() {
        guarded(
                () -> {
                    reading.keysDidNotCome();
                    settle(true);
                });
    }

    private void endKeyWait() {
        if (copier.keysAwaitedNoLonger(this)) {
            timers.cancel(KEYS);
            copier.ledger().hold(KEYS_HOLD, System.nanoTime() - keysAwaitedSince);
        }
    }

    /** Whether the session read on, or has lifted a hold. */
    private boolean showLane(Lane lane) {
        UnreadBytes stream = lane.unread();
        if (over || lane.closed() || stream.shownBytes() == 0) {
            return false;
        }
        boolean wasHeld = holding.isPresent();
        ByteBuf view = stream.view();
        act(new SessionEvent.Target(lane.number(), view, stream.offset(), stream));
        if (over) {
            return false;
        }
        boolean lifted = wasHeld && holding.isEmpty();
        return lane.closed() ? lifted : read(stream, view) || lifted;
    }

    private boolean read(UnreadBytes stream, ByteBuf view) {
        int bytes = stream.read(view);
        bytesRead += bytes;
        return bytes > 0;
    }

    private void act(SessionEvent event) {
        try {
            for (SessionAction action : session.on(event)) {
                if (!over) {
                    perform(action);
                } else if (action instanceof SessionAction.Send(int _, ByteBuf bytes, long _)) {
                    bytes.release();
                }
            }
        } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
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
            case SessionAction.Close(int number) -> {
                for (Lane lane : lanes) {
                    if (lane.number() == number) {
                        lane.close();
                    }
                }
            }
            case SessionAction.CapturedTls tls -> reading.ask(tls);
            case SessionAction.Hold(String reason, var max) -> hold(reason, max.toNanos());
            case SessionAction.Resume() -> endHold();
            case SessionAction.Announce(String key) -> copier.published().announce(key, this);
            case SessionAction.Publish(String key, ByteBuf value) ->
                    copier.published().publish(key, value, this);
            case SessionAction.Withdraw(String key) -> copier.published().withdraw(key, this);
            case SessionAction.Await(String key, var max) -> await(key, max.toNanos());
            case SessionAction.WakeIn(long token, var delay) ->
                    timers.start(
                            timers.nextWake(),
                            delay.toNanos(),
                            () -> happened(new SessionEvent.Wakeup(token, Clock.epochNanos())));
            case SessionAction.Asked(var request) -> requests.asked(request);
            case SessionAction.Answered answer ->
                    requests.answered(answer, received(answer.side()));
            case SessionAction.Skipped(long ordinal, String rule) ->
                    requests.skipped(ordinal, rule);
            case SessionAction.Lost(long ordinal, String reason) -> requests.lost(ordinal, reason);
            case SessionAction.Injected(String operation) -> copier.ledger().injected(operation);
            case SessionAction.LeaveOut(String reason, String detail) -> leaveOut(reason, detail);
        }
    }

    /** Bytes that one side has answered until now, read or not. */
    private long received(Side side) {
        return switch (side) {
            case ONLINE -> queue.stream(Direction.FROM_SERVER).received();
            case TARGET -> {
                long bytes = 0;
                for (Lane lane : lanes) {
                    bytes += lane.unread().received();
                }
                yield bytes;
            }
        };
    }

    private Origin originOf(int lane) {
        boolean main = lane == 0 && context.copyNumber() == 0;
        return new Origin(context.client(), context.server(), main, context.copyNumber());
    }

    private void connect(int number, InetSocketAddress peer, boolean tls) {
        if (lane(number).isPresent()) {
            throw new IllegalStateException("lane " + number + " is open already");
        }
        if (copier.isOnline(peer)) {
            throw new IllegalStateException(
                    "lane " + number + " would lead to the online server, " + peer);
        }
        lanes.removeIf(old -> old.number() == number);
        if (lanes.size() >= MAX_LANES) {
            throw new IllegalStateException("more than " + MAX_LANES + " lanes");
        }
        Lane lane = new Lane(number, this);
        lanes.add(lane);
        lane.connection(copier.connect(peer, originOf(number), tls, lane));
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
        Optional<Lane> lane = lane(number);
        if (lane.isEmpty()) {
            // The target has ended, and the session may not know yet: this request is not sent.
            bytes.release();
            return;
        }
        lane.get().send(bytes);
        if (ordinal != SessionAction.NO_ORDINAL) {
            requests.sent(ordinal, lane.get());
        }
    }

    private void hold(String reason, long maxNanos) {
        endHold();
        holding = Optional.of(new Holding(reason, System.nanoTime()));
        timers.start(
                HOLD,
                Math.min(maxNanos, copier.limits().holdMax().toNanos()),
                () -> {
                    endHold();
                    happened(new SessionEvent.Expired(reason, Clock.epochNanos()));
                });
    }

    private void endHold() {
        timers.cancel(HOLD);
        holding.ifPresent(
                held -> copier.ledger().hold(held.reason(), System.nanoTime() - held.sinceNanos()));
        holding = Optional.empty();
    }

    private void await(String key, long maxNanos) {
        Optional<byte[]> known = copier.published().find(key);
        if (known.isPresent()) {
            ownEvents.add(new SessionEvent.Known(key, Unpooled.wrappedBuffer(known.get())));
        } else if (!copier.published().isAnnounced(key)) {
            ownEvents.add(new SessionEvent.Unknown(key));
        } else if (copier.published().await(key, this)) {
            timers.start(
                    new SessionTimers.Purpose.Await(key),
                    maxNanos,
                    () -> {
                        copier.published().forget(key, this);
                        happened(new SessionEvent.Expired(key, Clock.epochNanos()));
                    });
        } else {
            ownEvents.add(new SessionEvent.Expired(key, Clock.epochNanos()));
        }
    }

    // The end.

    private void finishIfDone() {
        if (!over
                && ended.size() == DIRECTIONS.length
                && queue.isEmpty()
                && ownEvents.isEmpty()
                && !timers.awaiting()
                && lanes.stream().noneMatch(Lane::open)) {
            finish();
        }
    }

    /** Ends the session whatever it still waits for: the time for that is over. */
    void finish() {
        if (over) {
            return;
        }
        if (reading.awaitsKeys()) {
            keysDidNotCome();
            return;
        }
        if (!queue.isEmpty()) {
            leaveOut(
                    "not-finished",
                    "%d captured segments were still waiting when the run ended: raise run.drain"
                            .formatted(queue.size()));
            return;
        }
        if (holding.isPresent()) {
            leaveOut(
                    "not-finished",
                    "it still waited (%s) when the run ended: raise run.drain"
                            .formatted(holding.get().reason()));
            return;
        }
        requests.finish(targetEnd.orElse("timeout"), captureEnded);
        close(context.joinedMidway() ? new SessionEnd.JoinedLate() : new SessionEnd.Complete());
    }

    void leaveOut(String reason, String detail) {
        if (over) {
            return;
        }
        requests.leaveOut();
        close(new SessionEnd.LeftOut(reason, detail));
    }

    /** Gives back all it holds: the flow may go on for hours, and keeps this as its reader. */
    private void close(SessionEnd end) {
        over = true;
        endHold();
        endKeyWait();
        reading.clear();
        for (String key : timers.cancelAll()) {
            copier.published().forget(key, this);
        }
        copier.published().withdrawAll(this);
        copier.order().leave(place);
        lanes.forEach(Lane::close);
        for (CapturedItem item : queue.items()) {
            if (item instanceof CapturedItem.Bytes bytes) {
                copier.queued(-1, -bytes.length());
            }
        }
        queue.clear();
        ownEvents.clear();
        copier.kept(-bytesTold);
        bytesTold = 0;
        copier.ended(this, end);
    }
}
