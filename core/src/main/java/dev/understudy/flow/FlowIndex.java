package dev.understudy.flow;

import java.util.random.RandomGenerator;

/**
 * Finds a flow by its addresses and ports: open addressing, no allocation for a look-up. Clients
 * choose their ports, so the hash is seeded; nobody can aim at one slot.
 */
final class FlowIndex {
    private static final int INITIAL_SLOTS = 256;

    private final long seed = RandomGenerator.getDefault().nextLong();
    private TrackedFlow[] slots = new TrackedFlow[INITIAL_SLOTS];
    private int size;

    /** The flow with this key, or {@code absent}. */
    TrackedFlow find(
            long clientHigh,
            long clientLow,
            long serverHigh,
            long serverLow,
            int ports,
            TrackedFlow absent) {
        int mask = slots.length - 1;
        int slot = (int) hash(clientHigh, clientLow, serverHigh, serverLow, ports) & mask;
        for (TrackedFlow flow = slots[slot]; flow != null; flow = slots[slot]) {
            if (flow.hasKey(clientHigh, clientLow, serverHigh, serverLow, ports)) {
                return flow;
            }
            slot = (slot + 1) & mask;
        }
        return absent;
    }

    /** Adds a flow whose key is not there. */
    void add(TrackedFlow flow) {
        if (++size > slots.length / 2) {
            grow();
        }
        place(flow);
    }

    /** Takes out a flow that is there, and closes the row behind it. */
    void remove(TrackedFlow flow) {
        int mask = slots.length - 1;
        int hole = hash(flow) & mask;
        while (slots[hole] != flow) {
            hole = (hole + 1) & mask;
        }
        int slot = (hole + 1) & mask;
        while (slots[slot] != null) {
            int home = hash(slots[slot]) & mask;
            // It may move to the hole unless its home lies between the two.
            if (((slot - home) & mask) >= ((slot - hole) & mask)) {
                slots[hole] = slots[slot];
                hole = slot;
            }
            slot = (slot + 1) & mask;
        }
        slots[hole] = null;
        size--;
    }

    private void grow() {
        TrackedFlow[] before = slots;
        slots = new TrackedFlow[before.length * 2];
        for (TrackedFlow flow : before) {
            if (flow != null) {
                place(flow);
            }
        }
    }

    private void place(TrackedFlow flow) {
        int mask = slots.length - 1;
        int slot = hash(flow) & mask;
        while (slots[slot] != null) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = flow;
    }

    private int hash(TrackedFlow flow) {
        return (int)
                hash(flow.clientHigh, flow.clientLow, flow.serverHigh, flow.serverLow, flow.ports);
    }

    /** All 64 bits are well mixed. */
    long hash(long clientHigh, long clientLow, long serverHigh, long serverLow, int ports) {
        long mixed = mix(seed ^ clientHigh);
        mixed = mix(mixed ^ clientLow);
        mixed = mix(mixed ^ serverHigh);
        mixed = mix(mixed ^ serverLow);
        return mix(mixed ^ ports);
    }

    /** Stafford's variant 13 of the finalizer of MurmurHash3. */
    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
