package dev.understudy.session;

import dev.understudy.protocol.ByteTimes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * One direction's bytes that a protocol session has not read yet, with the times they came. Bytes
 * are appended as they arrive, shown when they are due, and let go of once read.
 */
final class UnreadBytes implements ByteTimes {
    private static final int FIRST_BYTES = 512;

    /** A buffer larger than this is given up once it is empty; idle sessions stay small. */
    private static final int KEPT_BYTES = 4096;

    private ByteBuf store = Unpooled.EMPTY_BUFFER;
    private int shown;
    private long offset;
    private long appendedTo;

    // Stamps: bytes before markEnds[i], and from markEnds[i - 1] on, came at markTimes[i].
    private long[] markEnds = new long[2];
    private long[] markTimes = new long[2];
    private int firstMark;
    private int marks;
    private long lastNanos;

    /** Bytes that came and were not read, shown or not. */
    int size() {
        return store.readableBytes();
    }

    /** Bytes that are shown to the session and were not read. */
    int shownBytes() {
        return shown;
    }

    /** Bytes that came so far, read or not. */
    long received() {
        return offset + store.readableBytes();
    }

    /** Stream offset of the first unread byte. */
    long offset() {
        return offset;
    }

    void append(byte[] data, int from, int length, long timeNanos) {
        makeRoom(length);
        store.writeBytes(data, from, length);
        mark(length, timeNanos);
    }

    /** Appends the readable bytes of a buffer, and leaves its indices. */
    void append(ByteBuf data, long timeNanos) {
        int length = data.readableBytes();
        makeRoom(length);
        store.writeBytes(data, data.readerIndex(), length);
        mark(length, timeNanos);
    }

    private void makeRoom(int length) {
        if (store.maxCapacity() == 0) {
            store = Unpooled.buffer(Math.max(FIRST_BYTES, length));
        } else if (store.writableBytes() < length && store.readerIndex() > store.capacity() / 2) {
            store.discardReadBytes();
        }
    }

    private void mark(int length, long timeNanos) {
        appendedTo += length;
        lastNanos = timeNanos;
        if (firstMark + marks == markEnds.length) {
            if (firstMark >= markEnds.length / 2) {
                System.arraycopy(markEnds, firstMark, markEnds, 0, marks);
                System.arraycopy(markTimes, firstMark, markTimes, 0, marks);
            } else {
                int larger = markEnds.length * 2;
                markEnds = Arrays.copyOfRange(markEnds, firstMark, firstMark + larger);
                markTimes = Arrays.copyOfRange(markTimes, firstMark, firstMark + larger);
            }
            firstMark = 0;
        }
        markEnds[firstMark + marks] = appendedTo;
        markTimes[firstMark + marks] = timeNanos;
        marks++;
    }

    /** Shows so many more of the bytes that came. */
    void show(int bytes) {
        shown += bytes;
    }

    /** Shows all that came. */
    void showAll() {
        shown = size();
    }

    /** What is shown, as the session is to see it; {@link #read} takes note of what it read. */
    ByteBuf view() {
        return store.slice(store.readerIndex(), shown);
    }

    /** Lets go of what was read of a view, and returns how many bytes that were. */
    int read(ByteBuf view) {
        int bytes = shown - view.readableBytes();
        drop(bytes);
        return bytes;
    }

    /** Lets go of all that is shown, and goes on at a later offset: behind a gap. */
    void skipTo(long streamOffset) {
        drop(shown);
        // What came behind the gap was counted as if there were none.
        long jump = streamOffset - offset;
        for (int i = firstMark; i < firstMark + marks; i++) {
            markEnds[i] += jump;
        }
        appendedTo += jump;
        offset = streamOffset;
    }

    /**
     * Gives what is shown before an offset to a stream of its own, which goes on there with bytes
     * of another making; keeps what stands behind it.
     *
     * @param streamOffset of a byte that is shown, or of the first that is not
     */
    UnreadBytes splitAt(long streamOffset) {
        UnreadBytes front = new UnreadBytes();
        front.offset = offset;
        front.appendedTo = offset;
        front.lastNanos = lastNanos;
        int before = Math.toIntExact(streamOffset - offset);
        if (before > 0) {
            front.append(store.slice(store.readerIndex(), before), at(streamOffset - 1));
            front.showAll();
            drop(before);
        }
        return front;
    }

    private void drop(int bytes) {
        store.skipBytes(bytes);
        shown -= bytes;
        offset += bytes;
        while (marks > 0 && markEnds[firstMark] <= offset) {
            firstMark++;
            marks--;
        }
        if (marks == 0) {
            firstMark = 0;
        }
        if (!store.isReadable() && store.maxCapacity() > 0) {
            if (store.capacity() > KEPT_BYTES) {
                store = Unpooled.EMPTY_BUFFER;
            } else {
                store.clear();
            }
        }
    }

    /** Lets go of everything. */
    void clear() {
        store = Unpooled.EMPTY_BUFFER;
        shown = 0;
        firstMark = 0;
        marks = 0;
    }

    @Override
    public long at(long streamOffset) {
        int from = firstMark;
        int to = firstMark + marks;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (streamOffset < markEnds[middle]) {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        // Behind the last byte that came: the time of that byte.
        return from < firstMark + marks ? markTimes[from] : lastNanos;
    }
}
