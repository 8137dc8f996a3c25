package dev.understudy.opaque;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Answered;
import dev.understudy.protocol.SessionAction.Asked;
import dev.understudy.protocol.SessionAction.Close;
import dev.understudy.protocol.SessionAction.Connect;
import dev.understudy.protocol.SessionAction.HalfClose;
import dev.understudy.protocol.SessionAction.LeaveOut;
import dev.understudy.protocol.SessionAction.Send;
import dev.understudy.protocol.SessionAction.WakeIn;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One connection of which the capture shows what the client says, and nothing else. What it says
 * before the target speaks is a request; what the target says until the client goes on is its
 * answer. Where an answer ends nobody can tell: core shows the client's next bytes when the target
 * has begun to answer those before.
 */
final class OneSidedSession implements ProtocolSession {
    /** The last answer has come to its end when the target has said nothing for so long. */
    static final Duration QUIET = Duration.ofMillis(500);

    private final boolean joinedMidway;
    private long ordinals;
    private boolean connected;
    private boolean over;
    private boolean clientEnded;
    private long heardBytes;
    private long heardNanos;
    private Optional<Turn> turn = Optional.empty();

    /** A request and what the target has said to it so far. */
    private record Turn(long ordinal, Burst.Builder answer) {}

    OneSidedSession(boolean joinedMidway) {
        this.joinedMidway = joinedMidway;
    }

    @Override
    public List<SessionAction> on(SessionEvent event) {
        List<SessionAction> out = new ArrayList<>(4);
        switch (event) {
            case SessionEvent.Captured _ when over ->
                    out.add(
                            new LeaveOut(
                                    "target-ended", "the target closed, and its client went on"));
            case SessionEvent.Captured captured -> request(captured, out);
            case SessionEvent.Target(int _, ByteBuf bytes, long at, var times) -> {
                int length = bytes.readableBytes();
                heardBytes += length;
                heardNanos = times.at(at + length - 1);
                turn.ifPresentOrElse(
                        one -> one.answer().read(bytes, length), () -> bytes.skipBytes(length));
            }
            case SessionEvent.CapturedGap gap -> out.add(LeaveOut.at(gap));
            case SessionEvent.CapturedEnd(Direction direction, var _, long _) -> {
                if (direction == Direction.FROM_CLIENT && connected && !over) {
                    clientEnded = true;
                    out.add(new HalfClose(SessionAction.MAIN_LANE));
                    out.add(new WakeIn(heardBytes, QUIET));
                }
            }
            case SessionEvent.Wakeup(long token, long _) -> {
                boolean quiet = token == heardBytes;
                boolean owed = turn.isPresent() && turn.get().answer().length() == 0;
                if (clientEnded && !over && quiet && !owed) {
                    end(out);
                } else if (clientEnded && !over) {
                    out.add(new WakeIn(heardBytes, QUIET));
                }
            }
            case SessionEvent.TargetEnd _ -> end(out);
            case SessionEvent.TargetUp _,
                    SessionEvent.Expired _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.CapturedTlsFailed _ -> {}
        }
        return out;
    }

    private void request(SessionEvent.Captured captured, List<SessionAction> out) {
        if (joinedMidway) {
            out.add(
                    new LeaveOut(
                            "joined-midway", "the connection was open before the capture began"));
            return;
        }
        if (!connected) {
            connected = true;
            out.add(Connect.toTarget());
        }
        ByteBuf bytes = captured.bytes();
        int length = bytes.readableBytes();
        if (turn.isPresent() && turn.get().answer().length() > 0) {
            answered(out);
        }
        if (turn.isEmpty()) {
            long time = captured.times().at(captured.offset() + length - 1);
            turn = Optional.of(new Turn(ordinals++, new Burst.Builder()));
            out.add(
                    new Asked(
                            new Request(
                                    turn.get().ordinal(),
                                    "request",
                                    "request",
                                    "request",
                                    time,
                                    true)));
        }
        out.add(Send.request(turn.get().ordinal(), Unpooled.copiedBuffer(bytes.readSlice(length))));
    }

    private void answered(List<SessionAction> out) {
        Turn done = turn.orElseThrow();
        turn = Optional.empty();
        out.add(new Answered(done.ordinal(), Side.TARGET, done.answer().end(), heardNanos));
    }

    /** Nothing more is said; what the target has not answered stays unanswered. */
    private void end(List<SessionAction> out) {
        if (!over) {
            over = true;
            if (turn.isPresent() && turn.get().answer().length() > 0) {
                answered(out);
            }
            out.add(new Close(SessionAction.MAIN_LANE));
        }
    }
}
