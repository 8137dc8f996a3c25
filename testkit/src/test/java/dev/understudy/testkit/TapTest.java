package dev.understudy.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.flow.FlowEnd;
import dev.understudy.flow.FlowReader;
import dev.understudy.protocol.Direction;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TapTest {
    private static final InetSocketAddress CLIENT =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);
    private static final InetSocketAddress SERVER =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 3306);

    private final List<String> told = new ArrayList<>();
    private final List<Long> stamps = new ArrayList<>();
    private final Tap tap = new Tap();

    private final class Listening implements FlowReader {
        private final String name;

        private Listening(String name) {
            this.name = name;
        }

        @Override
        public void bytes(
                Direction direction,
                byte[] data,
                int offset,
                int length,
                long streamOffset,
                long timeNanos) {
            String text = new String(data, offset, length, StandardCharsets.UTF_8);
            told.add(name + " " + direction + " " + streamOffset + " " + text);
            stamps.add(timeNanos);
        }

        @Override
        public void gap(Direction direction, long streamOffset, long length, long timeNanos) {
            told.add("gap");
        }

        @Override
        public void end(Direction direction, FlowEnd how, long timeNanos) {
            told.add(name + " " + direction + " " + how);
            stamps.add(timeNanos);
        }
    }

    private void begin() {
        tap.begin(
                Runnable::run,
                (flow, _) -> new Listening(String.valueOf(flow.client().getPort() - 40_000)),
                () -> true);
    }

    private static void bytes(Tap.TappedFlow flow, Direction direction, String text) {
        byte[] buffer = (text + "junk behind").getBytes(StandardCharsets.UTF_8);
        flow.bytes(direction, buffer, text.length());
    }

    private Tap.TappedFlow open(int client) {
        return tap.opened(new InetSocketAddress(CLIENT.getAddress(), 40_000 + client), SERVER);
    }

    @Test
    void bytesAreToldInOrderWithOffsetsAndTimesThatNeverGoBack() {
        begin();
        Tap.TappedFlow one = open(1);
        Tap.TappedFlow two = open(2);
        bytes(one, Direction.FROM_CLIENT, "ask");
        bytes(two, Direction.FROM_CLIENT, "hello");
        bytes(one, Direction.FROM_SERVER, "answer");
        bytes(one, Direction.FROM_CLIENT, "again");
        one.end(Direction.FROM_CLIENT, FlowEnd.FIN);
        one.end(FlowEnd.RST);
        bytes(one, Direction.FROM_SERVER, "too late");
        assertEquals(
                List.of(
                        "1 FROM_CLIENT 0 ask",
                        "2 FROM_CLIENT 0 hello",
                        "1 FROM_SERVER 0 answer",
                        "1 FROM_CLIENT 3 again",
                        "1 FROM_CLIENT FIN",
                        "1 FROM_SERVER RST"),
                told);
        assertEquals(stamps.stream().sorted().toList(), stamps);
    }

    @Test
    void aStopEndsEachOpenFlowOnceAndThenNothingIsTold() {
        begin();
        Tap.TappedFlow flow = open(1);
        bytes(flow, Direction.FROM_CLIENT, "ask");
        flow.end(Direction.FROM_CLIENT, FlowEnd.FIN);
        tap.stop().join();
        bytes(flow, Direction.FROM_SERVER, "answer");
        flow.end(Direction.FROM_SERVER, FlowEnd.FIN);
        bytes(open(2), Direction.FROM_CLIENT, "ask");
        assertEquals(
                List.of("1 FROM_CLIENT 0 ask", "1 FROM_CLIENT FIN", "1 FROM_SERVER CAPTURE_ENDED"),
                told);
    }

    @Test
    void whatIsNotBegunIsNotTold() {
        bytes(open(1), Direction.FROM_CLIENT, "ask");
        tap.awaitRoom();
        assertEquals(List.of(), told);
    }

    @Test
    void readingWaitsForRoomAndForTheEnd() throws Exception {
        AtomicBoolean room = new AtomicBoolean();
        tap.begin(Runnable::run, (_, _) -> FlowReader.DISCARD, room::get);
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        Thread reader =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    tap.awaitRoom();
                                    first.countDown();
                                    room.set(false);
                                    tap.awaitRoom();
                                    second.countDown();
                                });
        assertFalse(first.await(50, TimeUnit.MILLISECONDS), "read without room");
        room.set(true);
        assertTrue(first.await(20, TimeUnit.SECONDS), "never read on");
        assertFalse(second.await(50, TimeUnit.MILLISECONDS), "read without room");
        tap.close();
        assertTrue(second.await(20, TimeUnit.SECONDS), "waits behind the end");
        reader.join();
    }
}
