package dev.understudy.opaque;

import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Answered;
import dev.understudy.protocol.SessionAction.Asked;
import dev.understudy.protocol.SessionAction.Close;
import dev.understudy.protocol.SessionAction.Connect;
import dev.understudy.protocol.SessionAction.HalfClose;
import dev.understudy.protocol.SessionAction.Hold;
import dev.understudy.protocol.SessionAction.LeaveOut;
import dev.understudy.protocol.SessionAction.Resume;
import dev.understudy.protocol.SessionAction.Send;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One connection, taken as turns: what the client sends until the server speaks is a request, what
 * the server sends until the client speaks is its answer. Where an answer ends is known of
 * production alone; of the target's bytes as many are held against it.
 */
final class OpaqueSession implements ProtocolSession {
    /** How long the target may take for as many bytes as production sent. */
    private static final Duration ANSWER_MAX = Duration.ofSeconds(5);

    private static final String HOLD = "answer";

    private final boolean joinedMidway;
    private long ordinals;
    private boolean connected;
    private boolean targetEnded;
    private boolean clientEnded;
    private boolean serverEnded;
    private boolean halfClosed;
    private boolean closed;
    private Optional<Turn> turn = Optional.empty();

    /** A request, and what both servers have said to it so far. */
    private static final class Turn {
        private final long ordinal;
        private final Burst.Builder online = new Burst.Builder();
        private final Burst.Builder target = new Burst.Builder();
        private long onlineNanos;
        private long targetNanos;
        private int requests;
        private boolean onlineDone;

        private Turn(long ordinal) {
            this.ordinal = ordinal;
        }
    }

    OpaqueSession(boolean joinedMidway) {
        this.joinedMidway = joinedMidway;
    }

    @Override
    public List<SessionAction> on(SessionEvent event) {
        List<SessionAction> out = new ArrayList<>(4);
        switch (event) {
            case SessionEvent.Captured(
                            Direction direction,
                            ByteBuf bytes,
                            long at,
                            ByteTimes t) -> {
                if (joinedMidway) {
                    out.add(
                            new LeaveOut(
                                    "joined-midway",
                                    "the connection was open before the capture began"));
                } else if (direction == Direction.FROM_CLIENT) {
                    request(bytes, at, t, out);
                } else {
                    onlineAnswer(bytes, at, t, out);
                }
            }
            case SessionEvent.Target(int _, ByteBuf bytes, long at, ByteTimes t) ->
                    targetAnswer(bytes, t.at(at + bytes.readableBytes() - 1), out);
            case SessionEvent.CapturedGap(Direction direction, long offset, long length, long _) ->
                    out.add(
                            new LeaveOut(
                                    "gap",
                                    "%d bytes %s are missing at %d"
                                            .formatted(length, direction, offset)));
            case SessionEvent.CapturedEnd(Direction direction, StreamEnd how, long _) ->
                    capturedEnd(direction, how, out);
            case SessionEvent.Expired _ -> giveUpTurn(out);
            case SessionEvent.TargetEnd _ -> {
                targetEnded = true;
                giveUpTurn(out);
            }
            case SessionEvent.TargetUp _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Wakeup _,
                    SessionEvent.CapturedTlsFailed _ -> {}
        }
        return out;
    }

    private void request(ByteBuf bytes, long at, ByteTimes times, List<SessionAction> out) {
        if (turn.isPresent() && turn.get().online.length() > 0) {
            // The client speaks again: production's answer was complete.
            onlineDone(out);
            if (turn.isPresent()) {
                out.add(new Hold(HOLD, ANSWER_MAX));
                return;
            }
        }
        if (targetEnded) {
            out.add(new LeaveOut("target-ended", "the target closed, production went on"));
            return;
        }
        connect(out);
        int length = bytes.readableBytes();
        Turn asked = turn.orElseGet(() -> ask("request", times.at(at + length - 1), out));
        asked.requests++;
        out.add(Send.request(asked.ordinal, Unpooled.copiedBuffer(bytes.readSlice(length))));
    }

