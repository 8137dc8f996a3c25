package dev.understudy.http.compare;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.Encoder;
import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Encodes what the tests decode. */
final class Encoded {
    private Encoded() {}

    /** One coding by its name; {@code bare} is deflate as RFC 1951 alone has it. */
    static byte[] as(String coding, byte[] content) {
        try {
            return switch (coding) {
                case "identity" -> content.clone();
                case "gzip", "x-gzip" -> {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                        gzip.write(content);
                    }
                    yield out.toByteArray();
                }
                case "deflate" -> deflate(content, 6, false);
                case "bare" -> deflate(content, 6, true);
                case "br" -> {
                    Brotli4jLoader.ensureAvailability();
                    yield Encoder.compress(content, Encoder.Parameters.create(4));
                }
                case "zstd" -> Zstd.compress(content);
                default -> throw new IllegalArgumentException(coding);
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] deflate(byte[] content, int level, boolean bare) throws IOException {
        Deflater deflater = new Deflater(level, bare);
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (DeflaterOutputStream stream = new DeflaterOutputStream(out, deflater)) {
                stream.write(content);
            }
            return out.toByteArray();
        } finally {
            deflater.end();
        }
    }
}
