package dev.understudy.session;

import dev.understudy.delivery.Clock;
import dev.understudy.ledger.SessionJournal;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.ledger.Step;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import java.util.Optional;

/** Writes the journal of one session, where one is kept. */
final class Scribe {
    private final Optional<SessionJournal> journal;

    Scribe(Copier copier, SessionLabel session) {
        journal = copier.ledger().journals().begin(session);
    }

    /** The protocol's session is shown this. */
    void saw(SessionEvent event) {
        if (journal.isEmpty()) {
            return;
        }
        switch (event) {
            case SessionEvent.TargetUp(int lane, long at) ->
                    journal.get().note(at, Side.TARGET, "connected", lane(lane));
            case SessionEvent.TargetEnd(int lane, String reason, long at) ->
                    journal.get().note(at, Side.TARGET, "ended", lane(lane) + reason);
            case SessionEvent.CapturedGap gap ->
                    note(
                            Side.ONLINE,
                            "gap",
                            "%d bytes of the %s are missing at byte %d"
                                    .formatted(
                                            gap.length(), sender(gap.direction()), gap.offset()));
            case SessionEvent.CapturedEnd(Direction direction, StreamEnd how, long _) ->
                    note(
                            Side.ONLINE,
                            "ended",
                            "by the %s: %s".formatted(sender(direction), how(how)));
            case SessionEvent.CapturedTlsFailed(Direction _, String reason) ->
                    note(Side.ONLINE, "tls failed", reason);
            case SessionEvent.Expired(String what, long at) ->
                    journal.get().note(at, Side.TARGET, "gave up waiting", expired(what));
            case SessionEvent.Captured _,
                    SessionEvent.Target _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Wakeup _ -> {}
        }
    }

    /** A key of a value may be long, and says nothing to a reader. */
    private static String expired(String what) {
        int slash = what.indexOf('/');
        return slash < 0 ? what : what.substring(0, slash);
    }

    /** The protocol's session has asked for this. */
    void does(SessionAction action) {
        if (journal.isEmpty()) {
            return;
        }
        switch (action) {
            case SessionAction.Connect(int lane, var peer, boolean tls) ->
                    note(
                            Side.TARGET,
                            "connect",
                            lane(lane)
                                    + peer.map(to -> "to " + to).orElse("")
                                    + (tls ? " inside TLS" : ""));
            case SessionAction.StartTls(int lane) -> note(Side.TARGET, "start TLS", lane(lane));
            case SessionAction.HalfClose(int lane) ->
                    note(Side.TARGET, "no more is sent", lane(lane));
            case SessionAction.Close(int lane) -> note(Side.TARGET, "close", lane(lane));
            case SessionAction.Injected(String operation) ->
                    note(Side.TARGET, "injected", operation);
            case SessionAction.Rewritten(long ordinal, String what) ->
                    journal.get()
                            .add(
                                    new Step.Happened(
                                            Clock.epochNanos(),
                                            Side.TARGET,
                                            "rewritten",
                                            ordinal,
                                            what,
                                            0));
            case SessionAction.Send _,
                    SessionAction.CapturedTls _,
                    SessionAction.Hold _,
                    SessionAction.Resume _,
                    SessionAction.Announce _,
                    SessionAction.Publish _,
                    SessionAction.Withdraw _,
                    SessionAction.Await _,
                    SessionAction.WakeIn _,
                    SessionAction.Asked _,
                    SessionAction.Answered _,
                    SessionAction.Skipped _,
                    SessionAction.Lost _,
                    SessionAction.OfUser _,
                    SessionAction.PassOver _,
                    SessionAction.LeaveOut _ -> {}
        }
    }

    /** It has waited for something until now. */
    void waited(String what, String forWhat, long nanos) {
        journal.ifPresent(
                written ->
                        written.add(
                                new Step.Happened(
                                        Clock.epochNanos() - nanos,
                                        Side.TARGET,
                                        what,
                                        SessionAction.NO_ORDINAL,
                                        forWhat,
                                        nanos)));
    }

    /** Whether anything is written. */
    boolean writes() {
        return journal.isPresent();
    }

    /** A request has ended that was not compared. */
    void ended(Step.Asked request) {
        journal.ifPresent(written -> written.add(request));
    }

    private void note(Side side, String what, String text) {
        journal.ifPresent(written -> written.note(Clock.epochNanos(), side, what, text));
    }

    private static String how(StreamEnd how) {
        return switch (how) {
            case FIN -> "FIN";
            case RESET -> "RST";
            case IDLE -> "no packet for run.idle";
            case REPLACED -> "a new connection took its place";
            case CAPTURE_ENDED -> "the capture ended";
        };
    }

    private static String lane(int lane) {
        return lane == SessionAction.MAIN_LANE ? "" : "lane " + lane + " ";
    }

    private static String sender(Direction direction) {
        return switch (direction) {
            case FROM_CLIENT -> "client";
            case FROM_SERVER -> "server";
        };
    }
}
