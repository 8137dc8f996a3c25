package dev.understudy.plugins;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Answered;
import dev.understudy.protocol.SessionAction.LeaveOut;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Verdict;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DetectedProtocolTest {
    private static final InetSocketAddress PEER =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

    private final DetectedProtocol detected =
            new DetectedProtocol(
                    Map.of("alpha", new Lettered("alpha", 'A'), "beta", new Lettered("beta", 'B')),
                    name -> new RunContext(Settings.empty(name), PEER, PEER, 0));

    private record Text(String describe) implements Reply {}

    /** A protocol whose client speaks first, and begins with two of its letter. */
    private record Lettered(String name, char letter) implements Protocol {
        @Override
        public Set<Integer> usualPorts() {
            return Set.of();
        }

        @Override
        public Detection detect(Direction direction, ByteBuf bytes) {
            for (int i = 0; i < Math.min(2, bytes.readableBytes()); i++) {
                if (bytes.getByte(bytes.readerIndex() + i) != letter) {
                    return Detection.NO_MATCH;
                }
            }
            return bytes.readableBytes() < 2 ? Detection.NEED_MORE : Detection.MATCH;
        }

        @Override
        public Preparation prepare(RunContext run) {
            return new Preparation(List.of(), List.of(name + " by " + run.settings()));
        }

        @Override
        public Preparation refresh(RunContext run) {
            return new Preparation(List.of(), List.of(name + " again by " + run.settings()));
        }

        @Override
        public Duration refreshInterval() {
            return Duration.ofSeconds(letter);
        }

        @Override
        public ProtocolSession open(SessionContext session) {
            return event ->
                    event instanceof SessionEvent.Captured captured
                            ? List.of(
                                    new Answered(
                                            0,
                                            Side.ONLINE,
                                            new Text(
                                                    captured.bytes()
                                                            .readCharSequence(
                                                                    captured.bytes()
                                                                            .readableBytes(),
                                                                    StandardCharsets.US_ASCII)
                                                            .toString()),
                                            0))
                            : List.of();
        }

        @Override
        public Verdict compare(Exchange exchange, Optional<Reply> control) {
            return new Verdict.NotCompared(name + " " + exchange.online().describe());
        }
    }

    private Playbook session(boolean joinedMidway) {
        return Playbook.of(
                detected.open(
                        new SessionContext(
                                new RunContext(Settings.empty(""), PEER, PEER, 0),
                                1,
                                PEER,
                                PEER,
                                joinedMidway,
                                0,
                                0)));
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    @Test
    void whatWasCapturedBeforeTheDecisionIsPlayedIn() {
        Playbook story = session(false).client(text("B")).expectNothing().client(text("B!"));
        Answered answered = assertInstanceOf(Answered.class, story.actions().getFirst());
        assertEquals("BB!", answered.reply().describe());
    }

    @Test
    void answersAreComparedByTheProtocolThatReadThem() {
        Reply reply = session(false).client(text("AA")).all(Answered.class).getFirst().reply();
        Exchange exchange =
                new Exchange(new Request(0, "", "", "", 0, true), reply, reply, 0, 0, 0);
        assertEquals(
                new Verdict.NotCompared("alpha AA"), detected.compare(exchange, Optional.empty()));
    }

    @Test
    void whatNobodyKnowsIsLeftOut() {
        SessionAction action = session(false).client(text("C")).actions().getFirst();
        assertEquals("unknown-protocol", assertInstanceOf(LeaveOut.class, action).reason());
    }

    @Test
    void theMiddleOfAConnectionTellsNothing() {
        SessionAction action = session(true).client(text("AA")).actions().getFirst();
        assertEquals("joined-midway", assertInstanceOf(LeaveOut.class, action).reason());
    }

    @Test
    void eachCandidateIsPreparedByItsOwnSettings() {
        assertEquals(
                Set.of("alpha by Settings[alpha: []]", "beta by Settings[beta: []]"),
                Set.copyOf(
                        detected.prepare(new RunContext(Settings.empty(""), PEER, PEER, 0))
                                .warnings()));
    }

    @Test
    void eachCandidateIsRefreshedAsOftenAsTheMostCurious() {
        assertEquals(
                Set.of("alpha again by Settings[alpha: []]", "beta again by Settings[beta: []]"),
                Set.copyOf(
                        detected.refresh(new RunContext(Settings.empty(""), PEER, PEER, 0))
                                .warnings()));
        assertEquals(Duration.ofSeconds('A'), detected.refreshInterval());
    }
}
