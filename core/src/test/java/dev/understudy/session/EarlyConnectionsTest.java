package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Answered;
import dev.understudy.protocol.SessionAction.Asked;
import dev.understudy.protocol.SessionAction.Close;
import dev.understudy.protocol.SessionAction.Connect;
import dev.understudy.protocol.SessionAction.Send;
import dev.understudy.protocol.SessionAction.Skipped;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The first of all sessions keeps the others waiting, until its target answers. */
class EarlyConnectionsTest {
    /** What the target did, as the session that is no longer the first was shown it. */
    private final List<String> shown = new ArrayList<>();

    private final ScriptedCopy copy =
            new ScriptedCopy(RunLimits.defaults(), session -> new Letters(session.id()));

    /** A request is a letter, and so is an answer; {@code s} is skipped, {@code e} encrypted. */
    private final class Letters implements ProtocolSession {
        private final boolean first;
        private boolean connected;
        private long asked;
        private long online;
        private long target;

        private Letters(long id) {
            first = id == 1;
        }

        @Override
        public List<SessionAction> on(SessionEvent event) {
            List<SessionAction> out = new ArrayList<>();
            switch (event) {
                case SessionEvent.Captured(Direction direction, ByteBuf in, long at, var times) -> {
                    String letter = in.readCharSequence(1, StandardCharsets.US_ASCII).toString();
                    if (direction == Direction.FROM_CLIENT) {
                        ask(letter, times.at(at), out);
                    } else if (online < asked) {
                        out.add(answer(online++, Side.ONLINE, times.at(at)));
                    }
                }
                case SessionEvent.TargetUp _ -> shown("up");
                case SessionEvent.Target(int _, ByteBuf in, long at, var times) -> {
                    String said =
                            in.readCharSequence(in.readableBytes(), StandardCharsets.US_ASCII)
                                    .toString();
                    shown(said);
                    if (said.equals(".")) {
                        out.add(answer(target++, Side.TARGET, times.at(at)));
                    }
                }
                case SessionEvent.TargetEnd(int _, String reason, long _) -> shown(reason);
                case SessionEvent.CapturedEnd(Direction direction, var _, long _) -> {
                    if (direction == Direction.FROM_SERVER && connected && asked == target) {
                        out.add(new Close(0));
                    }
                }
                default -> {}
            }
            return out;
        }

        private void shown(String what) {
            if (!first) {
                shown.add(what);
            }
        }

        private SessionAction answer(long ordinal, Side side, long time) {
            return new Answered(ordinal, side, new ScriptedCopy.Text("."), time);
        }

        private void ask(String letter, long time, List<SessionAction> out) {
            long ordinal = asked++;
            Request request = new Request(ordinal, letter, letter, letter, time, true);
            if (letter.equals("s")) {
                out.add(new Asked(request));
                out.add(new Skipped(ordinal, "rule"));
                online++;
                target++;
                return;
            }
            if (!connected) {
                connected = true;
                out.add(
                        letter.equals("e")
                                ? new Connect(0, Optional.empty(), true)
                                : Connect.toTarget());
            }
            out.add(new Asked(request));
            out.add(Send.request(ordinal, Unpooled.copiedBuffer(letter, StandardCharsets.UTF_8)));
        }
    }

    private FakeTarget.Connection target(int connection) {
        return copy.target.connection(connection);
    }

    /** A session whose answer the target owes: requests captured from now on wait for it. */
    private FakeTarget.Connection blocked() {
        copy.open().client("a").server(".");
        return target(0).up();
    }

    @Test
    void theConnectionIsThereWhenTheTurnComes() {
        FakeTarget.Connection blocker = blocked();
        copy.open().client("b").server(".");
        assertEquals(2, copy.target.connections());
        target(1).up(42).say("hello");
        assertEquals(List.of(), shown);
        assertEquals("", target(1).log());
        blocker.say(".");
        assertEquals(List.of("up", "hello"), shown);
        assertEquals("b", target(1).log());
        target(1).say(".");
        assertEquals(2, copy.target.connections());
        assertEquals(2, copy.counts().requests().answered());
    }

    @Test
    void whatWasNotUpYetIsToldLater() {
        FakeTarget.Connection blocker = blocked();
        copy.open().client("b").server(".");
        blocker.say(".");
        assertEquals(List.of(), shown);
        target(1).up();
        assertEquals(List.of("up"), shown);
        assertEquals(2, copy.target.connections());
    }

    @Test
    void oneThatTheTargetEndedIsMadeAnew() {
        FakeTarget.Connection blocker = blocked();
        copy.open().client("b").server(".");
        target(1).up().ended("closed");
        blocker.say(".");
        assertEquals(List.of(), shown);
        assertEquals(3, copy.target.connections());
        target(2).up().say(".");
        assertEquals("b", target(2).log());
        assertEquals(2, copy.counts().requests().answered());
    }

    @Test
    void oneOfAnotherKindIsNotTaken() {
        FakeTarget.Connection blocker = blocked();
        copy.open().client("e").server(".");
        blocker.say(".");
        assertEquals("(closed)", target(1).log());
        assertEquals("e", target(2).log());
    }

    @Test
    void aTargetThatSaysTooMuchUnaskedIsNotListenedTo() {
        FakeTarget.Connection blocker = blocked();
        copy.open().client("b").server(".");
        target(1).up().say("x".repeat(64 * 1024)).say("x");
        assertEquals("(closed)", target(1).log());
        blocker.say(".");
        assertEquals("b", target(2).log());
    }

    @Test
    void whereSessionsDoNotConnectNothingIsConnectedEarly() {
        FakeTarget.Connection blocker = blocked();
        ScriptedCopy.Conversation skips = copy.open().client("s").server(".");
        assertEquals(2, copy.target.connections());
        blocker.say(".");
        skips.end();
        assertEquals("(closed)", target(1).log());
        copy.open().client("c").server(".");
        copy.open().client("d").server(".");
        // One has connected, at its turn, since the one in vain: d may be early again.
        assertEquals(4, copy.target.connections());
        assertEquals(Map.of("rule", 1L), copy.counts().requests().skipped());
    }

    @Test
    void onlyTheNextOnesAreConnected() {
        FakeTarget.Connection blocker = blocked();
        int sessions = EarlyConnections.MAX_EARLY + 10;
        for (int i = 0; i < sessions; i++) {
            copy.open().client("b").server(".");
        }
        assertEquals(1 + EarlyConnections.MAX_EARLY, copy.target.connections());
        // One that was asked for makes room for the next.
        blocker.say(".");
        assertEquals("b", target(1).log());
        assertEquals(2 + EarlyConnections.MAX_EARLY, copy.target.connections());
        for (int i = 1; i < copy.target.connections(); i++) {
            target(i).up().say(".");
        }
        assertEquals(1 + sessions, copy.target.connections());
        assertEquals(1 + sessions, copy.counts().requests().answered());
    }
}
