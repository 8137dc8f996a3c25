package dev.understudy.http.message;

import java.io.ByteArrayOutputStream;

/**
 * Brotli whose content is stored and not compressed (RFC 7932, section 9.2): all that is needed
 * where a body has to bear that coding, since no encoder of it is at hand.
 */
final class StoredBrotli {
    /** What four nibbles of a length can say. */
    private static final int MAX_BLOCK_BYTES = 1 << 16;

    /** The last meta-block, empty: ISLAST and ISLASTEMPTY. */
    private static final int END = 0b11;

    private StoredBrotli() {}

    static byte[] encode(byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 16);
        // A window of 2^16 bytes is one bit, 0; it comes before the first meta-block's head.
        int shift = 1;
        for (int at = 0; at < content.length; at += MAX_BLOCK_BYTES) {
            int length = Math.min(MAX_BLOCK_BYTES, content.length - at);
            // From the lowest bit: ISLAST 0, MNIBBLES 00, MLEN - 1 in 16 bits, ISUNCOMPRESSED 1.
            int head = ((length - 1) << 3 | 1 << 19) << shift;
            out.write(head);
            out.write(head >> 8);
            out.write(head >> 16);
            out.write(content, at, length);
            shift = 0;
        }
        out.write(END << shift);
        return out.toByteArray();
    }
}
