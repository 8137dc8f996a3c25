package dev.understudy.opaque;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.understudy.protocol.Reply;
import io.netty.buffer.ByteBuf;

/**
 * The bytes that a server sent between two requests.
 *
 * @param length in bytes
 * @param hash of all of them, in hexadecimal
 */
record Burst(long length, String hash) implements Reply {
    @Override
    public String describe() {
        return length + " bytes, murmur3 " + hash;
    }

    /** A burst that is still coming. */
    static final class Builder {
        private final Hasher hasher = Hashing.murmur3_128().newHasher();
        private long length;

        /** Reads {@code bytes} of a buffer into it. */
        void read(ByteBuf in, int bytes) {
            if (in.hasArray()) {
                hasher.putBytes(in.array(), in.arrayOffset() + in.readerIndex(), bytes);
                in.skipBytes(bytes);
            } else {
                for (int i = 0; i < bytes; i++) {
                    hasher.putByte(in.readByte());
                }
            }
            length += bytes;
        }

        long length() {
            return length;
        }

        Burst end() {
            return new Burst(length, hasher.hash().toString());
        }
    }
}
