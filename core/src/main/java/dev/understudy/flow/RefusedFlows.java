package dev.understudy.flow;

/**
 * Flows that nobody wants, remembered as long as they go on: else each packet would offer them
 * anew. Of each there are 16 bytes: of its key 64 bits of a seeded hash (that two of a million
 * flows have them in common happens in one of some ten million tables), the number the client began
 * with, and a deadline. Times are capture times.
 */
final class RefusedFlows {
    /** Flows remembered at once, of which the memory, twice as many slots, is 32 MiB. */
    static final int MAX_FLOWS = 1 << 20;

    /** No slot. */
    static final int NONE = -1;

    private static final int INITIAL_SLOTS = 256;
    private static final long SECOND_NANOS = 1_000_000_000L;

    /** How often those past their deadline are looked for. */
    private static final int SWEEP_SECONDS = 10;

    private final int maxFlows;
    private final int idleSeconds;
    private final int openingSeconds;
    private final int lingerSeconds;

    /** 0 stands for a free slot. */
    private long[] keys = new long[INITIAL_SLOTS];

    /** The client's first numbers. */
    private int[] starts = new int[INITIAL_SLOTS];

    /** Seconds, and in the lowest bit whether the flow has ended. */
    private int[] deadlines = new int[INITIAL_SLOTS];

    private int size;
    private long originNanos = Long.MIN_VALUE;
    private int sweptSecond;

    /**
     * Nothing is remembered yet.
     *
     * @param idleNanos without a packet after which a flow is forgotten
     * @param openingNanos the same while there was nothing but SYNs: of a flood of them each would
     *     hold a place
     * @param lingerNanos after its end
     */
    RefusedFlows(int maxFlows, long idleNanos, long openingNanos, long lingerNanos) {
        this.maxFlows = maxFlows;
        idleSeconds = seconds(idleNanos);
        openingSeconds = seconds(openingNanos);
        lingerSeconds = seconds(lingerNanos);
    }

    private static int seconds(long nanos) {
        return Math.toIntExact((nanos + SECOND_NANOS - 1) / SECOND_NANOS);
    }

    int size() {
        return size;
    }

    /**
     * Whether there is no room for another: what begins midway may then be one that was refused.
     */
    boolean full() {
        return size >= maxFlows;
    }

    /**
     * Remembers a flow; false where there is no room.
     *
     * @param start of the client's stream
     * @param opening whether it begins with a SYN
     */
    boolean add(long hash, int start, boolean opening, long now) {
        if (full()) {
            return false;
        }
        if (++size > keys.length / 2) {
            grow();
        }
        place(key(hash), start, (second(now) + (opening ? openingSeconds : idleSeconds)) << 1);
        return true;
    }

    /** Where a flow with this hash is, or {@link #NONE}. */
    int find(long hash, long now) {
        long key = key(hash);
        int mask = keys.length - 1;
        int slot = (int) key & mask;
        while (keys[slot] != 0) {
            if (keys[slot] == key) {
                if (deadlines[slot] >> 1 > second(now)) {
                    return slot;
                }
                remove(slot);
                return NONE;
            }
            slot = (slot + 1) & mask;
        }
        return NONE;
    }

    boolean startsAt(int slot, int start) {
        return starts[slot] == start;
    }

    /**
     * A packet of it has come; behind its end, too, what is repeated late is its own.
     *
     * @param opening whether it is a SYN, which may be repeated
     */
    void seen(int slot, boolean opening, boolean end, long now) {
        int second = second(now);
        if (end || (deadlines[slot] & 1) == 1) {
            deadlines[slot] = (second + lingerSeconds) << 1 | 1;
        } else if (opening) {
            deadlines[slot] = Math.max(deadlines[slot], (second + openingSeconds) << 1);
        } else {
            deadlines[slot] = (second + idleSeconds) << 1;
        }
    }

    /** Takes one out, and closes the row behind it. */
    void remove(int slot) {
        int mask = keys.length - 1;
        int hole = slot;
        int next = (hole + 1) & mask;
        while (keys[next] != 0) {
            int home = (int) keys[next] & mask;
            // It may move to the hole unless its home lies between the two.
            if (((next - home) & mask) >= ((next - hole) & mask)) {
                keys[hole] = keys[next];
                starts[hole] = starts[next];
                deadlines[hole] = deadlines[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        keys[hole] = 0;
        size--;
    }

    /** Forgets those that are due, now and then. */
    void sweep(long now) {
        int second = second(now);
        if (size == 0 || second - sweptSecond < SWEEP_SECONDS) {
            return;
        }
        sweptSecond = second;
        for (int slot = 0; slot < keys.length; slot++) {
            while (keys[slot] != 0 && deadlines[slot] >> 1 <= second) {
                remove(slot);
            }
        }
    }

    void clear() {
        keys = new long[INITIAL_SLOTS];
        starts = new int[INITIAL_SLOTS];
        deadlines = new int[INITIAL_SLOTS];
        size = 0;
    }

    private void grow() {
        long[] keysBefore = keys;
        int[] startsBefore = starts;
        int[] deadlinesBefore = deadlines;
        keys = new long[keysBefore.length * 2];
        starts = new int[keys.length];
        deadlines = new int[keys.length];
        for (int slot = 0; slot < keysBefore.length; slot++) {
            if (keysBefore[slot] != 0) {
                place(keysBefore[slot], startsBefore[slot], deadlinesBefore[slot]);
            }
        }
    }

    private void place(long key, int start, int deadline) {
        int mask = keys.length - 1;
        int slot = (int) key & mask;
        while (keys[slot] != 0) {
            slot = (slot + 1) & mask;
        }
        keys[slot] = key;
        starts[slot] = start;
        deadlines[slot] = deadline;
    }

    private static long key(long hash) {
        return hash == 0 ? 1 : hash;
    }

    private int second(long now) {
        if (originNanos == Long.MIN_VALUE) {
            originNanos = now;
        }
        return (int) ((now - originNanos) / SECOND_NANOS);
    }
}
