package dev.understudy.session;

import dev.understudy.flow.FlowEnd;
import dev.understudy.flow.FlowReader;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.StreamEnd;
import io.netty.buffer.ByteBuf;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * The copy of one connection. What was captured waits here, in captured order, until it is due;
 * then the protocol's session is shown it and says what to do. Lives on one event loop.
 */
final class CopySession implements FlowReader {
    /** Rounds without a byte read after one event; more is a session that goes in circles. */
    private static final int MAX_ROUNDS = 10_000;

    /** {@link Direction#values} makes a new array for each call. */
    private static final Direction[] DIRECTIONS = Direction.values();

    private static final SessionTimers.Purpose DRAIN = new SessionTimers.Purpose.Drain();

    private final Copier copier;
    private final SessionContext context;
    private final SessionLabel label;
    private final Performer performer;
    private final SessionTimers timers;
    private final Turn turn;
    private final CapturedQueue queue = new CapturedQueue();
    private final PlainStreams reading;
    private final Set<Direction> ended = EnumSet.noneOf(Direction.class);
    private final Lanes lanes;
    private final SessionRequests requests;
    private final Outbox outbox;
    private final SessionHold hold;
    private final KeyWait keyWait;
    private final OwnEvents ownEvents;

    private Optional<String> targetEnd = Optional.empty();
    private long bytesRead;
    private int bytesTold;
    private long clientEndedNanos = CausalOrder.NEVER;
    private boolean captureEnded;
    private boolean driving;
    private boolean again;
    private boolean over;

    CopySession(
            Copier copier,
            SessionContext context,
            ProtocolSession session,
            Optional<UserSample> users) {
        this.copier = copier;
        this.context = context;
        this.label = Copier.labelOf(context);
        Scribe scribe = new Scribe(copier, label);
        this.timers = new SessionTimers(copier.loop());
        this.turn = new Turn(copier, this, scribe);
        this.requests = new SessionRequests(copier, label, context.requestsOnly(), turn, scribe);
        this.lanes = new Lanes(copier, this, context);
        this.outbox = new Outbox(lanes, requests, turn);
        this.hold = new SessionHold(copier, timers, scribe);
        this.keyWait = new KeyWait(copier, timers);
        this.ownEvents = new OwnEvents(copier, this, timers);
        this.reading = new PlainStreams(copier.tls(), queue, !context.joinedMidway());
        this.performer =
                new Performer(
                        copier,
                        this,
                        session,
                        timers,
                        lanes,
                        outbox,
                        requests,
                        hold,
                        ownEvents,
                        reading,
                        queue.stream(Direction.FROM_SERVER),
                        users,
                        scribe);
    }

    CausalOrder.Place place() {
        return turn.place();
    }

    SessionLabel label() {
        return label;
    }

