package dev.understudy.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.capture.PacketBatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Both ends' accounts over a link that breaks at any time, with whatever was under way lost, both
 * ways: each packet is shown once, in order, or counted as dropped.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LossModelTest {
    private static final int STEPS = 4_000;

    /** Large packets fill the buffer while the link is down. */
    private static final int PACKET_BYTES = 20_000;

    private static final byte[] PACKET = new byte[PACKET_BYTES];

    private final Feed feed = new Feed();
    private final ArrayDeque<ByteBuf> toCopier = new ArrayDeque<>();
    private final ArrayDeque<Long> toTap = new ArrayDeque<>();
    private final List<Long> shown = new ArrayList<>();
    private final PacketBatch batch = ShippedBatch.forCapture();
    private final ShippedBatch.Packer packer = new ShippedBatch.Packer(false);
    private final PacketBatch polled = new PacketBatch();
    private long captured;
    private long droppedForRoom;
    private long resent;
    private boolean up;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void eachPacketIsShownOnceOrCounted(long seed) {
        Random random = new Random(seed);
        try (Backlog backlog = new Backlog(Backlog.BLOCK_BYTES)) {
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(8)) {
                    case 0, 1 -> capture(backlog, 1 + random.nextInt(5));
                    case 2, 3 -> send(backlog, random.nextInt(4));
                    case 4, 5 -> arrive(random.nextInt(4));
                    case 6 -> takeAnswers(backlog, random.nextInt(4));
                    default -> {
                        poll();
                        // Often down for long, so that the buffer fills.
                        if (random.nextInt(up ? 40 : 20) == 0) {
                            breakOrMend(backlog, random);
                        }
                    }
                }
            }
            if (!up) {
                breakOrMend(backlog, random);
            }
            while (!backlog.isEmpty()) {
                send(backlog, 10);
                arrive(10);
                takeAnswers(backlog, 10);
            }
            feed.bye(new TapFrame.Bye(captured, 0));
            poll();
            assertEquals(0, backlog.packets());
        }
        assertEquals(captured, shown.size() + feed.droppedByTap());
        assertEquals(droppedForRoom, feed.droppedByTap());
        assertEquals(shown.stream().sorted().distinct().toList(), shown, "once, and in order");
        assertTrue(droppedForRoom > 0, "nothing was dropped: the model tries too little");
        assertTrue(resent > 0, "nothing was resent: the model tries too little");
        assertEquals(0, feed.heldBytes());
    }

    private void capture(Backlog backlog, int count) {
        batch.clear();
        for (int i = 0; i < count; i++) {

            batch.add(captured + i, 101, PACKET_BYTES, PACKET, 0, PACKET_BYTES);
        }
        var packed = packer.pack(batch, captured, 0);
        if (!backlog.add(packed, captured, count)) {
            droppedForRoom += count;
        }
        captured += count;
    }

    private void send(Backlog backlog, int most) {
        for (int i = 0; up && i < most; i++) {
            backlog.next().ifPresent(batch -> toCopier.add(Unpooled.copiedBuffer(batch)));
        }
    }

    private void arrive(int most) {
        for (int i = 0; i < most && !toCopier.isEmpty(); i++) {
            ShippedBatch arriving = ShippedBatch.decode(toCopier.poll());
            if (arriving.next() <= feed.taken()) {
                resent++;
            }
            feed.arrived(arriving, 1);
            toTap.add(feed.taken());
        }
    }

    private void takeAnswers(Backlog backlog, int most) {
        for (int i = 0; i < most && !toTap.isEmpty(); i++) {
            assertTrue(backlog.taken(toTap.poll()), "whole batches are taken");
        }
    }

    private void breakOrMend(Backlog backlog, Random random) {
        up = !up;
        toCopier.clear();
        toTap.clear();
        backlog.rewind();
        if (up && feed.wanted() != TapFrame.Resume.FRESH && random.nextBoolean()) {
            assertTrue(backlog.taken(feed.wanted()));
        }
    }

    private void poll() {
        while (feed.hasPacket()) {
            polled.clear();
            assertTrue(feed.moveNext(polled));
            shown.add(polled.timeNanos(0));
        }
    }
}
