package dev.understudy.protocol.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Announce;
import dev.understudy.protocol.SessionAction.Await;
import dev.understudy.protocol.SessionAction.Hold;
import dev.understudy.protocol.SessionAction.Publish;
import dev.understudy.protocol.SessionAction.Resume;
import dev.understudy.protocol.SessionAction.Withdraw;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.session.ValueMapping.Found;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ValueMappingTest {
    private static final Duration MAX = Duration.ofSeconds(3);

    private final ValueMapping mapping = new ValueMapping("cas", MAX);
    private final List<SessionAction> out = new ArrayList<>();

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private <A extends SessionAction> A only(Class<A> kind) {
        assertEquals(1, out.size(), out::toString);
        A action = assertInstanceOf(kind, out.getFirst());
        out.clear();
        return action;
    }

    private void nothing() {
        assertEquals(List.of(), out);
    }

    private void gave(Side side, long ordinal, String value) {
        mapping.gave(side, ordinal, "cas/key", bytes(value), out);
    }

    private Found find(String value) {
        return mapping.find("cas/key", bytes(value), out);
    }

    /** Asks for a value; the key it is awaited by. */
    private String awaited(String value) {
        assertInstanceOf(Found.Awaited.class, find(value));
        String key =
                out.stream()
                        .filter(Await.class::isInstance)
                        .map(Await.class::cast)
                        .findFirst()
                        .orElseThrow()
                        .key();
        out.clear();
        return key;
    }

    @Test
    void whatBothSidesGaveIsAPair() {
        gave(Side.ONLINE, 0, "17");
        String key = only(Announce.class).key();
        gave(Side.TARGET, 0, "3");
        Publish pair = only(Publish.class);
        assertEquals(key, pair.key());
        assertArrayEquals(bytes("3"), ByteBufUtil.getBytes(pair.value()));
        mapping.answered(Side.ONLINE, 0, out);
        mapping.answered(Side.TARGET, 0, out);
        nothing();
    }

    @Test
    void theTargetMayBeFirst() {
        gave(Side.TARGET, 0, "3");
        mapping.answered(Side.TARGET, 0, out);
        nothing();
        gave(Side.ONLINE, 0, "17");
        assertArrayEquals(bytes("3"), ByteBufUtil.getBytes(only(Publish.class).value()));
    }

    @Test
    void whatTheTargetDoesNotGiveIsWithdrawn() {
        gave(Side.ONLINE, 0, "17");
        String key = only(Announce.class).key();
        mapping.answered(Side.ONLINE, 0, out);
        nothing();
        mapping.answered(Side.TARGET, 0, out);
        assertEquals(key, only(Withdraw.class).key());
    }

    @Test
    void whatOnlineGivesAfterTheTargetHasAnsweredWithoutItIsNotAnnounced() {
        mapping.answered(Side.TARGET, 0, out);
        gave(Side.ONLINE, 0, "17");
        nothing();
    }

    @Test
    void aRequestThatEndsWithoutTheTargetsAnswerWithdraws() {
        gave(Side.ONLINE, 4, "17");
        String key = only(Announce.class).key();
        mapping.gone(4, out);
        assertEquals(key, only(Withdraw.class).key());
        mapping.gone(4, out);
        nothing();
    }

    @Test
    void aSlotToldAnewByOneSideHoldsItsLastValue() {
        gave(Side.ONLINE, 0, "17");
        String first = only(Announce.class).key();
        gave(Side.ONLINE, 0, "18");
        assertEquals(first, ((Withdraw) out.removeFirst()).key());
        String second = only(Announce.class).key();
        gave(Side.TARGET, 0, "3");
        assertEquals(second, only(Publish.class).key());
    }

    @Test
    void aRequestWaitsForItsValueOnce() {
        assertInstanceOf(Found.Awaited.class, find("17"));
        assertEquals(new Hold("cas", MAX), out.removeFirst());
        String key = only(Await.class).key();
        assertInstanceOf(Found.Awaited.class, find("17"));
        nothing();
        assertTrue(mapping.isAwaiting());
        assertTrue(
                mapping.on(new SessionEvent.Known(key, Unpooled.wrappedBuffer(bytes("3"))), out));
        only(Resume.class);
        assertFalse(mapping.isAwaiting());
        assertArrayEquals(
                bytes("3"), assertInstanceOf(Found.Known.class, find("17")).targetValue());
        mapping.used();
        assertInstanceOf(Found.Awaited.class, find("17"), "the next request asks anew");
    }

    @Test
    void aRequestWaitsForAllItsValues() {
        String one = awaited("17");
        assertInstanceOf(Found.Awaited.class, find("18"));
        String other = only(Await.class).key();
        assertTrue(mapping.on(new SessionEvent.Unknown(other), out));
        nothing();
        assertTrue(mapping.on(new SessionEvent.Expired(one, 1), out));
        only(Resume.class);
        assertInstanceOf(Found.Expired.class, find("17"));
        assertInstanceOf(Found.Unknown.class, find("18"));
    }

    @Test
    void aHoldThatExpiresEndsAllWaits() {
        String key = awaited("17");
        assertTrue(mapping.on(new SessionEvent.Expired("cas", 1), out));
        nothing();
        assertInstanceOf(Found.Expired.class, find("17"));
        assertFalse(mapping.on(new SessionEvent.Unknown(key), out), "too late");
        nothing();
    }

    @Test
    void eventsOfOthersAreLeftAlone() {
        awaited("17");
        assertFalse(mapping.on(new SessionEvent.Expired("login", 1), out));
        assertFalse(mapping.on(new SessionEvent.Unknown("cookie/x"), out));
        assertFalse(mapping.on(new SessionEvent.Wakeup(1, 1), out));
        nothing();
    }

    @Test
    void keysTellSlotsApartAndHideValues() {
        gave(Side.ONLINE, 0, "secret");
        String one = only(Announce.class).key();
        mapping.gave(Side.ONLINE, 0, "cas/other", bytes("secret"), out);
        String other = only(Announce.class).key();
        assertNotEquals(one, other);
        assertTrue(one.startsWith("cas/"), one);
        assertFalse(one.contains("secret"), one);
        assertFalse(new Found.Known(bytes("secret")).toString().contains("secret"));
    }

    @Test
    void thereIsRoomForSoManyOpenValues() {
        for (int i = 0; i < ValueMapping.MAX_OPEN; i++) {
            mapping.gave(Side.ONLINE, i, "cas/key", bytes("1"), out);
        }
        out.clear();
        mapping.gave(Side.ONLINE, -1, "cas/key", bytes("1"), out);
        nothing();
        mapping.gone(0, out);
        only(Withdraw.class);
        mapping.gave(Side.ONLINE, -2, "cas/key", bytes("1"), out);
        only(Announce.class);
    }
}
