package dev.understudy.capture;

import java.io.IOException;
import java.time.Duration;

/** Writes what a source gives to a recording, until the source ends or the recording is full. */
public final class Recorder {
    private static final Duration POLL_WAIT = Duration.ofMillis(100);

    /**
     * What came of it.
     *
     * @param packets packets recorded
     * @param bytes length of the recording
     * @param full whether it ended because one more packet would have led past the limit
     * @param counts what the source counted
     */
    public record Recording(long packets, long bytes, boolean full, CaptureCounts counts) {}

    private final PacketSource source;
    private final PcapngWriter writer;
    private final long maxBytes;
    private volatile long packets;

    /**
     * A recorder that owns neither end: who made them closes them.
     *
     * @param maxBytes how long the recording may become; {@link Long#MAX_VALUE} for any length
     */
    public Recorder(PacketSource source, PcapngWriter writer, long maxBytes) {
        this.source = source;
        this.writer = writer;
        this.maxBytes = maxBytes;
    }

    /** Packets recorded so far; for any thread. */
    public long packets() {
        return packets;
    }

    /**
     * Records on this thread; {@link PacketSource#stop} ends it in order. If the source fails, the
     * recording is still ended properly.
     */
    public Recording run() throws IOException {
        boolean full;
        try {
            full = recordAll();
        } catch (IOException e) {
            try {
                writer.finish(source.counts());
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
        CaptureCounts counts = source.counts();
        writer.finish(counts);
        return new Recording(packets, writer.bytes(), full, counts);
    }

    /** Returns whether the recording became full. */
    private boolean recordAll() throws IOException {
        PacketBatch batch = new PacketBatch();
        long recorded = 0;
        PacketSource.State state = PacketSource.State.OPEN;
        while (state == PacketSource.State.OPEN) {
            batch.clear();
            state = source.poll(batch, POLL_WAIT);
            int written = writer.write(batch, maxBytes);
            recorded += written;
            packets = recorded;
            if (written < batch.count()) {
                return true;
            }
        }
        return false;
    }
}
