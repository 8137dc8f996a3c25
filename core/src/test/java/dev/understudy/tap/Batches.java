package dev.understudy.tap;

import dev.understudy.capture.PacketBatch;
import dev.understudy.wire.LinkLayer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/** Packets whose bytes tell their number. */
final class Batches {
    static final int PACKET_BYTES = 60;

    private static final ShippedBatch.Packer PLAIN = new ShippedBatch.Packer(false);
    private static final ShippedBatch.Packer ZSTD = new ShippedBatch.Packer(true);
    private static final PacketBatch FILLED = ShippedBatch.forCapture();

    private Batches() {}

    /** Packets of these numbers, at times of 1000 ns each. */
    static PacketBatch of(long first, int count) {
        PacketBatch batch = ShippedBatch.forCapture();
        fill(batch, first, count);
        return batch;
    }

    static void fill(PacketBatch batch, long first, int count) {
        for (long number = first; number < first + count; number++) {
            byte[] packet = ByteBuffer.allocate(PACKET_BYTES).putLong(8, number).array();
            batch.add(number * 1_000, LinkLayer.RAW, PACKET_BYTES + 7, packet, 0, packet.length);
        }
    }

    /** The number in packet {@code i}. */
    static long number(PacketBatch batch, int i) {
        return ByteBuffer.wrap(batch.data(), batch.offset(i), batch.capturedLength(i))
                .slice()
                .getLong(8);
    }

    static ByteBuf packed(long first, int count, long kernelDrops, boolean compress) {
        FILLED.clear();
        fill(FILLED, first, count);
        return Unpooled.copiedBuffer((compress ? ZSTD : PLAIN).pack(FILLED, first, kernelDrops));
    }
}
