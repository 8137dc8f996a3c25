package dev.understudy.mysql.compression;

import dev.understudy.mysql.wire.Capabilities;
import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.zstd.ZstdJavaDecompressor;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** What the two ends of a connection agreed to compress with. */
public enum Compression {
    /** RFC 1950: a zlib stream for each compressed packet. */
    ZLIB(1032) {
        @Override
        Optional<byte[]> decompress(byte[] compressed, int plainLength) {
            Inflater inflater = new Inflater();
            try {
                inflater.setInput(compressed);
                byte[] plain = new byte[plainLength];
                int written = 0;
                while (written < plainLength) {
                    int more = inflater.inflate(plain, written, plainLength - written);
                    if (more == 0) {
                        return Optional.empty();
                    }
                    written += more;
                }
                // The checksum stands behind the last byte: only reading on has it looked at.
                boolean ended = inflater.inflate(new byte[1]) == 0 && inflater.finished();
                return ended ? Optional.of(plain) : Optional.empty();
            } catch (DataFormatException _) {
                return Optional.empty();
            } finally {
                inflater.end();
            }
        }
    },
    /** RFC 8878: a Zstandard frame for each compressed packet. */
    ZSTD(32_768) {
        @Override
        Optional<byte[]> decompress(byte[] compressed, int plainLength) {
            try {
                byte[] plain = new byte[plainLength];
                int written =
                        new ZstdJavaDecompressor()
                                .decompress(
                                        compressed, 0, compressed.length, plain, 0, plainLength);
                return written == plainLength ? Optional.of(plain) : Optional.empty();
            } catch (MalformedInputException | IndexOutOfBoundsException _) {
                return Optional.empty();
            }
        }
    };

    /** Bytes that a compressed one can stand for at most, by the format itself. */
    private final int maxRatio;

    Compression(int maxRatio) {
        this.maxRatio = maxRatio;
    }

    /** What these capabilities, of both ends, come to; where both are there, servers take zlib. */
    public static Optional<Compression> agreed(Capabilities capabilities) {
        if (capabilities.has(Capabilities.COMPRESS)) {
            return Optional.of(ZLIB);
        }
        return capabilities.has(Capabilities.ZSTD_COMPRESSION)
                ? Optional.of(ZSTD)
                : Optional.empty();
    }

    /**
     * The plain bytes; empty where the compressed ones are damaged or are not as many as announced.
     *
     * @param plainLength as announced; what these bytes cannot hold is not allocated
     */
    Optional<byte[]> plain(byte[] compressed, int plainLength) {
        return plainLength > (long) compressed.length * maxRatio
                ? Optional.empty()
                : decompress(compressed, plainLength);
    }

    abstract Optional<byte[]> decompress(byte[] compressed, int plainLength);
}
