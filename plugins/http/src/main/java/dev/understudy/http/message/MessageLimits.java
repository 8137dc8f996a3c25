package dev.understudy.http.message;

/**
 * What a message may need before it is understood, in bytes. Bodies have no limit: they pass in
 * pieces.
 *
 * @param line one line of a head, its end included
 * @param head a whole head, or a whole trailer section
 * @param chunkLine the line before a chunk: its size and extensions
 */
public record MessageLimits(int line, int head, int chunkLine) {
    public static final int DEFAULT_LINE = 16 * 1024;
    public static final int DEFAULT_HEAD = 64 * 1024;
    public static final int DEFAULT_CHUNK_LINE = 4 * 1024;

    /** What {@code http.limits} says where it says nothing. */
    public static MessageLimits defaults() {
        return new MessageLimits(DEFAULT_LINE, DEFAULT_HEAD, DEFAULT_CHUNK_LINE);
    }
}
