package dev.understudy.memcached.binary;

/**
 * How long parts of a packet may say that they are.
 *
 * @param keyBytes the longest key, 0..65535
 * @param bodyBytes the longest body (extras, key and value), at least 0
 */
public record BinaryLimits(int keyBytes, int bodyBytes) {
    /** Bytes of a key in memcached, and in Couchbase's default collection. */
    public static final int MAX_KEY_BYTES = 250;

    /** Bytes of a key in any other collection of Couchbase. */
    public static final int MAX_COLLECTION_KEY_BYTES = 246;

    /** An item may be made as large as 1 GiB ({@code -I}); what is past that is no length. */
    public static final int MAX_BODY_BYTES = 1 << 30;

    /** What any memcached may send, or be sent. */
    public static final BinaryLimits MEMCACHED = new BinaryLimits(MAX_KEY_BYTES, MAX_BODY_BYTES);

    public BinaryLimits {
        if (keyBytes < 0 || keyBytes > 0xFFFF || bodyBytes < 0) {
            throw new IllegalArgumentException(
                    "limits of %d bytes for keys and %d for bodies".formatted(keyBytes, bodyBytes));
        }
    }
}
