package dev.understudy.session;

import java.util.Arrays;

/**
 * Entries ordered by time, least first, whose time may change while they are inside: a binary heap
 * that knows where each entry stands.
 */
final class TimeHeap {
    /** Something with a time; in one heap at most. */
    static class Entry {
        private static final int OUTSIDE = -1;
        private final CausalOrder.Place owner;
        private long time;
        private int index = OUTSIDE;

        Entry(CausalOrder.Place owner) {
            this.owner = owner;
        }

        CausalOrder.Place owner() {
            return owner;
        }

        long time() {
            return time;
        }

        boolean inside() {
            return index != OUTSIDE;
        }
    }

    private Entry[] entries = new Entry[64];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** The entry with the least time; only of a heap that is not empty. */
    Entry least() {
        if (size == 0) {
            throw new IllegalStateException("an empty heap has no least entry");
        }
        return entries[0];
    }

    /** Puts an entry in, or moves it to its new time. */
    void put(Entry entry, long time) {
        if (!entry.inside()) {
            if (size == entries.length) {
                entries = Arrays.copyOf(entries, size * 2);
            }
            place(entry, size++);
        }
        entry.time = time;
        up(entry.index);
        down(entry.index);
    }

    /** Takes an entry out, if it is inside. */
    void remove(Entry entry) {
        if (!entry.inside()) {
            return;
        }
        int hole = entry.index;
        entry.index = Entry.OUTSIDE;
        Entry last = entries[--size];
        entries[size] = null;
        if (hole != size) {
            place(last, hole);
            up(last.index);
            down(last.index);
        }
    }

    private void place(Entry entry, int index) {
        entries[index] = entry;
        entry.index = index;
    }

    private void up(int from) {
        int index = from;
        while (index > 0) {
            int parent = (index - 1) / 2;
            if (entries[parent].time <= entries[index].time) {
                return;
            }
            swap(parent, index);
            index = parent;
        }
    }

    private void down(int from) {
        int index = from;
        while (true) {
            int least = index;
            for (int child = 2 * index + 1; child <= 2 * index + 2 && child < size; child++) {
                if (entries[child].time < entries[least].time) {
                    least = child;
                }
            }
            if (least == index) {
                return;
            }
            swap(least, index);
            index = least;
        }
    }

    private void swap(int a, int b) {
        Entry entry = entries[a];
        place(entries[b], a);
        place(entry, b);
    }
}
