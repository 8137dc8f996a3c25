package dev.understudy.http.compare;

import com.github.luben.zstd.ZstdInputStream;
import dev.understudy.http.message.Header;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.brotli.dec.BrotliInputStream;

/** Undoes content codings (RFC 9110, section 8.4): gzip, deflate in both forms, br, zstd. */
final class ContentCodings {
    /** Codings one over the other that are undone. */
    static final int MAX_CODINGS = 4;

    /** The window that a zstd body of HTTP may need at most: 8 MiB (RFC 9659, section 3). */
    private static final int MAX_ZSTD_WINDOW_LOG = 23;

    private static final int PIECE_BYTES = 8192;

    private ContentCodings() {}

    /** What became of an encoded body. */
    sealed interface Decoding {
        /** The content itself. */
        final class Plain implements Decoding {
            private final byte[] bytes;

            Plain(byte[] bytes) {
                this.bytes = bytes;
            }

            /** The bytes themselves, not a copy. */
            byte[] bytes() {
                return bytes;
            }
        }

        /** It is longer than the limit. */
        record TooLarge() implements Decoding {}

        /** It is not what its coding's name says. */
        record Corrupt(String coding) implements Decoding {}

        /** Nobody here knows the coding. */
        record Unknown(String coding) implements Decoding {}
    }

    /** The codings of a body, in the order they were applied, in lower case, without identity. */
    static List<String> of(List<Header> headers) {
        List<String> codings = new ArrayList<>();
        for (Header header : headers) {
            if (header.is("content-encoding")) {
                for (String name : header.value().toLowerCase(Locale.ROOT).split(",", -1)) {
                    String coding = name.strip();
                    if (!coding.isEmpty() && !coding.equals("identity")) {
                        codings.add(coding.equals("x-gzip") ? "gzip" : coding);
                    }
                }
            }
        }
        return List.copyOf(codings);
    }

    /**
     * Undoes all codings of a whole body.
     *
     * @param limit bytes that the content, and each step on the way to it, may have
     */
    static Decoding decode(List<String> codings, byte[] body, int limit) {
        if (codings.size() > MAX_CODINGS) {
            return new Decoding.Unknown("more than " + MAX_CODINGS + " codings");
        }
        Decoding decoding = new Decoding.Plain(body);
        for (String coding : codings.reversed()) {
            if (decoding instanceof Decoding.Plain plain) {
                decoding = decode(coding, plain, limit);
            }
        }
        return decoding;
    }

    private static Decoding decode(String coding, Decoding.Plain encoded, int limit) {
        byte[] bytes = encoded.bytes();
        if (bytes.length == 0) {
            return encoded;
        }
        try {
            return switch (coding) {
                case "gzip" -> {
                    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
                        yield read(in, limit);
                    }
                }
                case "deflate" -> inflate(bytes, limit);
                case "br" -> {
                    try (InputStream in = new BrotliInputStream(new ByteArrayInputStream(bytes))) {
                        yield read(in, limit);
                    }
                }
                case "zstd" -> {
                    try (ZstdInputStream in =
                            new ZstdInputStream(new ByteArrayInputStream(bytes))) {
                        in.setLongMax(MAX_ZSTD_WINDOW_LOG);
                        yield read(in, limit);
                    }
                }
                default -> new Decoding.Unknown(coding);
            };
        } catch (IOException | IllegalStateException | IndexOutOfBoundsException e) {
            return new Decoding.Corrupt(coding);
        } catch (LinkageError e) {
            // zstd's library is of native code, which not every machine lets a program unpack.
            return new Decoding.Unknown(coding);
        }
    }

    /** RFC 9110 means zlib's form by it; some servers send what RFC 1951 alone describes. */
    private static Decoding inflate(byte[] bytes, int limit) throws IOException {
        if (bytes.length > 1 && looksLikeZlib(bytes[0], bytes[1])) {
            try {
                return inflate(bytes, limit, false);
            } catch (IOException e) {
                // A bare stream may begin like zlib's header by chance.
            }
        }
        return inflate(bytes, limit, true);
    }

    private static Decoding inflate(byte[] bytes, int limit, boolean bare) throws IOException {
        Inflater inflater = new Inflater(bare);
        try (InputStream in =
                new InflaterInputStream(new ByteArrayInputStream(bytes), inflater, PIECE_BYTES)) {
            return read(in, limit);
        } finally {
            inflater.end();
        }
    }

    static boolean looksLikeZlib(byte first, byte second) {
        return (first & 0x0F) == 8 && (((first & 0xFF) << 8) | (second & 0xFF)) % 31 == 0;
    }

    private static Decoding read(InputStream in, int limit) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[PIECE_BYTES];
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
            if (n > limit - out.size()) {
                return new Decoding.TooLarge();
            }
            out.write(piece, 0, n);
        }
        return new Decoding.Plain(out.toByteArray());
    }
}
