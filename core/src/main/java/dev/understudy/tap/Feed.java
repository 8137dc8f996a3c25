package dev.understudy.tap;

import dev.understudy.capture.PacketBatch;
import io.netty.handler.codec.CorruptedFrameException;
import java.util.ArrayDeque;
import java.util.OptionalLong;

/**
 * What a copier knows of one capture of a tap, over all links it came by: which packet it waits
 * for, what was lost, and what nobody has polled yet. Not thread safe.
 */
final class Feed {
    private static final long UNKNOWN = -1;

    private final ArrayDeque<Arrived> waiting = new ArrayDeque<>();
    private long expected = UNKNOWN;
    private long kernelDropsBefore;
    private long droppedByKernel;
    private long droppedByTap;
    private long packets;
    private long heldBytes;
    private long arrivedNanos;
    private boolean ended;
    private OptionalLong clockOffsetNanos = OptionalLong.empty();

    private record Arrived(ShippedBatch batch, long atNanos) {}

    /** What to ask a tap for, as in {@link TapFrame.Resume}. */
    long wanted() {
        return expected == UNKNOWN ? TapFrame.Resume.FRESH : expected;
    }

    /** Number of the first packet that was not taken; only after one was. */
    long taken() {
        return Math.max(0, expected);
    }

    /**
     * A batch has come; one that was taken before is not taken again.
     *
     * @param nowNanos of {@link System#nanoTime}
     * @throws CorruptedFrameException where its numbers cannot be
     */
    void arrived(ShippedBatch batch, long nowNanos) {
        if (ended) {
            throw new CorruptedFrameException("packets behind the last one");
        }
        if (expected == UNKNOWN) {
            // What came before belongs to whoever took it.
            expected = batch.first();
            kernelDropsBefore = expected == 0 ? 0 : batch.droppedByKernel();
        }
        if (batch.next() <= expected) {
            return;
        }
        if (batch.first() < expected) {
            throw new CorruptedFrameException(
                    "packets from %d on, and %d is awaited".formatted(batch.first(), expected));
        }
        droppedByTap += batch.first() - expected;
        packets += batch.next() - batch.first();
        expected = batch.next();
        kernelDrops(batch.droppedByKernel());
        heldBytes += batch.bytes();
        arrivedNanos = nowNanos;
        waiting.add(new Arrived(batch, nowNanos));
    }

    /** The tap's capture has ended. */
    void bye(TapFrame.Bye bye) {
        if (expected == UNKNOWN) {
            expected = 0;
        }
        if (bye.packets() < expected) {
            throw new CorruptedFrameException(
                    "%d packets in all, and %d have come".formatted(bye.packets(), expected));
        }
        droppedByTap += bye.packets() - expected;
        expected = bye.packets();
        kernelDrops(bye.droppedByKernel());
        ended = true;
    }

    private void kernelDrops(long sinceItsBegin) {
        droppedByKernel = Math.max(droppedByKernel, sinceItsBegin - kernelDropsBefore);
    }

    /** How far the tap's clock is ahead of this host's: measured once, so that time never jumps. */
    void clockIsAhead(long nanos) {
        if (clockOffsetNanos.isEmpty()) {
            clockOffsetNanos = OptionalLong.of(nanos);
        }
    }

    long clockOffsetNanos() {
        return clockOffsetNanos.orElse(0);
    }

    /** Whether the clock was looked at. */
    boolean knowsClock() {
        return clockOffsetNanos.isPresent();
    }

    /** Whether somebody may poll a packet. */
    boolean hasPacket() {
        return !waiting.isEmpty();
    }

    /** When the next packet was captured, by this host's clock; only if {@link #hasPacket}. */
    long nextTimeNanos() {
        return waiting.element().batch().nextTimeNanos() - clockOffsetNanos();
    }

    /**
     * Since when the next packet is here, of {@link System#nanoTime}; only if {@link #hasPacket}.
     */
    long nextHereSinceNanos() {
        return waiting.element().atNanos();
    }

    /** When a batch came last, of {@link System#nanoTime}; 0 for never. */
    long lastArrivalNanos() {
        return arrivedNanos;
    }

    /** As {@link ShippedBatch#moveNext}. */
    boolean moveNext(PacketBatch into) {
        ShippedBatch batch = waiting.element().batch();
        if (!batch.moveNext(into, clockOffsetNanos())) {
            return false;
        }
        if (!batch.hasMore()) {
            waiting.remove();
            heldBytes -= batch.bytes();
        }
        return true;
    }

    /** Bytes of batches not yet polled. */
    long heldBytes() {
        return heldBytes;
    }

    long packets() {
        return packets;
    }

    long droppedByKernel() {
        return droppedByKernel;
    }

    /** Packets that the tap could not keep until they were taken. */
    long droppedByTap() {
        return droppedByTap;
    }

    /** Whether the tap has said that its capture has ended. */
    boolean ended() {
        return ended;
    }
}
