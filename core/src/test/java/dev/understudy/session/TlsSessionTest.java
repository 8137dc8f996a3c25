package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.CapturedTls;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.tls.KeyTable;
import dev.understudy.tls.TlsTranscript;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a protocol's session is shown of captured TLS, by transcripts of OpenSSL. */
class TlsSessionTest {
    private static final Duration KEY_WAIT = Duration.ofSeconds(2);
    private static final String HELLO = "hello";

    private final KeyTable keys = new KeyTable(KeyTable.Limits.defaults());
    private final TlsReading reading = new TlsReading(keys, KEY_WAIT);
    private final List<String> seen = new ArrayList<>();
    private final ScriptedCopy copy =
            new ScriptedCopy(RunLimits.defaults(), _ -> new Reader(), reading);

    /**
     * Notes what it is shown. A client's {@code S} is a request for TLS from there on, a {@code Z}
     * one from a byte on that nobody has seen.
     */
    private final class Reader implements ProtocolSession {
        private long serverRead;

        @Override
        public List<SessionAction> on(SessionEvent event) {
            switch (event) {
                case SessionEvent.Captured(Direction direction, ByteBuf in, long at, var _) -> {
                    boolean client = direction == Direction.FROM_CLIENT;
                    if (client && in.getByte(in.readerIndex()) == 'Z') {
                        return List.of(new CapturedTls(Direction.FROM_CLIENT, at + 100));
                    }
                    if (client && in.getByte(in.readerIndex()) == 'S') {
                        in.skipBytes(1);
                        return List.of(
                                new CapturedTls(Direction.FROM_CLIENT, at + 1),
                                new CapturedTls(Direction.FROM_SERVER, serverRead));
                    }
                    int length = in.readableBytes();
                    String text = in.readCharSequence(length, StandardCharsets.US_ASCII).toString();
                    seen.add((client ? "c:" : "s:") + text.strip() + "@" + at);
                    serverRead = client ? serverRead : at + length;
                }
                case SessionEvent.CapturedEnd end -> seen.add("end " + end.direction());
                case SessionEvent.CapturedGap gap -> seen.add("gap " + gap.direction());
                case SessionEvent.CapturedTlsFailed failed -> seen.add("tls " + failed.reason());
                case SessionEvent.TargetUp _,
                        SessionEvent.Target _,
                        SessionEvent.TargetEnd _,
                        SessionEvent.Known _,
                        SessionEvent.Unknown _,
                        SessionEvent.Expired _,
                        SessionEvent.Wakeup _ -> {}
            }
            return List.of();
        }
    }

    @AfterEach
    void everythingComesToItsEnd() {
        copy.board.giveUp();
        assertEquals(Optional.empty(), copy.ledger.imbalance());
        assertEquals(0, copy.board.openSessions());
        assertEquals(0, copy.copier.backlogBytes());
        assertEquals(0, copy.board.keptBytes());
        assertEquals(0, copy.copier.order().waiting());
        assertEquals(Optional.empty(), copy.board.fault());
    }

    private Map<String, Long> leftOut() {
        return copy.counts().sessions().leftOut();
    }

