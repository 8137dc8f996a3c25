package dev.understudy.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.capture.PacketBatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.CorruptedFrameException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShippedBatchTest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void packetsComeOutAsTheyWentIn(boolean compress) {
        ByteBuf wire = Batches.packed(7, 300, 5, compress);
        assertEquals(
                compress, wire.readableBytes() < 300 * Batches.PACKET_BYTES / 2, "packed or not");
        ShippedBatch batch = ShippedBatch.decode(wire);
        assertEquals(7, batch.first());
        assertEquals(307, batch.next());
        assertEquals(5, batch.droppedByKernel());
        PacketBatch sent = Batches.of(7, 300);
        PacketBatch out = new PacketBatch();
        long ahead = 250;
        while (batch.hasMore()) {
            assertTrue(batch.moveNext(out, ahead));
        }
        assertEquals(sent.count(), out.count());
        for (int i = 0; i < sent.count(); i++) {
            assertEquals(Batches.number(sent, i), Batches.number(out, i));
            assertEquals(sent.timeNanos(i) - ahead, out.timeNanos(i));
            assertEquals(sent.originalLength(i), out.originalLength(i));
            assertEquals(sent.capturedLength(i), out.capturedLength(i));
            assertEquals(sent.linkType(i), out.linkType(i));
        }
    }

    @Test
    void aFullBatchOfNoiseIsShippedAsItIs() {
        PacketBatch full = ShippedBatch.forCapture();
        byte[] noise = new byte[PacketBatch.MAX_PACKET_BYTES];
        Random random = new Random(1);
        while (full.hasRoom(noise.length)) {
            random.nextBytes(noise);
            full.add(1, 101, noise.length, noise, 0, noise.length);
        }
        assertEquals(2, full.count());
        ByteBuf wire = Unpooled.wrappedBuffer(new ShippedBatch.Packer(true).pack(full, 0, 0));
        assertEquals(ShippedBatch.HEADER_BYTES + 2 * (18 + noise.length), wire.readableBytes());
        assertEquals(2, ShippedBatch.decode(wire).next());
    }

    @Test
    void whatDoesNotFitStaysForTheNextPoll() {
        ShippedBatch batch = ShippedBatch.decode(Batches.packed(0, 3, 0, false));
        PacketBatch small = new PacketBatch(PacketBatch.MAX_PACKET_BYTES, 2);
        assertTrue(batch.moveNext(small, 0));
        assertTrue(batch.moveNext(small, 0));
        assertFalse(batch.moveNext(small, 0));
        small.clear();
        assertTrue(batch.moveNext(small, 0));
        assertEquals(2, Batches.number(small, 0));
        assertFalse(batch.hasMore());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cutAtEveryByteItIsRefused(boolean compress) {
        ByteBuf whole = Batches.packed(0, 4, 0, compress);
        for (int length = 0; length < whole.readableBytes(); length++) {
            ByteBuf cut = whole.copy(0, length);
            assertThrows(CorruptedFrameException.class, () -> ShippedBatch.decode(cut), "cut");
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # lie                          | at | int written there
                    first packet below 0           | 0  | -1
                    no packets                     | 8  | 0
                    more packets than there are    | 8  | 5
                    fewer packets than there are   | 8  | 3
                    a million packets              | 8  | 1000000
                    drops below 0                  | 12 | -1
                    a longer body                  | 20 | 400
                    a shorter body                 | 20 | 100
                    a body of a gigabyte           | 20 | 1073741824
                    a body below 0                 | 20 | -5
                    a packet past the end          | 37 | 100000
                    a packet of less than nothing  | 37 | -20
                    a packet that hides the rest   | 37 | 138
                    """)
    void lyingLengthsAreRefused(String lie, int at, int written) {
        ByteBuf batch = Batches.packed(0, 4, 0, false);
        batch.setInt(at, written);
        assertThrows(CorruptedFrameException.class, () -> ShippedBatch.decode(batch), lie);
    }

    @Test
    void aBodyThatUnpacksToMoreThanItSaysIsRefused() {
        ByteBuf batch = Batches.packed(0, 4000, 0, true);
        batch.setInt(8, 10);
        batch.setInt(20, 10 * (18 + Batches.PACKET_BYTES));
        assertThrows(CorruptedFrameException.class, () -> ShippedBatch.decode(batch));
    }

    @Test
    void garbageIsNeverMoreThanAnException() {
        Random random = new Random(11);
        int whole = 0;
        for (int i = 0; i < 5_000; i++) {
            ByteBuf batch = Batches.packed(0, 2, 0, i % 2 == 0);
            for (int hits = 0; hits < 3; hits++) {
                batch.setByte(random.nextInt(batch.readableBytes()), random.nextInt(256));
            }
            try {
                ShippedBatch read = ShippedBatch.decode(batch);
                PacketBatch out = new PacketBatch();
                while (read.hasMore()) {
                    read.moveNext(out, 0);
                }
                whole++;
            } catch (CorruptedFrameException expected) {
                assertTrue(expected.getMessage() != null);
            }
        }
        assertTrue(whole > 0, "some hits do no harm");
    }
}
