package dev.understudy.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Writes packets to a file. */
interface Recorder {
    /**
     * A recording that was asked for.
     *
     * @param interfaceName a network interface, or {@code any}
     * @param file to be written, pcapng
     * @param duration empty: until somebody stops it
     */
    record Plan(
            String interfaceName,
            Endpoint online,
            Path file,
            Optional<Duration> duration,
            int ringMib) {}

    /**
     * What was recorded.
     *
     * @param bytes of the file
     */
    record Result(long packets, long bytes, long droppedByKernel) {}

    /**
     * Records until the duration has passed or the user stops it; blocks.
     *
     * @throws RefusedException where the recording cannot be begun
     * @throws java.io.IOException where it cannot go on; what was written until then is readable
     */
    Result record(Plan plan, Progress progress) throws RefusedException, java.io.IOException;

    /** What a running recorder tells, and is told. */
    interface Progress {
        /** Packets are being captured from now on. */
        void opened();

        /** As {@link RunControl#onStop}. */
        void onStop(Runnable stop);
    }
}
