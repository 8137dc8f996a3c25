package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnreadBytesTest {
    private final UnreadBytes unread = new UnreadBytes();

    private void append(String text, long time) {
        byte[] bytes = ("??" + text).getBytes(StandardCharsets.US_ASCII);
        unread.append(bytes, 2, text.length(), time);
    }

    private String read(int bytes) {
        ByteBuf view = unread.view();
        String text = view.readCharSequence(bytes, StandardCharsets.US_ASCII).toString();
        assertEquals(bytes, unread.read(view));
        return text;
    }

    @Test
    void onlyWhatIsShownIsSeen() {
        append("abc", 1);
        append("def", 2);
        assertEquals(0, unread.view().readableBytes());
        unread.show(4);
        assertEquals(4, unread.view().readableBytes());
        assertEquals("ab", read(2));
        assertEquals(2, unread.offset());
        assertEquals(2, unread.shownBytes());
        assertEquals(4, unread.size());
        unread.showAll();
        assertEquals("cdef", read(4));
        assertEquals(6, unread.offset());
    }

    @Test
    void everyByteHasItsTime() {
        append("abc", 10);
        append("d", 20);
        append("ef", 30);
        unread.showAll();
        long[] times = {10, 10, 10, 20, 30, 30};
        for (int read = 0; read < times.length; read++) {
            for (int at = read; at < times.length; at++) {
                assertEquals(times[at], unread.at(at), "byte " + at + " after " + read);
            }
            assertEquals(30, unread.at(times.length), "just behind the last");
            read(1);
        }
        assertEquals(30, unread.at(times.length), "all read");
    }

    @Test
    void behindAGapOffsetsAndTimesGoOn() {
        append("ab", 1);
        append("cd", 2);
        append("ef", 3);
        unread.show(2);
        read(1);
        unread.skipTo(12); // b is given up, 10 bytes are missing
        assertEquals(12, unread.offset());
        assertEquals(0, unread.shownBytes());
        unread.show(2);
        assertEquals(2, unread.at(12));
        assertEquals(2, unread.at(13));
        assertEquals(3, unread.at(14));
        assertEquals("cd", read(2));
        unread.skipTo(20);
        unread.show(2);
        assertEquals(3, unread.at(21));
        append("g", 4);
        unread.show(1);
        assertEquals(4, unread.at(22));
        assertEquals("efg", read(3));
        assertEquals(23, unread.offset());
    }

    @Test
    void aGapWithNothingBehindItYetMovesWhatComes() {
        append("ab", 1);
        unread.showAll();
        unread.skipTo(7);
        append("c", 5);
        unread.showAll();
        assertEquals(7, unread.offset());
        assertEquals(5, unread.at(7));
        assertEquals("c", read(1));
    }

    @Test
    void clearedItIsEmpty() {
        append("abc", 1);
        unread.showAll();
        unread.clear();
        assertEquals(0, unread.size());
        assertEquals(0, unread.view().readableBytes());
    }

    private record Stamped(char value, long offset, long time) {}

    /** Against a queue of single bytes, with appends, reads and gaps as they come. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void agreesWithAQueueOfBytes(long seed) {
        Random random = new Random(seed);
        ArrayDeque<Stamped> model = new ArrayDeque<>();
        long end = 0;
        for (int step = 0; step < 2_000; step++) {
            if (random.nextInt(50) == 0) {
                end += random.nextInt(1, 1000);
                model.clear();
                unread.skipTo(end);
            }
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(1, 300); i > 0; i--) {
                char value = (char) random.nextInt('a', 'z');
                text.append(value);
                model.add(new Stamped(value, end++, step));
            }
            append(text.toString(), step);
            unread.showAll();
            for (Stamped expected : model) {
                assertEquals(expected.time(), unread.at(expected.offset()));
            }
            for (int i = random.nextInt(model.size() + 1); i > 0; i--) {
                Stamped expected = model.remove();
                assertEquals(expected.offset(), unread.offset());
                assertEquals(String.valueOf(expected.value()), read(1));
            }
            assertEquals(model.size(), unread.size());
        }
    }

    @Test
    void timesOfLargeUnreadDataAreFoundQuickly() {
        int segments = 100_000;
        for (int i = 0; i < segments; i++) {
            append("x", i);
        }
        unread.showAll();
        // One by one this would be 5 thousand million steps.
        assertTimeoutPreemptively(
                Duration.ofSeconds(5),
                () -> {
                    for (int i = 0; i < segments; i++) {
                        assertEquals(i, unread.at(i));
                    }
                });
    }
}