    private static void tell(ScriptedCopy.Conversation talk, List<TlsTranscript.Written> written) {
        for (TlsTranscript.Written each : written) {
            talk.bytes(each.direction(), ByteBufUtil.getBytes(each.bytes()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tls12-gcm128", "tls12-cbc128-sha", "tls13-gcm256", "tls13-retry"})
    void whatBeginsWithAHelloIsShownInPlain(String name) {
        TlsTranscript transcript = TlsTranscript.of(name);
        transcript.tell(keys);
        tell(copy.open(), transcript.written());
        assertEquals(
                List.of(
                        "c:first question@0",
                        "s:noitseuq tsrif@0",
                        "end FROM_CLIENT",
                        "end FROM_SERVER"),
                seen);
        assertEquals(Map.of(), leftOut());
        assertTrue(reading.tables().toString().contains("sessions of TLS 1."));
    }

    @Test
    void aHelloIsToldHoweverItIsCut() {
        TlsTranscript transcript = TlsTranscript.of("tls13-chacha20");
        transcript.tell(keys);
        byte[] first = ByteBufUtil.getBytes(transcript.written().getFirst().bytes());
        for (int cut = 1; cut < 20; cut++) {
            seen.clear();
            var talk = copy.open();
            talk.bytes(Direction.FROM_CLIENT, Arrays.copyOf(first, cut));
            talk.bytes(Direction.FROM_CLIENT, Arrays.copyOfRange(first, cut, first.length));
            tell(talk, transcript.written().subList(1, transcript.written().size()));
            assertEquals("c:first question@0", seen.getFirst(), "cut at " + cut);
            assertEquals(4, seen.size(), "cut at " + cut);
        }
    }

    @Test
    void whatOnlyBeginsLikeAHelloIsShownAsItIs() {
        copy.open().client("\u0016").end();
        assertEquals(List.of("c:\u0016@0", "end FROM_CLIENT", "end FROM_SERVER"), seen);
        seen.clear();
        copy.open().client("\u0016").server("x").client("y");
        assertEquals(List.of("c:\u0016@0", "s:x@0", "c:y@1"), seen);
        seen.clear();
        copy.open().client("\u0016").gap(Direction.FROM_CLIENT, 5);
        assertEquals(List.of("c:\u0016@0", "gap FROM_CLIENT"), seen);
    }

    @Test
    void aProtocolTurnsToTlsWhereItSays() {
        TlsTranscript transcript = TlsTranscript.of("tls12-cbc256-sha384");
        transcript.tell(keys);
        var talk = copy.open().server(HELLO);
        byte[] first = ByteBufUtil.getBytes(transcript.written().getFirst().bytes());
        byte[] withRequest = new byte[first.length + 1];
        withRequest[0] = 'S';
        System.arraycopy(first, 0, withRequest, 1, first.length);
        talk.bytes(Direction.FROM_CLIENT, withRequest);
        tell(talk, transcript.written().subList(1, transcript.written().size()));
        assertEquals(
                List.of(
                        "s:hello@0",
                        "c:first question@1",
                        "s:noitseuq tsrif@5",
                        "end FROM_CLIENT",
                        "end FROM_SERVER"),
                seen);
    }

    @Test
    void secretsThatComeLaterAreWaitedFor() {
        TlsTranscript transcript = TlsTranscript.of("tls13-gcm128");
        keys.expect();
        var talk = copy.open();
        tell(talk, transcript.written());
        copy.pass(KEY_WAIT.dividedBy(2));
        assertEquals(List.of(), seen);
        transcript.tell(keys);
        copy.pass(Duration.ofMillis(100));
        assertEquals(List.of("c:first question@0", "s:noitseuq tsrif@0"), seen.subList(0, 2));
        assertEquals(1, copy.counts().holds().get("tls-keys").count());
        assertEquals(Map.of(), leftOut());
        copy.pass(KEY_WAIT.multipliedBy(2));
        assertEquals(4, seen.size(), "and the wait has ended: " + seen);
    }

    @Test
    void secretsThatDoNotComeLeaveTheSessionOut() {
        TlsTranscript transcript = TlsTranscript.of("tls12-gcm128");
        keys.expect();
        tell(copy.open(), transcript.written());
        copy.pass(KEY_WAIT);
        assertEquals(List.of("tls no-keys"), seen);
        assertEquals(Map.of("no-keys", 1L), leftOut());
        assertEquals(1, copy.counts().holds().get("tls-keys").count());
    }

    @Test
    void whoeverWaitsForSecretsWhenTheRunEndsLacksThem() {
        TlsTranscript transcript = TlsTranscript.of("tls12-gcm128");
        keys.expect();
        tell(copy.open(), transcript.written());
        copy.board.giveUp();
        assertEquals(Map.of("no-keys", 1L), leftOut());
    }

    @Test
    void withoutAKeyLogItIsLeftOutAndToldWhatToDo() {
        tell(copy.open(), TlsTranscript.of("tls12-gcm128").written());
        assertEquals(List.of("tls tls"), seen);
        assertEquals(Map.of("tls", 1L), leftOut());
        assertTrue(copy.ledger.counts().sessions().toString().contains("tls"));
    }

    @Test
    void aGapWithinTlsLeavesTheSessionOut() {
        TlsTranscript transcript = TlsTranscript.of("tls13-gcm128");
        transcript.tell(keys);
        var talk = copy.open();
        List<TlsTranscript.Written> written = transcript.written();
        tell(talk, written.subList(0, written.size() - 3));
        talk.gap(Direction.FROM_SERVER, 3);
        assertEquals("tls gap", seen.getLast());
        assertEquals(Map.of("gap", 1L), leftOut());
    }

    @Test
    void aGapBehindTheEndIsNone() {
        TlsTranscript transcript = TlsTranscript.of("tls13-gcm128");
        transcript.tell(keys);
        var talk = copy.open();
        tell(talk, transcript.written());
        talk.gap(Direction.FROM_SERVER, 3).end();
        assertEquals(Map.of(), leftOut());
        assertEquals(4, seen.size(), seen::toString);
    }

    @Test
    void wrongSecretsAreNamedAndNotShown() {
        TlsTranscript transcript = TlsTranscript.of("tls13-chacha20");
        String last = transcript.keys().getLast();
        for (String line : transcript.keys()) {
            keys.add(line.substring(0, line.length() - 8) + "00000000", 0);
        }
        tell(copy.open(), transcript.written());
        assertEquals(Map.of("wrong-keys", 1L), leftOut());
        assertFalse(reading.tables().toString().contains(last.substring(90, 100)));
    }

    @Test
    void othersDoNotWaitForASessionThatLacksItsSecrets() {
        keys.expect();
        tell(copy.open(), TlsTranscript.of("tls12-gcm128").written());
        copy.open().client("plain");
        assertEquals(List.of("c:plain@0"), seen);
    }

    @Test
    void aPluginThatTurnsToTlsWhereNothingWasShownIsAtFault() {
        keys.expect();
        copy.open().client("Z");
        assertEquals(List.of("tls plugin-failed"), seen);
        assertEquals(Map.of("plugin-failed", 1L), leftOut());
    }
}
