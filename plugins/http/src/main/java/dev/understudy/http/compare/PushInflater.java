package dev.understudy.http.compare;

import dev.understudy.http.message.ContentCodings;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Hashes what a gzip (RFC 1952) or deflate (RFC 1950, or RFC 1951 alone) body holds as its bytes
 * come, for bodies too long to be kept. Checksums are not verified: what differs is seen anyway.
 */
final class PushInflater {
    /**
     * Bytes that a gzip member's header may have: its name and comment have no limit of their own.
     */
    private static final int MAX_HEADER_BYTES = 4_096;

    /** More decoded bytes than this for each encoded one, once the limit is passed, is a bomb. */
    private static final long MAX_RATIO = 100;

    private static final int TRAILER_BYTES = 8;
    private static final int FIXED_HEADER_BYTES = 10;

    private enum Phase {
        HEADER,
        DATA,
        TRAILER,
        END,
        FAILED
    }

    private final boolean gzip;
    private final long limit;
    private final BlockHashes hashes = new BlockHashes();
    private final ByteBuffer header = ByteBuffer.allocate(MAX_HEADER_BYTES);
    private final ByteBuffer decoded = ByteBuffer.allocate(16_384);
    private Inflater inflater;
    private Phase phase = Phase.HEADER;
    private int trailer;
    private long encodedBytes;
    private long decodedBytes;

    /**
     * @param gzip gzip, or deflate
     * @param limit decoded bytes that are always allowed
     */
    PushInflater(boolean gzip, long limit) {
        this.gzip = gzip;
        this.limit = limit;
        inflater = new Inflater(gzip);
    }

    /** Takes in more of the encoded body, and spends {@code bytes}. */
    void add(ByteBuffer bytes) {
        encodedBytes += bytes.remaining();
        while (bytes.hasRemaining() && phase != Phase.END && phase != Phase.FAILED) {
            switch (phase) {
                case HEADER -> header(bytes);
                case DATA -> data(bytes);
                case TRAILER -> {
                    int skip = Math.min(bytes.remaining(), TRAILER_BYTES - trailer);
                    bytes.position(bytes.position() + skip);
                    trailer += skip;
                    if (trailer == TRAILER_BYTES) {
                        trailer = 0;
                        inflater.reset();
                        header.clear();
                        phase = Phase.HEADER;
                    }
                }
                case END, FAILED -> {}
            }
        }
        bytes.position(bytes.limit());
    }

    /** The hashes of what the body holds; empty where it cannot be told. Nothing may follow. */
    Optional<BlockHashes.Sum> end() {
        inflater.end();
        boolean ended = phase == Phase.END || (gzip && phase == Phase.HEADER && decodedBytes > 0);
        return ended ? Optional.of(hashes.end()) : Optional.empty();
    }

    private void header(ByteBuffer bytes) {
        if (!header.hasRemaining()) {
            phase = Phase.FAILED;
            return;
        }
        header.put(bytes.get());
        if (!gzip) {
            if (header.position() == 2) {
                boolean zlib = ContentCodings.looksLikeZlib(header.get(0), header.get(1));
                if (!zlib) {
                    inflater.end();
                    inflater = new Inflater(true);
                }
                phase = Phase.DATA;
                data(header.flip());
            }
            return;
        }
        int at = header.position();
        if ((at == 1 && header.get(0) != 0x1f) || (at == 2 && header.get(1) != (byte) 0x8b)) {
            // Zeros or rubbish after the last member are customary, and no part of it.
            phase = decodedBytes > 0 ? Phase.END : Phase.FAILED;
        } else if (headerEnds()) {
            phase = Phase.DATA;
        }
    }

    /** Whether the bytes so far are a member's whole header (RFC 1952, section 2.3). */
    private boolean headerEnds() {
        int end = header.position();
        if (end < FIXED_HEADER_BYTES) {
            return false;
        }
        int flags = header.get(3);
        int at = FIXED_HEADER_BYTES;
        if ((flags & 4) != 0) {
            if (end < at + 2) {
                return false;
            }
            at += 2 + (header.get(at) & 0xFF) + ((header.get(at + 1) & 0xFF) << 8);
        }
        for (int texts = Integer.bitCount(flags & 0x18); texts > 0; texts--) {
            while (at < end && header.get(at) != 0) {
                at++;
            }
            at++;
        }
        at += (flags & 2) != 0 ? 2 : 0;
        return end >= at;
    }

    private void data(ByteBuffer bytes) {
        try {
            inflater.setInput(bytes);
            while (!inflater.finished()) {
                decoded.clear();
                int made = inflater.inflate(decoded);
                hashes.add(decoded.flip());
                decodedBytes += made;
                if ((decodedBytes > limit && decodedBytes / MAX_RATIO > encodedBytes)
                        || inflater.needsDictionary()) {
                    phase = Phase.FAILED;
                    return;
                }
                if (made == 0 && inflater.needsInput() && !inflater.finished()) {
                    return;
                }
            }
            phase = gzip ? Phase.TRAILER : Phase.END;
        } catch (DataFormatException e) {
            phase = Phase.FAILED;
        }
    }
}
