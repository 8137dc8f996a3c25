package dev.understudy.capture;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;

/**
 * Reads a file or pipe on a thread of its own, a few chunks ahead, and unpacks gzip. So a poll can
 * stop waiting for a pipe that is silent, which a blocking read cannot.
 */
final class ReadAhead implements AutoCloseable {
    /** Bytes asked of the operating system at a time. */
    private static final int CHUNK_BYTES = 64 << 10;

    /** Chunks read ahead: 512 KiB in all; then the reading thread waits. */
    private static final int CHUNKS_AHEAD = 8;

    /** What the reading thread found next. */
    sealed interface Chunk {
        /** Some bytes, at least one, in a heap buffer. */
        record Bytes(ByteBuffer bytes) implements Chunk {}

        /** Nothing for now. */
        record Later() implements Chunk {}

        /** The end; {@code cut} if a gzip stream broke off before its own end. */
        record End(boolean cut) implements Chunk {}

        /** Reading failed. */
        record Failed(IOException cause) implements Chunk {}
    }

    private static final Chunk LATER = new Chunk.Later();

    private final InputStream in;
    private final BlockingQueue<Chunk> chunks = new ArrayBlockingQueue<>(CHUNKS_AHEAD);
    private final BlockingQueue<ByteBuffer> spent = new ArrayBlockingQueue<>(CHUNKS_AHEAD);
    private final Thread reader;
    private volatile boolean closed;

    /** The end or failure once it was taken: it is there to be taken again. */
    private Chunk last = new Chunk.Later();

    ReadAhead(InputStream in, String name) {
        this.in = in;
        // Not a virtual thread: a silent pipe would hold one of the few carriers for hours.
        reader = Thread.ofPlatform().daemon().name("read " + name).start(this::readAll);
    }

    /** The next chunk, waiting at most so long. An end or failure is given again and again. */
    Chunk take(long waitNanos) throws InterruptedIOException {
        if (!(last instanceof Chunk.Later)) {
            return last;
        }
        try {
            Chunk chunk = chunks.poll(waitNanos, TimeUnit.NANOSECONDS);
            if (chunk == null) {
                return LATER;
            }
            if (chunk instanceof Chunk.End || chunk instanceof Chunk.Failed) {
                last = chunk;
            }
            return chunk;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for packets");
        }
    }

    /** Gives a chunk's buffer back once its bytes are copied out. */
    void giveBack(Chunk.Bytes chunk) {
        spent.offer(chunk.bytes());
    }

    /** Ends reading; a {@link #take} that waits gets the end. */
    @Override
    public void close() {
        closed = true;
        reader.interrupt();
        // Full means that nobody waits.
        chunks.offer(new Chunk.End(false));
    }

    private void readAll() {
        try (in) {
            put(copyChunks());
        } catch (IOException e) {
            // Closing failed after everything was read, or while nobody listens any more.
            put(new Chunk.End(false));
        }
    }

    private Chunk copyChunks() {
        boolean gzip = false;
        try {
            PushbackInputStream start = new PushbackInputStream(in, 2);
            byte[] magic = start.readNBytes(2);
            start.unread(magic);
            gzip = magic.length == 2 && magic[0] == 0x1f && magic[1] == (byte) 0x8b;
            InputStream bytes = gzip ? new GZIPInputStream(start, CHUNK_BYTES) : start;
            while (!closed) {
                ByteBuffer free = spent.poll();
                ByteBuffer chunk = free == null ? ByteBuffer.allocate(CHUNK_BYTES) : free.clear();
                int length = bytes.read(chunk.array());
                if (length < 0 || !put(new Chunk.Bytes(chunk.limit(length)))) {
                    break;
                }
            }
            return new Chunk.End(false);
        } catch (EOFException e) {
            return new Chunk.End(gzip);
        } catch (IOException e) {
            return new Chunk.Failed(e);
        }
    }

    private boolean put(Chunk chunk) {
        try {
            chunks.put(chunk);
            return true;
        } catch (InterruptedException e) {
            // Only close() interrupts this thread; nobody takes any more.
            return false;
        }
    }
}
