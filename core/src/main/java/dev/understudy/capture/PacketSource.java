package dev.understudy.capture;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Where packets come from: an interface, a file, a pipe. One thread polls; {@link #stop}, {@link
 * #close} and {@link #counts} may be called from any.
 */
public interface PacketSource extends AutoCloseable {
    /** Whether more may come. */
    enum State {
        /** More may come. */
        OPEN,
        /** More comes, and begins anew: connections go on no further than here. */
        AGAIN,
        /** Nothing comes any more; what was appended by this call still counts. */
        ENDED
    }

    /**
     * Appends packets to {@code into} until it is full or nothing more is there. With nothing there
     * it waits for the first packet, but at most {@code wait}, and returns {@code OPEN} with
     * nothing appended.
     *
     * @throws CaptureFormatException if what is read is no capture, or a damaged one; nothing was
     *     appended by this call, the packets before the damage came with earlier ones
     * @throws IOException if reading fails for another reason, nothing appended either
     */
    State poll(PacketBatch into, Duration wait) throws IOException;

    /** What has been seen and lost so far. */
    CaptureCounts counts();

    /** What a reader of the report has to know beside the counts, a sentence each. */
    default List<String> warnings() {
        return List.of();
    }

    /** What this is, for messages: {@code eth0 (ring 16 MiB)}, {@code day.pcapng}. */
    String describe();

    /**
     * Ends the capture in order: no new packets are taken; polls give what a live capture already
     * holds, then {@link State#ENDED}. A file or pipe ends where it has been read to.
     */
    void stop();

    /**
     * Gives everything back; packets not polled are gone. Idempotent. A poll under way, or made
     * later, returns {@link State#ENDED} soon.
     */
    @Override
    void close();
}
