package dev.understudy.protocol.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Await;
import dev.understudy.protocol.SessionAction.CapturedTls;
import dev.understudy.protocol.SessionAction.Close;
import dev.understudy.protocol.SessionAction.Connect;
import dev.understudy.protocol.SessionAction.Hold;
import dev.understudy.protocol.SessionAction.LeaveOut;
import dev.understudy.protocol.SessionAction.Publish;
import dev.understudy.protocol.SessionAction.Resume;
import dev.understudy.protocol.SessionAction.Send;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.StreamEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The parts of the contract that a protocol with one connection and one state does not need. */
class PlaybookTest {
    private static final Duration MAX = Duration.ofSeconds(1);

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    private static String word(ByteBuf in) {
        return in.readCharSequence(4, StandardCharsets.US_ASCII).toString();
    }

    /**
     * Words of four letters. A client's {@code node} opens lane 1; {@code take} needs the token
     * that another session's {@code make} got from its target on lane 1; {@code stls} turns the
     * captured client to TLS. Every word goes to lane 0.
     */
    private static final class Words implements ProtocolSession {
        private final List<String> seen = new ArrayList<>();

        @Override
        public List<SessionAction> on(SessionEvent event) {
            return switch (event) {
                case SessionEvent.Captured(Direction direction, ByteBuf in, long at, var _) ->
                        in.readableBytes() < 4 ? List.of() : captured(direction, word(in), at);
                case SessionEvent.Target(int lane, ByteBuf in, long at, var _) ->
                        in.readableBytes() < 4 ? List.of() : target(lane, word(in), at);
                case SessionEvent.Known(String key, ByteBuf value) ->
                        List.of(new Resume(), Send.plumbing(value.copy()));
                case SessionEvent.Expired(String what, long _) ->
                        List.of(new LeaveOut("expired", what));
                case SessionEvent.Unknown(String key) -> List.of(new LeaveOut("unknown", key));
                case SessionEvent.CapturedTlsFailed(Direction direction, String reason) ->
                        List.of(new LeaveOut("tls", direction + " " + reason));
                case SessionEvent.CapturedGap(Direction _, long offset, long length, long _) -> {
                    seen.add("gap@" + offset + "+" + length);
                    yield List.of();
                }
                case SessionEvent.CapturedEnd _ -> {
                    seen.add("end");
                    yield List.of();
                }
                case SessionEvent.TargetUp _, SessionEvent.TargetEnd _, SessionEvent.Wakeup _ ->
                        List.of();
            };
        }

        private List<SessionAction> captured(Direction direction, String word, long at) {
            seen.add((direction == Direction.FROM_CLIENT ? "c:" : "s:") + word + "@" + at);
            return switch (word) {
                case "node" -> List.of(new Connect(1, Optional.empty(), true));
                case "make" -> List.of(new Send(1, bytes("make"), SessionAction.NO_ORDINAL));
                case "take" -> List.of(new Hold("token", MAX), new Await("token", MAX));
                case "stls" -> List.of(new CapturedTls(direction, at + 4));
                case "quit" -> List.of(new Close(1));
                default -> List.of();
            };
        }

        private List<SessionAction> target(int lane, String word, long at) {
            seen.add("t" + lane + ":" + word + "@" + at);
            return lane == 1 ? List.of(new Publish("token", bytes(word))) : List.of();
        }
    }

    private final Words words = new Words();
    private final Playbook book = Playbook.of(words);

    @Test
    void lanesHaveStreamsOfTheirOwn() {
        book.client(bytes("node"))
                .expect(new Connect(1, Optional.empty(), true))
                .on(new SessionEvent.TargetUp(1, 5))
                .client(bytes("make"))
                .expect(new Send(1, bytes("make"), SessionAction.NO_ORDINAL))
                .target(1, bytes("to"))
                .expectNothing()
                .target(0, bytes("main"))
                .expectNothing()
                .target(1, bytes("k1"))
                .expect(new Publish("token", bytes("tok1")));
        assertEquals(List.of("c:node@0", "c:make@4", "t0:main@0", "t1:tok1@0"), words.seen);
    }

    @Test
    void aLaneThatWasClosedBeginsAnew() {
        book.client(bytes("node")).target(1, bytes("to")).client(bytes("quit"));
        book.expect(new Close(1)).target(1, bytes("tok2"));
        assertEquals(List.of("c:node@0", "c:quit@4", "t1:tok2@0"), words.seen);
    }

    @Test
    void whatIsCapturedDuringAHoldWaitsInItsOrder() {
        book.client(bytes("take")).expect(new Hold("token", MAX), new Await("token", MAX));
        assertTrue(book.held());
        book.server(bytes("ans1"))
                .expectNothing()
                .client(bytes("next"))
                .expectNothing()
                .on(new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.FIN, 9))
                .expectNothing();
        assertEquals(4, book.unread(Direction.FROM_CLIENT));
        book.on(new SessionEvent.Known("token", bytes("tok1")))
                .expect(new Resume(), Send.plumbing(bytes("tok1")));
        assertFalse(book.held());
        assertEquals(List.of("c:take@0", "s:ans1@0", "c:next@4", "end"), words.seen);
    }

    @Test
    void aHoldThatExpiresIsLifted() {
        book.client(bytes("take")).client(bytes("next"));
        book.on(new SessionEvent.Expired("token", 7)).expect(new LeaveOut("expired", "token"));
        assertFalse(book.held());
    }

    @Test
    void capturedTlsThatCannotBeReadIsToldAndEndsTheSession() {
        book.client(bytes("stls"))
                .expect(new CapturedTls(Direction.FROM_CLIENT, 4))
                .on(new SessionEvent.CapturedTlsFailed(Direction.FROM_CLIENT, "no-keys"))
                .expect(new LeaveOut("tls", "FROM_CLIENT no-keys"));
    }

    @Test
    void aGapTakesWhatWasLeftUnreadAndMovesTheOffset() {
        book.client(bytes("worda"))
                .on(new SessionEvent.CapturedGap(Direction.FROM_CLIENT, 5, 3, 1))
                .client(bytes("next"));
        assertEquals(List.of("c:word@0", "gap@5+3", "c:next@8"), words.seen);
    }

    @Test
    void aSessionThatGoesInCirclesFailsItsStory() {
        Playbook circles =
                Playbook.of(
                        event ->
                                event instanceof SessionEvent.Captured
                                        ? List.of(new Hold("x", MAX))
                                        : List.of(new Resume()));
        circles.client(bytes("a"));
        assertThrows(AssertionError.class, () -> circles.target(bytes("b")));
    }

    @Test
    void anotherActionThanExpectedNamesBoth() {
        book.client(bytes("node"));
        AssertionError error = assertThrows(AssertionError.class, book::expectNothing);
        assertTrue(error.getMessage().contains("Connect[lane=1"), error.getMessage());
    }

    @Test
    void whatALaneLeftUnreadGoesWhenItIsConnectedAgain() {
        List<Integer> shown = new ArrayList<>();
        Playbook play =
                Playbook.of(
                        event -> {
                            if (event
                                    instanceof
                                    SessionEvent.Target(int _, ByteBuf in, long _, var _)) {
                                shown.add(in.readableBytes());
                            }
                            return event instanceof SessionEvent.Wakeup
                                    ? List.of(new Connect(1, Optional.empty(), false))
                                    : List.of();
                        });
        play.target(1, bytes("ab"));
        play.on(new SessionEvent.TargetEnd(1, "closed", 0));
        play.on(new SessionEvent.Wakeup(0, 0));
        play.target(1, bytes("c"));
        assertEquals(List.of(2, 2, 1), shown);
    }
}