    /** Whether it has come to its end: nothing is shown to it any more. */
    boolean isOver() {
        return over;
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
    public void heard(long timeNanos) {
        if (!over) {
            queue.heard(timeNanos);
        }
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
            queue.add(
                    new CapturedItem.End(
                            direction, CapturedItem.streamEnd(how), queue.dueNanos(timeNanos)));
            drive();
        }
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

    /** A value that this session awaits. */
    void known(String key, byte[] value) {
        ownEvents.known(key, value);
    }

    /** Nobody will give the value that this session awaits. */
    void unknown(String key) {
        ownEvents.unknown(key);
    }

    /** An event that core itself makes: shown at once, or after the one that is being shown. */
    void happened(SessionEvent event) {
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
                        outbox.release();
                        settle(false);
                        while (!over && mayShow() && showNext()) {
                            copier.moved();
                        }
                        // A full lane may have room again before this returns.
                        lanes.flush();
                    } while (!over && (again || !ownEvents.isEmpty()));
                });
        tellOrder();
        if (!over) {
            lanes.watchStall(!queue.isEmpty(), timers);
        }
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
        return !hold.isOn() && !reading.awaitsKeys() && lanes.writable();
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
                    performer.show(new SessionEvent.CapturedGap(direction, offset, length, time));
                }
                if (!over) {
                    queue.stream(direction).skipTo(offset + length);
                    settle(true);
                }
            }
            case CapturedItem.Heard(long time) -> requests.heard(time);
            case CapturedItem.End(Direction direction, StreamEnd how, long time) -> {
                if (!ended.add(direction)) {
                    // An alert within TLS has said so before.
                    return true;
                }
                if (direction == Direction.FROM_CLIENT) {
                    clientEndedNanos = time;
                }
                showUndecided();
                captureEnded |= how == StreamEnd.CAPTURE_ENDED;
                performer.show(new SessionEvent.CapturedEnd(direction, how, time));
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
        boolean due = turn.isDue(captureNanos);
        if (!due) {
            lanes.mayConnectEarly();
        }
        return due;
    }

    /** From when on this session's own answers are owed: the order across sessions rests on it. */
    private void tellOrder() {
        if (over) {
            return;
        }
        // A target that has gone owes nothing any more.
        boolean gone = targetEnd.isPresent() && !lanes.anyOpen();
        long owed = gone ? CausalOrder.NEVER : requests.earliestOwed(lanes.received());
        // Most sessions that lack their secrets never get them: others do not wait for those.
        long next = reading.awaitsKeys() ? CausalOrder.NEVER : queue.nextOfServerNanos();
        turn.owes(Math.min(owed, next), gone ? CausalOrder.NEVER : owedCommits());
    }

    /**
     * From when on commits are owed: those that were asked for, any that may stand in what was not
     * shown or read yet, and what the end of a connection gives up.
     */
    private long owedCommits() {
        if (reading.awaitsKeys()) {
            return CausalOrder.NEVER;
        }
        long from = Math.min(requests.earliestCommit(), queue.firstNanos());
        UnreadBytes ofClient = reading.stream(Direction.FROM_CLIENT);
        if (hold.isOn() && ofClient.shownBytes() > 0) {
            from = Math.min(from, ofClient.at(ofClient.offset()));
        }
        return requests.isEmpty() && lanes.anyOpen() ? Math.min(from, clientEndedNanos) : from;
    }

    /** Takes note of the bytes this session keeps, and returns how many those are. */
    private int tellBytes() {
        int bytes = reading.bytes() + lanes.unreadBytes() + outbox.bytes();
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
                performer.show(ownEvents.take());
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
        if (over || hold.isOn() || stream.shownBytes() == 0 || !reading.isDecided(direction)) {
            return false;
        }
        ByteBuf view = stream.view();
        performer.show(new SessionEvent.Captured(direction, view, stream.offset(), stream));
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
                case PlainStreams.News.AwaitsKeys() -> keyWait.begin(this, this::keysDidNotCome);
                case PlainStreams.News.Opened(String how) -> copier.decrypted(context, how);
                case PlainStreams.News.Ended(Direction direction, StreamEnd how, long time) ->
                        queue.addFirst(new CapturedItem.End(direction, how, time));
                case PlainStreams.News.Failed(
                                Direction direction,
                                String reason,
                                String detail) -> {
                    performer.show(new SessionEvent.CapturedTlsFailed(direction, reason));
                    leaveOut(reason, detail);
                }
            }
        }
        return some;
    }

    /** Secrets have come, maybe those that this session waits for. */
    void keysCame() {
        guarded(
                () -> {
                    reading.keysCame();
                    settle(true);
                });
        if (!over && !reading.awaitsKeys()) {
            keyWait.end(this);
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

    /** Whether the session read on, or has lifted a hold. */
    private boolean showLane(Lane lane) {
        UnreadBytes stream = lane.unread();
        if (over || lane.closed() || stream.shownBytes() == 0) {
            return false;
        }
        boolean wasHeld = hold.isOn();
        ByteBuf view = stream.view();
        performer.show(new SessionEvent.Target(lane.number(), view, stream.offset(), stream));
        if (over) {
            return false;
        }
        boolean lifted = wasHeld && !hold.isOn();
        return lane.closed() ? lifted : read(stream, view) || lifted;
    }

    private boolean read(UnreadBytes stream, ByteBuf view) {
        int bytes = stream.read(view);
        bytesRead += bytes;
        return bytes > 0;
    }

    // The end.

    private void finishIfDone() {
        if (!over
                && ended.size() == DIRECTIONS.length
                && queue.isEmpty()
                && ownEvents.isEmpty()
                && !timers.awaiting()
                && !lanes.anyOpen()) {
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
        if (hold.isOn()) {
            leaveOut(
                    "not-finished",
                    "it still waited (%s) when the run ended: raise run.drain"
                            .formatted(hold.reason().orElseThrow()));
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

    /** The run is not to copy this session, as was found only now; nothing was sent of it. */
    void passOver(String rule) {
        if (!over) {
            requests.passOver(rule);
            close(new SessionEnd.PassedOver(rule));
        }
    }

    /** Gives back all it holds: the flow may go on for hours, and keeps this as its reader. */
    private void close(SessionEnd end) {
        over = true;
        hold.end();
        keyWait.end(this);
        reading.clear();
        ownEvents.clear();
        turn.leave();
        outbox.clear();
        lanes.closeAll();
        for (CapturedItem item : queue.items()) {
            if (item instanceof CapturedItem.Bytes bytes) {
                copier.queued(-1, -bytes.length());
            }
        }
        queue.clear();
        copier.kept(-bytesTold);
        bytesTold = 0;
        copier.ended(this, end);
    }
}
