package dev.understudy.ledger;

import java.util.concurrent.atomic.LongAdder;

/**
 * The books of a run's packets, which its targets have in common. Every method may be called by any
 * thread and none blocks; each packet delivered is to be ended by exactly one call.
 */
public final class PacketLedger {
    private final LongAdder delivered = new LongAdder();
    private final LongAdder used = new LongAdder();
    private final LongAdder repeated = new LongAdder();
    private final LongAdder withoutPayload = new LongAdder();
    private final LongAdder filtered = new LongAdder();
    private final LongAdder notForUs = new LongAdder();
    private final LongAdder malformed = new LongAdder();
    private final LongAdder droppedByKernel = new LongAdder();
    private final LongAdder droppedByTaps = new LongAdder();

    /** The source handed over a packet; one of the six calls that follow says what became of it. */
    public void delivered() {
        delivered.increment();
    }

    /** Its payload went into a stream. */
    public void used() {
        used.increment();
    }

    /**
     * All of its payload was there already: a retransmission, or the same packet captured twice.
     */
    public void repeated() {
        repeated.increment();
    }

    /** A segment of a flow that carried no payload. */
    public void withoutPayload() {
        withoutPayload.increment();
    }

    /** Refused by a filter of this process. */
    public void filtered() {
        filtered.increment();
    }

    /** Of other addresses, other ports or another protocol than the online servers'. */
    public void notForUs() {
        notForUs.increment();
    }

    /** Cut, or its headers lie. */
    public void malformed() {
        malformed.increment();
    }

    /** The kernel says it dropped {@code n} more packets since it was last asked. */
    public void droppedByKernel(long n) {
        droppedByKernel.add(n);
    }

    /** Taps dropped {@code n} more packets for want of room. */
    public void droppedByTaps(long n) {
        droppedByTaps.add(n);
    }

    Counts.Packets counts() {
        return new Counts.Packets(
                delivered.sum(),
                used.sum(),
                repeated.sum(),
                withoutPayload.sum(),
                filtered.sum(),
                notForUs.sum(),
                malformed.sum(),
                droppedByKernel.sum(),
                droppedByTaps.sum());
    }
}
