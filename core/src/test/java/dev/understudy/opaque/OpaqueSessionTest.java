package dev.understudy.opaque;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Answered;
import dev.understudy.protocol.SessionAction.Asked;
import dev.understudy.protocol.SessionAction.Close;
import dev.understudy.protocol.SessionAction.HalfClose;
import dev.understudy.protocol.SessionAction.Hold;
import dev.understudy.protocol.SessionAction.LeaveOut;
import dev.understudy.protocol.SessionAction.Send;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.Verdict;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OpaqueSessionTest {
    private static final SessionEvent CLIENT_FIN =
            new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.FIN, 1);
    private static final SessionEvent SERVER_FIN =
            new SessionEvent.CapturedEnd(Direction.FROM_SERVER, StreamEnd.FIN, 1);
    private static final SessionEvent TARGET_CLOSED =
            new SessionEvent.TargetEnd(SessionAction.MAIN_LANE, "closed", 1);

    private final Playbook book = Playbook.of(new OpaqueSession(false));

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    private List<String> sent() {
        return book.all(Send.class).stream()
                .map(send -> send.bytes().toString(StandardCharsets.US_ASCII))
                .toList();
    }

    /** What core would make of the requests, in order: the verdict's kind, or what is missing. */
    private List<String> verdicts() {
        List<String> verdicts = new ArrayList<>();
        for (Asked asked : book.all(Asked.class)) {
            Optional<Answered> online = answer(asked, Side.ONLINE);
            Optional<Answered> target = answer(asked, Side.TARGET);
            verdicts.add(
                    online.isEmpty()
                            ? "no online answer"
                            : target.isEmpty()
                                    ? "no target answer"
                                    : verdict(asked, online.get().reply(), target.get().reply()));
        }
        return verdicts;
    }

    private Optional<Answered> answer(Asked asked, Side side) {
        return book.all(Answered.class).stream()
                .filter(a -> a.ordinal() == asked.request().ordinal() && a.side() == side)
                .findFirst();
    }

    private static String verdict(Asked asked, Reply online, Reply target) {
        Exchange exchange = new Exchange(asked.request(), online, target, 1, 1, 1);
        return switch (new OpaqueTcp().compare(exchange, Optional.empty())) {
            case Verdict.Same() -> "same";
            case Verdict.Different(String kind, String _, String _) -> kind;
            case Verdict.NotCompared(String reason) -> reason;
        };
    }

    @Test
    void bytesGoToTheTargetUnchangedAndInHeapBuffers() {
        book.client(bytes("ab")).client(bytes("cd"));
        assertEquals(List.of("ab", "cd"), sent());
        // A direct buffer that is dropped somewhere would never come back.
        assertTrue(book.all(Send.class).stream().allMatch(send -> send.bytes().hasArray()));
    }

    @Test
    void aServerThatSpeaksFirstIsAskedByTheConnection() {
        book.server(bytes("hello")).targetUp().target(bytes("hello")).client(bytes("q"));
        book.server(bytes("a")).target(bytes("a")).on(CLIENT_FIN).on(SERVER_FIN);
        assertEquals(List.of("same", "same"), verdicts());
    }

    @Test
    void aGreetingOfTheTargetMayComeBeforeProductions() {
        book.client(bytes("q")).targetUp().target(bytes("a")).server(bytes("a"));
        book.on(CLIENT_FIN).on(SERVER_FIN);
        assertEquals(List.of("same"), verdicts());
    }

    @Test
    void theNextRequestWaitsForTheTargetsAnswer() {
        book.client(bytes("q1")).server(bytes("a1")).client(bytes("q2"));
        assertTrue(book.held());
        assertEquals(List.of("q1"), sent());
        book.target(bytes("a"));
        assertTrue(book.held());
        book.target(bytes("1"));
        assertFalse(book.held());
        assertEquals(List.of("q1", "q2"), sent());
    }

    @Test
    void pipelinedRequestsThatAreAnsweredAlikeAreTheSame() {
        // The target answers both before production's second answer is seen.
        book.client(bytes("q1")).client(bytes("q2")).target(bytes("a1a2"));
        book.server(bytes("a1")).client(bytes("q3")).server(bytes("a2a3")).target(bytes("a3"));
        book.on(CLIENT_FIN).on(SERVER_FIN);
        assertEquals(List.of("same", "same"), verdicts());
    }

    @Test
    void aLongerAnswerIsDifferentAndDoesNotSpoilTheNext() {
        book.client(bytes("q1")).server(bytes("a1")).client(bytes("q2")).target(bytes("a1, more"));
        book.server(bytes("a2")).target(bytes("a2")).on(CLIENT_FIN).on(SERVER_FIN);
        assertEquals(List.of("length", "same"), verdicts());
    }

    @Test
    void aShorterAnswerIsComparedOnceItsTimeIsOver() {
        book.client(bytes("q1")).server(bytes("a1")).client(bytes("q2")).target(bytes("a"));
        assertTrue(book.held());
        book.on(new SessionEvent.Expired("answer", 1));
        assertEquals(List.of("q1", "q2"), sent());
        book.server(bytes("a2")).target(bytes("a2")).on(CLIENT_FIN).on(SERVER_FIN);
        assertEquals(List.of("length", "same"), verdicts());
    }

    @Test
    void aTargetThatSaysNothingIsUnansweredAndNotDifferent() {
        book.client(bytes("q1")).server(bytes("a1"));
        book.on(new SessionEvent.TargetEnd(SessionAction.MAIN_LANE, "refused", 1));
        book.on(CLIENT_FIN).on(SERVER_FIN);
        assertEquals(List.of("no target answer"), verdicts());
        assertEquals(1, book.all(Close.class).size());
    }

    @Test
    void aTargetThatHasGoneIsNotWaitedFor() {
        book.client(bytes("q1")).server(bytes("a1")).target(bytes("a")).on(TARGET_CLOSED);
        book.client(bytes("q2"));
        assertFalse(book.held());
        assertEquals(List.of("length"), verdicts());
        assertEquals("target-ended", book.all(LeaveOut.class).getFirst().reason());
    }

    @Test
    void theTargetsTimeIsItsOwnAndNotTheCaptures() {
        book.client(bytes("q")).target(bytes("a")).server(bytes("a")).on(SERVER_FIN);
        Asked asked = book.all(Asked.class).getFirst();
        long online = answer(asked, Side.ONLINE).orElseThrow().timeNanos();
        long target = answer(asked, Side.TARGET).orElseThrow().timeNanos();
        assertTrue(target < online, "the target answered first, at " + target + " of " + online);
    }

    @Test
    void aClientThatLeavesAfterItsAnswerLeavesNoPortBehind() {
        book.client(bytes("q")).server(bytes("a")).on(CLIENT_FIN).on(SERVER_FIN);
        assertEquals(List.of(), book.all(Close.class), "the target's answer is still owed");
        book.target(bytes("a"));
        assertEquals(1, book.all(Close.class).size());
        // A FIN of ours would leave the port in TIME_WAIT; an early one may cost the answer.
        assertEquals(List.of(), book.all(HalfClose.class));
    }

    @Test
    void aServerThatWaitsForTheEndOfTheRequestIsToldIt() {
        book.client(bytes("q")).on(CLIENT_FIN);
        assertEquals(1, book.all(HalfClose.class).size());
        book.server(bytes("a")).on(SERVER_FIN).target(bytes("a"));
        assertEquals(List.of("same"), verdicts());
        assertEquals(1, book.all(Close.class).size());
    }

    @Test
    void aServerThatGoesOnBehindTheClientsEndIsToldItAsWell() {
        book.client(bytes("q")).server(bytes("a")).on(CLIENT_FIN).server(bytes("b"));
        assertEquals(1, book.all(HalfClose.class).size());
    }

    @Test
    void aConnectionThatWasBrokenOffIsClosedOnce() {
        for (Direction direction : Direction.values()) {
            book.on(new SessionEvent.CapturedEnd(direction, StreamEnd.RESET, 1));
        }
        assertEquals(List.of(), book.all(Close.class), "nothing was connected");
        Playbook asked = Playbook.of(new OpaqueSession(false)).client(bytes("q"));
        for (Direction direction : Direction.values()) {
            asked.on(new SessionEvent.CapturedEnd(direction, StreamEnd.RESET, 1));
        }
        assertEquals(1, asked.all(Close.class).size());
    }

    @Test
    void whatCannotBeCopiedIsLeftOutWithItsReason() {
        book.client(bytes("q")).on(new SessionEvent.CapturedGap(Direction.FROM_CLIENT, 1, 7, 1));
        LeaveOut gap = assertInstanceOf(LeaveOut.class, book.actions().getFirst());
        assertEquals("gap", gap.reason());
        assertEquals("7 bytes FROM_CLIENT are missing at 1", gap.detail());
        Playbook midway = Playbook.of(new OpaqueSession(true)).client(bytes("q"));
        assertEquals("joined-midway", midway.all(LeaveOut.class).getFirst().reason());
        assertEquals(List.of(), midway.all(Hold.class));
    }
}