    private void onlineAnswer(ByteBuf bytes, long at, ByteTimes times, List<SessionAction> out) {
        connect(out);
        if (clientEnded) {
            // Production went on behind the client's FIN: so must the target.
            halfClose(out);
        }
        long last = times.at(at + bytes.readableBytes() - 1);
        // A server that speaks first has been asked by the connection itself.
        Turn answered = turn.orElseGet(() -> ask("opening", last, out));
        answered.online.read(bytes, bytes.readableBytes());
        answered.onlineNanos = last;
    }

    private Turn ask(String operation, long timeNanos, List<SessionAction> out) {
        Turn asked = new Turn(ordinals++);
        turn = Optional.of(asked);
        out.add(
                new Asked(
                        new Request(
                                asked.ordinal, operation, operation, operation, timeNanos, true)));
        return asked;
    }

    private void connect(List<SessionAction> out) {
        if (!connected) {
            connected = true;
            out.add(Connect.toTarget());
        }
    }

    private void halfClose(List<SessionAction> out) {
        if (connected && !halfClosed) {
            halfClosed = true;
            out.add(new HalfClose(SessionAction.MAIN_LANE));
        }
    }

    private void onlineDone(List<SessionAction> out) {
        Turn done = turn.orElseThrow();
        if (!done.onlineDone) {
            done.onlineDone = true;
            out.add(new Answered(done.ordinal, Side.ONLINE, done.online.end(), done.onlineNanos));
        }
        if (done.target.length() >= done.online.length()) {
            targetDone(done, out);
        } else if (targetEnded) {
            giveUpTurn(out);
        }
    }

    private void targetAnswer(ByteBuf bytes, long timeNanos, List<SessionAction> out) {
        if (turn.isEmpty()) {
            return; // unread: the answer to what is asked next, or more than production said
        }
        Turn answered = turn.get();
        answered.target.read(bytes, (int) Math.min(share(answered), bytes.readableBytes()));
        answered.targetNanos = timeNanos;
        if (answered.onlineDone && answered.target.length() >= answered.online.length()) {
            targetDone(answered, out);
            out.add(new Resume());
        }
    }

    /**
     * How many of the bytes at hand belong to this turn: all, since the target is asked nothing
     * else before the turn is over. Where requests were sent one behind the other, an answer to the
     * next turn may be among them, so only as many as production has said.
     */
    private static long share(Turn answered) {
        return answered.requests > 1
                ? answered.online.length() - answered.target.length()
                : Long.MAX_VALUE;
    }

    private void targetDone(Turn done, List<SessionAction> out) {
        out.add(new Answered(done.ordinal, Side.TARGET, done.target.end(), done.targetNanos));
        turn = Optional.empty();
        closeIfDone(out);
    }

    /**
     * The target did not say as much as production did: compared as it is. Where it said nothing at
     * all the request stays open, and core counts it as unanswered.
     */
    private void giveUpTurn(List<SessionAction> out) {
        if (turn.isPresent() && turn.get().onlineDone) {
            if (turn.get().target.length() > 0) {
                targetDone(turn.get(), out);
            } else {
                turn = Optional.empty();
                closeIfDone(out);
            }
            out.add(new Resume());
        }
    }

    private void capturedEnd(Direction direction, StreamEnd how, List<SessionAction> out) {
        if (how == StreamEnd.FIN && direction == Direction.FROM_CLIENT) {
            clientEnded = true;
            if (turn.isPresent() && turn.get().online.length() == 0) {
                // The end may be what the server waits for. Otherwise it is kept back: a server
                // may take it for a client that has gone, and the port would linger here.
                halfClose(out);
            }
        } else {
            // The server's own FIN, or an end of both directions: no answer follows.
            clientEnded |= how != StreamEnd.FIN;
            serverEnded = true;
        }
        if (turn.isPresent() && turn.get().online.length() > 0 && serverEnded) {
            onlineDone(out);
        }
        closeIfDone(out);
    }

    /** Both captured directions have ended, and nothing is owed: the copy ends as well. */
    private void closeIfDone(List<SessionAction> out) {
        boolean owed = turn.isPresent() && turn.get().onlineDone;
        if (connected && !closed && clientEnded && serverEnded && !owed) {
            closed = true;
            out.add(new Close(SessionAction.MAIN_LANE));
        }
    }
}
