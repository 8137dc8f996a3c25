package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.flow.FlowReader;
import dev.understudy.ledger.Counts;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Announce;
import dev.understudy.protocol.SessionAction.Answered;
import dev.understudy.protocol.SessionAction.Asked;
import dev.understudy.protocol.SessionAction.Await;
import dev.understudy.protocol.SessionAction.CapturedTls;
import dev.understudy.protocol.SessionAction.Close;
import dev.understudy.protocol.SessionAction.Connect;
import dev.understudy.protocol.SessionAction.HalfClose;
import dev.understudy.protocol.SessionAction.Hold;
import dev.understudy.protocol.SessionAction.LeaveOut;
import dev.understudy.protocol.SessionAction.Lost;
import dev.understudy.protocol.SessionAction.Publish;
import dev.understudy.protocol.SessionAction.Resume;
import dev.understudy.protocol.SessionAction.Send;
import dev.understudy.protocol.SessionAction.Skipped;
import dev.understudy.protocol.SessionAction.StartTls;
import dev.understudy.protocol.SessionAction.WakeIn;
import dev.understudy.protocol.SessionAction.Withdraw;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CopySessionTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** Events as the sessions saw them: a letter for the direction, the bytes, the offset. */
    private final List<String> seen = new ArrayList<>();

    private ScriptedCopy copy = scripted(RunLimits.defaults());

    private ScriptedCopy scripted(RunLimits limits) {
        return new ScriptedCopy(limits, context -> new Letters(context.id()));
    }

    private static RunLimits limits(int sessions, long perSession, long inAll) {
        RunLimits usual = RunLimits.defaults();
        return new RunLimits(
                sessions,
                perSession,
                inAll,
                usual.holdMax(),
                usual.orderWaitMax(),
                usual.drain(),
                0,
                usual.connectTimeout(),
                usual.idle(),
                usual.targetFailureShare(),
                usual.targetFailureMinimum());
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    /**
     * A client's letter is a command, as its case says below; what comes else is read and noted. A
     * letter is one request, if it is one; {@code .} of either server is the answer to the next.
     */
    private final class Letters implements ProtocolSession {
        private final long id;
        private long asked;
        private long online;
        private long target;

        private Letters(long id) {
            this.id = id;
        }

        @Override
        public List<SessionAction> on(SessionEvent event) {
            List<SessionAction> out = new ArrayList<>();
            switch (event) {
                case SessionEvent.Captured(Direction direction, ByteBuf in, long at, var t) -> {
                    if (direction == Direction.FROM_CLIENT) {
                        String letter = read(in, 1);
                        note("c:" + letter + "@" + at);
                        command(letter.charAt(0), out);
                    } else {
                        server(in, out, Side.ONLINE, t.at(at));
                    }
                }
                case SessionEvent.CapturedGap(var direction, long at, long length, long _) -> {
                    note("gap:" + direction + "@" + at + "+" + length);
                    if (direction == Direction.FROM_SERVER) {
                        out.add(new LeaveOut("gap", "of the server"));
                    }
                }
                case SessionEvent.CapturedEnd _ -> note("end");
                case SessionEvent.CapturedTlsFailed(var _, String reason) -> note("tls:" + reason);
                case SessionEvent.TargetUp(int lane, long _) -> note("up" + lane);
                case SessionEvent.Target(int lane, ByteBuf in, long at, var t) -> {
                    if (in.getByte(in.readerIndex()) == '?') {
                        note("later");
                        if (seen.contains("wake7")) {
                            in.skipBytes(in.readableBytes());
                        }
                    } else if (in.getByte(in.readerIndex()) == '!') {
                        in.skipBytes(in.readableBytes());
                        out.add(new Hold("late", SECOND.multipliedBy(20)));
                    } else if (lane == 0) {
                        server(in, out, Side.TARGET, t.at(at));
                    } else {
                        note("t" + lane + ":" + read(in, in.readableBytes()) + "@" + at);
                    }
                }
                case SessionEvent.TargetEnd(int lane, String reason, long _) ->
                        note("gone" + lane + ":" + reason);
                case SessionEvent.Known(String key, ByteBuf value) -> {
                    note("known:" + key + "=" + value.toString(StandardCharsets.US_ASCII));
                    if (key.equals("circle")) {
                        out.add(new Await("circle", SECOND));
                    } else if (key.startsWith("chain")) {
                        out.add(new Publish("chain" + (id + 1), bytes("x")));
                    } else {
                        out.add(new Resume());
                    }
                }
                case SessionEvent.Unknown(String key) -> note("unknown:" + key);
                case SessionEvent.Expired(String what, long _) -> note("expired:" + what);
                case SessionEvent.Wakeup(long token, long _) -> {
                    note("wake" + token);
                    out.add(new Resume());
                }
            }
            return out;
        }

        private void note(String what) {
            seen.add(what);
        }

        private void server(ByteBuf in, List<SessionAction> out, Side side, long time) {
            for (char letter : read(in, in.readableBytes()).toCharArray()) {
                note((side == Side.ONLINE ? "s:" : "t:") + letter);
                if (letter == '.') {
                    long ordinal = side == Side.ONLINE ? online++ : target++;
                    out.add(new Answered(ordinal, side, new ScriptedCopy.Text("."), time));
                }
            }
        }

        private void command(char letter, List<SessionAction> out) {
            switch (letter) {
                case 'c' -> out.add(Connect.toTarget());
                case 'C' -> out.add(new Connect(1, Optional.empty(), true));
                case 'q' -> ask(out, true);
                case 'n' -> ask(out, false);
                case 'k' -> {
                    ask(out, true);
                    out.removeLast();
                    out.add(new Skipped(asked - 1, "rule"));
                }
                case 'l' -> {
                    ask(out, true);
                    out.removeLast();
                    out.add(new Lost(asked - 1, "reason"));
                }
                case 'u' -> {
                    ask(out, true);
                    out.removeLast();
                }
                case 'h' -> out.add(new Hold("why", SECOND));
                case 'H' -> {
                    out.add(new Hold("first", SECOND));
                    out.add(new Hold("second", SECOND.multipliedBy(2)));
                }
                case 'w' -> {
                    out.add(new Hold("sleep", Duration.ofSeconds(5)));
                    out.add(new WakeIn(7, SECOND));
                }
                case 'a' -> {
                    out.add(new Hold("value", Duration.ofSeconds(9)));
                    out.add(new Await("key", SECOND));
                }
                case 'o' -> out.add(new Await("key", Duration.ofHours(1)));
                case 'A' -> {
                    out.add(new Announce("chain" + (id + 1)));
                    out.add(new Await("chain" + id, SECOND));
                }
                case 'Q' -> out.add(new Announce("chain" + (id + 1)));
                case 'd' -> out.add(new Announce("key"));
                case 'D' -> out.add(new Withdraw("key"));
                case 'P' -> out.add(new Publish("chain" + (id + 1), bytes("x")));
                case 'p' -> out.add(new Publish("key", bytes("v")));
                case 'e' -> out.add(new Publish("key", bytes("v"), true));
                case 'O' -> {
                    out.add(new Publish("circle", bytes("v")));
                    out.add(new Await("circle", SECOND));
                }
                case 'W' -> {
                    for (int i = 0; i <= SessionTimers.MAX_TIMERS; i++) {
                        out.add(new WakeIn(i, SECOND));
                    }
                }
                case 't' -> out.add(new CapturedTls(Direction.FROM_CLIENT, 1));
                case 'T' -> out.add(new StartTls(0));
                case 'f' -> out.add(new HalfClose(0));
                case 'x' -> out.add(new Close(0));
                case 'X' -> out.add(new Close(1));
                case 'r' -> out.add(new Send(1, bytes("r"), SessionAction.NO_ORDINAL));
                case '!' -> throw new IllegalStateException("a broken plugin");
                case '#' -> throw new AssertionError("a broken plugin");
                case '9' -> out.add(new Answered(9, Side.TARGET, new ScriptedCopy.Text(""), 1));
                case 'L' -> {
                    ByteBuf never = Unpooled.directBuffer(1).writeByte(1);
                    dropped = Optional.of(never);
                    out.add(new LeaveOut("mine", "said so"));
                    out.add(Send.plumbing(never));
                }
                default -> {}
            }
        }

        private void ask(List<SessionAction> out, boolean answerDue) {
            out.add(new Asked(new Request(asked, "q", "q", "q", 1_000, answerDue)));
            out.add(Send.request(asked, bytes("q" + asked)));
            asked++;
        }
    }

    private Optional<ByteBuf> dropped = Optional.empty();

    private static String read(ByteBuf in, int length) {
        return in.readCharSequence(length, StandardCharsets.US_ASCII).toString();
    }

    /** Whatever a test did: in the end nothing is open, nothing kept, and the sums agree. */
    @AfterEach
    void everythingComesToItsEnd() {
        copy.board.giveUp();
        assertEquals(Optional.empty(), copy.ledger.imbalance());
        assertEquals(0, copy.board.openSessions());
        assertEquals(0, copy.copier.backlogSegments());
        assertEquals(0, copy.copier.backlogBytes());
        assertEquals(0, copy.board.keptBytes());
        assertEquals(0, copy.copier.order().waiting());
        assertEquals(0, copy.copier.published().waiting());
        assertEquals(Optional.empty(), copy.board.fault());
    }

    private Map<String, Long> leftOut() {
        return copy.counts().sessions().leftOut();
    }

    @Test
    void unreadBytesAreShownAgainWithTheirOffset() {
        copy.open().client("zy").client("x");
        assertEquals(List.of("c:z@0", "c:y@1", "c:x@2"), seen);
    }

    @Test
    void anExchangeIsJudgedOnceBothHaveAnswered() {
        var talk = copy.open().client("c").client("q");
        copy.target.connection(0).up();
        talk.server(".");
        assertEquals(0, copy.counts().requests().answered());
        copy.target.connection(0).say(".");
        assertEquals(1, copy.counts().requests().same());
        assertEquals("q0", copy.target.connection(0).log());
    }

    @Test
    void aHoldStopsWhatIsCapturedAndNotWhatTheTargetSays() {
        var talk = copy.open().client("c").client("hz").server("s");
        copy.target.connection(0).up().say("a");
        talk.client("y");
        assertEquals(List.of("c:c@0", "c:h@1", "up0", "t:a"), seen);
        copy.pass(SECOND);
        assertEquals(List.of("expired:why", "c:z@2", "s:s", "c:y@3"), seen.subList(4, seen.size()));
        assertEquals(1, copy.counts().holds().get("why").count());
    }

    @Test
    void aWakeupComesDuringAHoldAndMayLiftIt() {
        copy.open().client("w").client("z");
        copy.pass(SECOND);
        assertEquals(List.of("c:w@0", "wake7", "c:z@1"), seen);
        copy.pass(Duration.ofSeconds(10));
        assertEquals(3, seen.size(), "the hold was lifted and does not expire: " + seen);
    }

    @Test
    void aSecondHoldReplacesTheFirst() {
        copy.open().client("H").client("z");
        copy.pass(SECOND);
        assertEquals(List.of("c:H@0"), seen);
        copy.pass(SECOND);
        assertEquals(List.of("c:H@0", "expired:second", "c:z@1"), seen);
        assertEquals(1, copy.counts().holds().get("first").count());
    }

    @Test
    void aValueIsKnownToWhoeverAwaitsIt() {
        var gives = copy.open().client("d");
        var waits = copy.open().client("a");
        gives.client("p");
        copy.turn();
        assertEquals(List.of("c:d@0", "c:a@0", "c:p@1", "known:key=v"), seen);
        assertEquals(0, copy.copier.published().announcements());
        waits.client("a");
        copy.turn();
        assertEquals("known:key=v", seen.getLast(), "at once, from now on");
        copy.pass(Duration.ofSeconds(10));
        assertEquals("known:key=v", seen.getLast(), "and it does not expire");
    }

    @Test
    void aValueThatGoesWithItsSessionIsForgottenHoweverThatEnds() {
        var gives = copy.open().client("e");
        var waits = copy.open().client("o");
        assertEquals("known:key=v", seen.getLast());
        // Core leaves it out by itself, and the plugin is not asked.
        gives.client("!");
        assertEquals(Map.of("plugin-failed", 1L), leftOut());
        waits.client("o");
        assertEquals("unknown:key", seen.getLast());

        var takesBack = copy.open().client("e");
        waits.client("o");
        assertEquals("known:key=v", seen.getLast());
        takesBack.client("D");
        waits.client("o");
        assertEquals("unknown:key", seen.getLast());

        // Another one has given it since: that one's stays.
        takesBack.client("e");
        copy.open().client("e");
        takesBack.client("L");
        waits.client("o");
        assertEquals("known:key=v", seen.getLast());
    }

    @Test
    void aValueThatIsAnnouncedAndNotPublishedExpires() {
        copy.open().client("d");
        copy.open().client("a");
        copy.pass(SECOND);
        assertEquals(List.of("c:d@0", "c:a@0", "expired:key"), seen);
        assertEquals(0, copy.copier.published().waiting());
    }

    @Test
    void aValueThatNobodyHasAnnouncedIsUnknownAtOnce() {
        copy.open().client("a");
        assertEquals(List.of("c:a@0", "unknown:key"), seen);
        assertEquals(0, copy.copier.published().waiting());
    }

    @Test
    void aValueIsUnknownOnceTheLastThatAnnouncedItHasWithdrawn() {
        var one = copy.open().client("ddD").client("d");
        var other = copy.open().client("d");
        copy.open().client("o");
        one.client("D");
        copy.turn();
        assertEquals("c:D@4", seen.getLast(), "the other may still give it");
        other.end();
        copy.turn();
        assertEquals("unknown:key", seen.getLast(), "and has ended without");
        assertEquals(0, copy.copier.published().waiting());
        assertEquals(0, copy.copier.published().announcements());
    }

    @Test
    void whatIsWithdrawnByWhoNeverAnnouncedItStays() {
        copy.open().client("d");
        copy.open().client("D").end();
        copy.open().client("o");
        copy.turn();
        assertEquals("c:o@0", seen.getLast(), "it waits");
    }

    @Test
    void whoeverHasEndedAwaitsNothing() {
        var gives = copy.open().client("d");
        copy.open().client("oL");
        assertEquals(0, copy.copier.published().waiting());
        gives.client("p");
        copy.turn();
        assertEquals(List.of("c:d@0", "c:o@0", "c:L@1", "c:p@1"), seen);
    }

    @Test
    void aSessionThatAwaitsAValueIsNotOverYet() {
        var gives = copy.open().client("d");
        copy.open().client("o").end();
        assertEquals(2, copy.board.openSessions());
        gives.client("p").end();
        copy.turn();
        assertEquals("known:key=v", seen.getLast());
        assertEquals(0, copy.board.openSessions());
        assertEquals(2, copy.counts().sessions().complete());
    }

    @Test
    void aValueMayPassThroughAnyNumberOfSessions() {
        int sessions = 5_000;
        var first = copy.open().client("Q");
        for (int i = 1; i < sessions; i++) {
            copy.open().client("A");
        }
        first.client("P");
        copy.turn();
        assertEquals("known:chain" + sessions + "=x", seen.getLast());
        assertEquals(Map.of(), leftOut());
    }

    @Test
    void capturedTlsCannotBeReadWithoutAKeyLogAndSaysSoBeforeTheNextByte() {
        copy.open().client("tz");
        assertEquals(List.of("c:t@0", "tls:tls"), seen);
        assertEquals(Map.of("tls", 1L), leftOut());
    }

    @Test
    void lanesAreConnectionsOfTheirOwn() {
        copy.open().client("cC").client("r").client("q");
        copy.target.connection(1).up().say("one");
        copy.target.connection(0).up().say("zero");
        assertEquals("q0", copy.target.connection(0).log());
        assertEquals("r", copy.target.connection(1).log());
        assertTrue(seen.containsAll(List.of("up0", "up1", "t1:one@0", "t:z")), seen::toString);
    }

    @Test
    void nothingOfALaneIsShownBehindItsClose() {
        var talk = copy.open().client("c");
        copy.target.connection(0).up().say("?");
        talk.client("x");
        int before = seen.size();
        copy.target.connection(0).say("z").ended("closed");
        talk.client("zz");
        assertEquals(List.of("c:z@2", "c:z@3"), seen.subList(before, seen.size()));
        assertEquals("(closed)", copy.target.connection(0).log());
    }

    @Test
    void aLaneMayBeOpenedAgainAfterItsEnd() {
        var talk = copy.open().client("c");
        copy.target.connection(0).ended("refused");
        talk.client("cq");
        copy.target.connection(1).up();
        assertEquals("q0", copy.target.connection(1).log());
        assertEquals(Map.of(), leftOut());
    }

    @Test
    void tlsAndHalfCloseReachTheLaneInTheirOrder() {
        copy.open().client("cqTqf");
        assertEquals("q0(tls)q1(fin)", copy.target.connection(0).log());
    }

    @Test
    void aPluginThatThrowsIsLeftOutWithItsRequestsLost() {
        for (String fault : List.of("!", "#")) {
            var talk = copy.open().client("cq").client(fault);
            talk.client("z").end();
        }
        assertEquals(Map.of("plugin-failed", 2L), leftOut());
        assertEquals(Map.of("session-left-out", 2L), copy.counts().requests().lost());
        assertEquals("q0(closed)", copy.target.connection(0).log());
    }

    @Test
    void aProtocolThatCannotOpenCostsOneSession() {
        copy =
                new ScriptedCopy(
                        RunLimits.defaults(),
                        context -> {
                            if (context.id() == 1) {
                                throw new IllegalStateException("a broken plugin");
                            }
                            return new Letters(context.id());
                        });
        assertSame(FlowReader.DISCARD, copy.open().reader());
        copy.open().client("z").end();
        assertEquals(Map.of("plugin-failed", 1L), leftOut());
        assertEquals(1, copy.counts().sessions().complete());
    }

    @Test
    void aComparisonThatFailsIsNotCompared() {
        copy.compareBy(
                exchange -> {
                    if (exchange.request().ordinal() == 0) {
                        throw new AssertionError("a broken plugin");
                    }
                    return null;
                });
        copy.open().client("cqq").server("..");
        copy.target.connection(0).up().say("..");
        assertEquals(Map.of("plugin-failed", 2L), copy.counts().requests().notCompared());
        assertEquals(Map.of(), leftOut());
    }

    @Test
    void aPluginThatGoesInCirclesIsLeftOut() {
        copy.open().client("O");
        assertEquals(Map.of("plugin-failed", 1L), leftOut());
    }

    @Test
    void aPluginThatReadsByteByByteDoesNotGoInCircles() {
        copy.open().client("z".repeat(20_000)).end();
        assertEquals(Map.of(), leftOut());
        assertEquals(1, copy.counts().sessions().complete());
    }

    @Test
    void aPluginThatWaitsForTooMuchIsLeftOut() {
        copy.open().client("W");
        assertEquals(Map.of("plugin-failed", 1L), leftOut());
    }

    @Test
    void anAnswerToARequestThatNobodyAskedIsThePluginsFault() {
        copy.open().client("9");
        assertEquals(Map.of("plugin-failed", 1L), leftOut());
    }

    @Test
    void whoeverLeavesOutSendsNothingMore() {
        copy.open().client("cqL").end();
        assertEquals(Map.of("mine", 1L), leftOut());
        assertEquals("q0(closed)", copy.target.connection(0).log());
        assertEquals(0, dropped.orElseThrow().refCnt());
    }

    @Test
    void aGapIsToldAndTheStreamGoesOnBehindIt() {
        copy.open().client("z").gap(Direction.FROM_CLIENT, 5).client("y");
        assertEquals(List.of("c:z@0", "gap:FROM_CLIENT@1+5", "c:y@6"), seen);
    }

    @Test
    void aGapMayEndTheSession() {
        copy.open().client("cq").gap(Direction.FROM_SERVER, 5).server("z");
        assertEquals(Map.of("gap", 1L), leftOut());
    }

    @Test
    void gapsAndBytesThatWaitForAHoldKeepTheirPlaces() {
        copy.open()
                .client("h")
                .client("b")
                .gap(Direction.FROM_CLIENT, 3)
                .client("y")
                .gap(Direction.FROM_CLIENT, 4)
                .client("x");
        copy.pass(SECOND);
        assertEquals(
                List.of(
                        "c:h@0",
                        "expired:why",
                        "c:b@1",
                        "gap:FROM_CLIENT@2+3",
                        "c:y@5",
                        "gap:FROM_CLIENT@6+4",
                        "c:x@10"),
                seen);
    }

    @Test
    void eachWayARequestCanEndIsCountedOnce() {
        var talk = copy.open().client("cqqunkl").server(".");
        copy.target.connection(0).up().say(".");
        talk.end();
        copy.pass(RunLimits.defaults().drain());
        Counts.Requests requests = copy.counts().requests();
        assertEquals(6, requests.captured());
        assertEquals(1, requests.same());
        assertEquals(1, requests.noAnswerDue());
        assertEquals(Map.of("neither", 1L), requests.unanswered());
        assertEquals(Map.of("rule", 1L), requests.skipped());
        assertEquals(Map.of("reason", 1L, "not-sent", 1L), requests.lost());
        assertEquals(Map.of(), leftOut());
    }

    @Test
    void aRequestToALaneThatHasGoneWasNotSent() {
        var talk = copy.open().client("c");
        copy.target.connection(0).up().say("x").ended("closed");
        talk.client("nq").end();
        Counts.Requests requests = copy.counts().requests();
        assertEquals(0, requests.noAnswerDue());
        assertEquals(Map.of("not-sent", 2L), requests.lost());
    }

    @Test
    void aTargetThatClosesFirstLeavesItsRequestsUnanswered() {
        var talk = copy.open().client("cq").server(".");
        copy.target.connection(0).up().ended("reset");
        talk.end();
        assertEquals(Map.of("target-reset", 1L), copy.counts().requests().unanswered());
        assertEquals(1, copy.counts().sessions().complete());
    }

    @Test
    void aTargetThatHasGoneBlocksNoOtherSession() {
        copy.open().client("cq").server(".");
        var other = copy.open().client("c");
        other.client("q");
        assertEquals(1, copy.copier.order().waiting());
        copy.target.connection(0).up().ended("closed");
        assertTrue(seen.contains("c:q@1"), seen::toString);
        assertEquals(0, copy.copier.order().waiting());
    }

    @Test
    void aTargetThatIsFasterThanProductionIsNotLost() {
        for (int i = 0; i < 30; i++) {
            copy.open().client("cq");
            copy.target.connection(i).up().say(".").ended("closed");
        }
        assertEquals(Optional.empty(), copy.board.stopReason());
        for (int i = 30; i < 40; i++) {
            copy.open().client("cq");
            copy.target.connection(i).up().ended("closed");
        }
        assertTrue(copy.board.stopReason().orElseThrow().contains("in a row (closed)"));
    }

    @Test
    void theAnswersTimeCountsFromTheConnectionsReadiness() {
        long[] sent = new long[1];
        copy.compareBy(
                exchange -> {
                    sent[0] = exchange.sentNanos();
                    return new Verdict.Same();
                });
        copy.open().client("cq").server(".");
        copy.target.connection(0).up().say(".");
        assertEquals(5, sent[0], "when the fake target said it was up");
    }

    @Test
    void aFullLaneStopsTheSessionUntilItHasRoom() {
        var talk = copy.open().client("c");
        copy.target.connection(0).up().writable(false);
        talk.client("q").client("q");
        assertEquals("", copy.target.connection(0).log());
        copy.target.connection(0).writable(true);
        assertEquals("q0q1", copy.target.connection(0).log());
    }

    @Test
    void aLaneThatHasRoomAgainWhileItIsFlushedGoesOn() {
        var talk = copy.open().client("c");
        FakeTarget.Connection main = copy.target.connection(0).up().writable(false);
        talk.client("Cq");
        main.onFlush(() -> main.writable(true));
        talk.client("z");
        assertEquals(2, copy.target.connections());
        assertEquals("q0", main.log());
        assertEquals(Map.of(), leftOut());
    }

    @Test
    void aTargetThatReadsNothingMoreIsGivenUp() {
        var talk = copy.open().client("cq");
        copy.target.connection(0).up().writable(false);
        talk.client("q").end();
        copy.pass(RunLimits.defaults().holdMax());
        assertEquals(Map.of("target-stalled", 1L), leftOut());
    }

    @Test
    void whatIsOwedWhenTheDrainIsOverIsATimeout() {
        copy.open().client("cq").server(".").end();
        copy.target.connection(0).up();
        copy.pass(RunLimits.defaults().drain().minusMillis(1));
        assertEquals(1, copy.board.openSessions());
        copy.pass(Duration.ofMillis(1));
        assertEquals(Map.of("target-timeout", 1L), copy.counts().requests().unanswered());
        assertEquals(1, copy.counts().sessions().complete());
    }

    @Test
    void aSessionThatIsGivenUpHalfWayIsNotComplete() {
        copy.open().client("h").client("q").end();
        copy.board.giveUp();
        assertEquals(Map.of("not-finished", 1L), leftOut());
        assertEquals(0, copy.counts().sessions().complete());
    }

    @Test
    void aSessionThatStillHoldsAtTheEndIsNotComplete() {
        copy.open().client("c").end();
        copy.target.connection(0).up().say("!");
        copy.pass(RunLimits.defaults().drain());
        assertEquals(Map.of("not-finished", 1L), leftOut());
        assertEquals(0, copy.counts().sessions().complete());
    }

    @Test
    void aSessionMayKeepSoManyBytesInAllItsStreams() {
        copy = scripted(limits(10, 10, 1000));
        var talk = copy.open().client("ch");
        copy.target.connection(0).up().say("?????");
        talk.client("1234").server("1");
        assertEquals(Map.of(), leftOut());
        talk.server("2");
        assertEquals(Map.of("buffer-limit", 1L), leftOut());
    }

    @Test
    void anAnswerOfTheTargetIsBoundedToo() {
        copy = scripted(limits(10, 10, 1000));
        copy.open().client("c");
        copy.target.connection(0).up().say("?2345678901");
        assertEquals(Map.of("target-buffer-limit", 1L), leftOut());
    }

    @Test
    void whenMemoryIsShortNewSessionsAreLeftOut() {
        copy = scripted(limits(10, 100, 10));
        copy.open().client("c");
        copy.target.connection(0).up().say("?2345678901");
        assertSame(FlowReader.DISCARD, copy.open().reader());
        assertEquals(Map.of("memory", 1L), leftOut());
    }

    @Test
    void thereIsRoomForSoManySessions() {
        copy = scripted(limits(2, 100, 100));
        var first = copy.open();
        copy.open();
        assertSame(FlowReader.DISCARD, copy.open().reader());
        first.end();
        copy.open();
        assertEquals(Map.of("too-many-sessions", 1L), leftOut());
        assertEquals(
                "10.0.0.1:40002",
                copy.counts().sessions().leftOutSamples().getFirst().session().client());
    }

    @Test
    void aSessionNeverWaitsForWhatIsQueuedBehind() {
        // By the stamps the server's bytes come first; they were delivered after the request.
        var talk = copy.open().client("ch");
        talk.client("q");
        copy.back(5);
        talk.server(".");
        copy.pass(SECOND);
        assertEquals("q0", copy.target.connection(0).log());
    }
}
