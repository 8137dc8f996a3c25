package dev.understudy.session;

import dev.understudy.delivery.Clock;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import java.util.Optional;

/** Shows events to the protocol's session, and carries out what it asks for. */
final class Performer {
    private final Copier copier;
    private final CopySession copy;
    private final ProtocolSession session;
    private final SessionTimers timers;
    private final Lanes lanes;
    private final Outbox outbox;
    private final SessionRequests requests;
    private final SessionHold hold;
    private final OwnEvents ownEvents;
    private final PlainStreams reading;
    private final UnreadBytes fromServer;
    private final Scribe scribe;

    /** Until the session has told its user. */
    private Optional<UserSample> users;

    /**
     * @param fromServer what was captured of the online server
     * @param users which users' sessions are copied, where only some are
     */
    Performer(
            Copier copier,
            CopySession copy,
            ProtocolSession session,
            SessionTimers timers,
            Lanes lanes,
            Outbox outbox,
            SessionRequests requests,
            SessionHold hold,
            OwnEvents ownEvents,
            PlainStreams reading,
            UnreadBytes fromServer,
            Optional<UserSample> users,
            Scribe scribe) {
        this.copier = copier;
        this.copy = copy;
        this.session = session;
        this.timers = timers;
        this.lanes = lanes;
        this.outbox = outbox;
        this.requests = requests;
        this.hold = hold;
        this.ownEvents = ownEvents;
        this.reading = reading;
        this.fromServer = fromServer;
        this.users = users;
        this.scribe = scribe;
    }

    void show(SessionEvent event) {
        scribe.saw(event);
        try {
            for (SessionAction action : session.on(event)) {
                if (!copy.isOver()) {
                    perform(action);
                } else if (action instanceof SessionAction.Send(int _, ByteBuf bytes, long _)) {
                    bytes.release();
                }
            }
        } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
            // A plugin's fault costs its own session, never the run.
            copier.pluginFailed(copy.label(), e);
            copy.leaveOut("plugin-failed", e.toString());
        }
    }

    private void perform(SessionAction action) {
        scribe.does(action);
        switch (action) {
            case SessionAction.Connect _ when users.isPresent() ->
                    copy.passOver(UserSample.NO_USER);
            case SessionAction.Connect(int lane, var peer, boolean tls) ->
                    lanes.connect(lane, peer.orElse(copier.target()), tls);
            case SessionAction.OfUser(String name) -> {
                Optional<String> refusal = users.flatMap(sample -> sample.refuses(name));
                users = Optional.empty();
                refusal.ifPresent(copy::passOver);
            }
            case SessionAction.PassOver(String rule) -> copy.passOver(rule);
            case SessionAction.Send send -> outbox.add(send);
            case SessionAction.StartTls tls -> outbox.add(tls);
            case SessionAction.HalfClose half -> outbox.add(half);
            case SessionAction.Close(int lane) -> lanes.close(lane);
            case SessionAction.CapturedTls tls -> reading.ask(tls);
            case SessionAction.Hold(String reason, var max) ->
                    hold.begin(
                            reason,
                            max.toNanos(),
                            () ->
                                    copy.happened(
                                            new SessionEvent.Expired(reason, Clock.epochNanos())));
            case SessionAction.Resume() -> hold.end();
            case SessionAction.Announce(String key) -> copier.published().announce(key, copy);
            case SessionAction.Publish(String key, ByteBuf value, boolean untilEnd) ->
                    copier.published().publish(key, value, untilEnd, copy);
            case SessionAction.Withdraw(String key) -> copier.published().withdraw(key, copy);
            case SessionAction.Await(String key, var max) -> ownEvents.await(key, max.toNanos());
            case SessionAction.WakeIn(long token, var delay) ->
                    timers.start(
                            timers.nextWake(),
                            delay.toNanos(),
                            () ->
                                    copy.happened(
                                            new SessionEvent.Wakeup(token, Clock.epochNanos())));
            case SessionAction.Asked(var request) -> requests.asked(request);
            case SessionAction.Answered answer ->
                    requests.answered(answer, received(answer.side()));
            case SessionAction.Skipped(long ordinal, String rule) ->
                    requests.skipped(ordinal, rule);
            case SessionAction.Lost(long ordinal, String reason) -> requests.lost(ordinal, reason);
            case SessionAction.Injected(String operation) -> copier.ledger().injected(operation);
            case SessionAction.Rewritten _ -> {
                // For the scribe alone.
            }
            case SessionAction.LeaveOut(String reason, String detail) ->
                    copy.leaveOut(reason, detail);
        }
    }

    /** Bytes that one side has answered until now, read or not. */
    private long received(Side side) {
        return switch (side) {
            case ONLINE -> fromServer.received();
            case TARGET -> lanes.received();
        };
    }
}
