package dev.understudy.protocol.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Side;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InOrderTest {
    private final InOrder<String> order = new InOrder<>(2);

    @Test
    void eachSideAnswersInTheOrderOfItsRequests() {
        order.add(Side.ONLINE, "first");
        order.add(Side.ONLINE, "not sent");
        order.add(Side.TARGET, "first");
        assertEquals("first", order.take(Side.ONLINE));
        assertEquals(Optional.of("not sent"), order.next(Side.ONLINE));
        assertEquals(Optional.of("first"), order.next(Side.TARGET));
        assertEquals("first", order.take(Side.TARGET));
        assertEquals(Optional.empty(), order.next(Side.TARGET));
        assertEquals(1, order.size(Side.ONLINE));
        order.clear(Side.ONLINE);
        assertEquals(0, order.size(Side.ONLINE));
    }

    @Test
    void anAnswerToNothingIsAFault() {
        order.add(Side.ONLINE, "asked");
        assertThrows(NoSuchElementException.class, () -> order.take(Side.TARGET));
    }

    @Test
    void noMoreRequestsThanItHasRoomFor() {
        order.add(Side.TARGET, "one");
        assertFalse(order.isFull(Side.TARGET));
        order.add(Side.TARGET, "two");
        assertTrue(order.isFull(Side.TARGET));
        assertFalse(order.isFull(Side.ONLINE));
        assertThrows(IllegalStateException.class, () -> order.add(Side.TARGET, "three"));
    }
}
