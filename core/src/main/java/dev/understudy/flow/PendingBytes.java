package dev.understudy.flow;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Bytes of one direction that cannot be given out yet, as chunks that do not overlap, in order.
 * Positions are unwrapped sequence numbers. What arrived first stays: a later segment adds only
 * what is not there yet.
 */
final class PendingBytes {
    /** What a chunk costs besides its bytes: object, array header, place in the list. */
    static final int CHUNK_OVERHEAD_BYTES = 64;

    /**
     * A piece of the stream.
     *
     * @param data the bytes from {@code from} on; shorter than {@code to - from} where the capture
     *     cut the packet, and what is short will never come
     * @param arrivedNanos time by the table's clock
     * @param capturedNanos capture time
     * @param after position of the other direction up to which its sender had read before it sent
     *     this
     */
    @SuppressWarnings("ArrayRecordComponent") // chunks are never compared
    record Chunk(
            long from, long to, byte[] data, long arrivedNanos, long capturedNanos, long after) {
        int cost() {
            return data.length + CHUNK_OVERHEAD_BYTES;
        }
    }

    private static final byte[] NOTHING = {};

    /** Polled chunks that the list gives up at once, at least; else they are half of the list. */
    private static final int POLLED_AT_ONCE = 64;

    private final List<Chunk> chunks = new ArrayList<>();

    /** Index of the first chunk; those before it are polled, and {@code null}. */
    private int first;

    private long bytes;

    boolean isEmpty() {
        return first == chunks.size();
    }

    Chunk first() {
        return chunks.get(first);
    }

    Chunk last() {
        return chunks.getLast();
    }

    /** Memory in use, overhead included. */
    long bytes() {
        return bytes;
    }

    /** Takes the first chunk out. */
    Chunk poll() {
        Chunk chunk = chunks.set(first++, null);
        bytes -= chunk.cost();
        if (first == chunks.size()) {
            clear();
        } else if (first >= POLLED_AT_ONCE && first >= chunks.size() / 2) {
            chunks.subList(0, first).clear();
            first = 0;
        }
        return chunk;
    }

    /** Takes everything out. */
    void clear() {
        chunks.clear();
        first = 0;
        bytes = 0;
    }

    /**
     * Copies what is new of {@code [from, to)}.
     *
     * @param offset where the byte at {@code from} lies in {@code data}
     * @param captured bytes that are there, from {@code offset} on
     * @return how many positions were new
     */
    long add(
            long from,
            long to,
            byte[] data,
            int offset,
            int captured,
            long arrivedNanos,
            long capturedNanos,
            long after) {
        int i = firstEndingBehind(from);
        long at = from;
        long added = 0;
        while (at < to) {
            Chunk next = i < chunks.size() ? chunks.get(i) : null;
            long until = next == null ? to : Math.min(to, next.from());
            if (at < until) {
                int skipped = (int) (at - from);
                int length = (int) Math.clamp(captured - (long) skipped, 0, until - at);
                byte[] copy = copyOf(data, offset + skipped, length);
                Chunk chunk = new Chunk(at, until, copy, arrivedNanos, capturedNanos, after);
                chunks.add(i, chunk);
                bytes += chunk.cost();
                added += until - at;
                i++;
            }
            if (next == null) {
                break;
            }
            at = Math.max(until, next.to());
            i++;
        }
        return added;
    }

    /** What the capture cut off has no place in the array, not even an empty one. */
    private static byte[] copyOf(byte[] data, int offset, int length) {
        return length == 0 ? NOTHING : Arrays.copyOfRange(data, offset, offset + length);
    }

    /** Whether all of {@code [from, to)} is there. */
    boolean covers(long from, long to) {
        long at = from;
        for (int i = firstEndingBehind(from); at < to && i < chunks.size(); i++) {
            if (chunks.get(i).from() > at) {
                return false;
            }
            at = chunks.get(i).to();
        }
        return at >= to;
    }

    /** Index of the first chunk whose end is past {@code position}. */
    private int firstEndingBehind(long position) {
        int low = first;
        int high = chunks.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (chunks.get(middle).to() <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
