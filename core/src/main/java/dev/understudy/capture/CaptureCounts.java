package dev.understudy.capture;

/**
 * What a source has seen and lost since it was opened.
 *
 * @param delivered packets given out by polls
 * @param droppedByKernel packets that matched and were lost because the ring or buffer was full;
 *     from a file: what its statistics say that the capturing system dropped
 * @param ringFullEpisodes times the ring went full, each the loss of one packet or many
 * @param interfaceDropped packets the interface lost before the capture, as far as it tells
 * @param cutAtByte where a recording ends within a block or record: the first byte of that
 *     unfinished one; {@value #NOT_CUT} if it does not
 * @param droppedByTap packets that a tap elsewhere had, and could not keep until they were taken
 */
public record CaptureCounts(
        long delivered,
        long droppedByKernel,
        long ringFullEpisodes,
        long interfaceDropped,
        long cutAtByte,
        long droppedByTap) {
    /** {@link #cutAtByte} of what ends at a border. */
    public static final long NOT_CUT = -1;

    /** What a source without taps has counted. */
    public CaptureCounts(
            long delivered,
            long droppedByKernel,
            long ringFullEpisodes,
            long interfaceDropped,
            long cutAtByte) {
        this(delivered, droppedByKernel, ringFullEpisodes, interfaceDropped, cutAtByte, 0);
    }

    /** Whether a recording ends within a block or record, so that packets may be missing. */
    public boolean cutShort() {
        return cutAtByte != NOT_CUT;
    }
}
