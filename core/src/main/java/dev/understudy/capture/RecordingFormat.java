package dev.understudy.capture;

import java.util.List;

/** One format of recordings: takes packets off the front of a window. */
sealed interface RecordingFormat permits PcapFormat, PcapngFormat, UndeterminedFormat {
    /** What a step came to. */
    enum Step {
        /** Something was taken off; there may be more. */
        TAKEN,
        /** The next packet does not fit into the batch any more; nothing was taken. */
        BATCH_FULL,
        /** The window lacks bytes; nothing was taken. */
        MORE
    }

    /** Takes one block or record off {@code in}, and adds its packet, if it is one. */
    Step step(ByteWindow in, PacketBatch into) throws CaptureFormatException;

    /** Where the block or record begins that is being read. */
    long begunAt(ByteWindow in);

    /** Packets that the recording says were lost for want of buffers. */
    default long droppedByKernel() {
        return 0;
    }

    /** Packets that the recording says the interface lost. */
    default long interfaceDropped() {
        return 0;
    }

    /** What of it was passed over though it might have been of use, a sentence each. */
    default List<String> warnings() {
        return List.of();
    }

    /** An error that tells what to do about a damaged recording. */
    static CaptureFormatException damaged(String name, long offset, String problem) {
        return new CaptureFormatException(
                name,
                offset,
                problem,
                "the recording is damaged here; packets before it were read. Capture again, or"
                        + " repair it (pcapfix)");
    }
}
