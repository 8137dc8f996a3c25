package dev.understudy.session;

import dev.understudy.delivery.Origin;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The connections of one session to its target, one for each number. */
final class Lanes {
    /** Lanes that one session may ask for. */
    private static final int MAX_LANES = 64;

    private static final int MAIN = SessionAction.MAIN_LANE;

    private static final SessionTimers.Purpose STALL = new SessionTimers.Purpose.Stall();

    private final Copier copier;
    private final CopySession session;
    private final SessionContext context;
    private final List<Lane> lanes = new ArrayList<>(1);

    /** Connected before the protocol asked for it. */
    private Optional<Lane> early = Optional.empty();

    /** Nothing is connected before it is asked for, any more. */
    private boolean notEarly;

    Lanes(Copier copier, CopySession session, SessionContext context) {
        this.copier = copier;
        this.session = session;
        this.context = context;
    }

    /**
     * Opens a lane.
     *
     * @throws IllegalStateException where the protocol asks for what no session may have
     */
    void connect(int number, InetSocketAddress peer, boolean tls) {
        if (find(number).isPresent()) {
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
        boolean usual = number == MAIN && !tls && peer.equals(copier.target());
        if (usual) {
            copier.early().askedFor();
        }
        Optional<Lane> made = takeEarly(usual);
        lanes.add(made.orElseGet(() -> new Lane(number, session)));
        Lane lane = lanes.getLast();
        lane.asked();
        if (made.isEmpty()) {
            lane.connection(copier.connect(peer, originOf(number), tls, lane));
        }
    }

    /** The session's first request waits: its connection may be made meanwhile. */
    void mayConnectEarly() {
        if (!notEarly) {
            notEarly = true;
            copier.early().wanted(this);
        }
    }

    /** Connects, unless the session has done so or has ended; whether it was to. */
    boolean connectEarly() {
        if (!lanes.isEmpty() || session.isOver() || copier.isOnline(copier.target())) {
            return false;
        }
        Lane lane = new Lane(MAIN, session);
        early = Optional.of(lane);
        lane.connection(copier.connect(copier.target(), originOf(MAIN), false, lane));
        return true;
    }

    /** The early connection, if it still is one and is of use; it counts as early no longer. */
    private Optional<Lane> takeEarly(boolean ofUse) {
        if (notEarly) {
            copier.early().wantedNoLonger(this);
        }
        notEarly = true;
        Optional<Lane> made = early;
        early = Optional.empty();
        if (made.isEmpty()) {
            return made;
        }
        if (ofUse || !made.get().open()) {
            copier.early().settled();
        } else {
            copier.early().inVain();
        }
        Optional<Lane> taken = made.filter(lane -> ofUse && lane.open());
        if (taken.isEmpty()) {
            made.get().close();
        }
        return taken;
    }

    private Origin originOf(int lane) {
        boolean main = lane == 0 && context.copyNumber() == 0;
        return new Origin(context.client(), context.server(), main, context.copyNumber());
    }

    /** The lane of that number, while it is open. */
    Optional<Lane> find(int number) {
        for (Lane lane : lanes) {
            if (lane.number() == number && lane.open()) {
                return Optional.of(lane);
            }
        }
        return Optional.empty();
    }

    void close(int number) {
        for (Lane lane : lanes) {
            if (lane.number() == number) {
                lane.close();
            }
        }
    }

    void closeAll() {
        takeEarly(false);
        lanes.forEach(Lane::close);
    }

    /** How many there are, open or not; of those a new one may come while they are gone through. */
    int size() {
        return lanes.size();
    }

    Lane get(int index) {
        return lanes.get(index);
    }

    boolean anyOpen() {
        for (Lane lane : lanes) {
            if (lane.open()) {
                return true;
            }
        }
        return false;
    }

    /** Whether all of them take more bytes. */
    boolean writable() {
        for (Lane lane : lanes) {
            if (!lane.writable()) {
                return false;
            }
        }
        return true;
    }

    /**
     * A target that reads nothing more must not keep its session, and a recording, for ever.
     *
     * @param moreWaits whether there is more to send
     */
    void watchStall(boolean moreWaits, SessionTimers timers) {
        if (!moreWaits || writable()) {
            timers.cancel(STALL);
        } else if (!timers.has(STALL)) {
            timers.start(
                    STALL,
                    copier.limits().holdMax().toNanos(),
                    () ->
                            session.leaveOut(
                                    "target-stalled",
                                    "the target has read nothing for "
                                            + copier.limits().holdMax()));
        }
    }

    void flush() {
        for (int i = 0; i < lanes.size(); i++) {
            lanes.get(i).flush();
        }
    }

    /** Bytes of the target that the session has not read. */
    int unreadBytes() {
        int bytes = early.map(lane -> lane.unread().size()).orElse(0);
        for (Lane lane : lanes) {
            bytes += lane.unread().size();
        }
        return bytes;
    }

    /** Bytes that the target has sent until now, read or not. */
    long received() {
        long bytes = 0;
        for (Lane lane : lanes) {
            bytes += lane.unread().received();
        }
        return bytes;
    }
}
