package dev.understudy.http.message;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.brotli.dec.BrotliInputStream;

/** Content codings (RFC 9110, section 8.4): gzip, deflate in both forms, br, zstd. */
public final class ContentCodings {
    /** Codings one over the other that are undone. */
    static final int MAX_CODINGS = 4;

    /** The window that a zstd body of HTTP may need at most: 8 MiB (RFC 9659, section 3). */
    private static final int MAX_ZSTD_WINDOW_LOG = 23;

    private static final int PIECE_BYTES = 8192;

    private ContentCodings() {}

    /** What became of an encoded body. */
    public sealed interface Decoding {
        /** The content itself. */
        final class Plain implements Decoding {
            private final byte[] bytes;

            Plain(byte[] bytes) {
                this.bytes = bytes;
            }

            /** The bytes themselves, not a copy. */
            public byte[] bytes() {
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
    public static List<String> of(List<Header> headers) {
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
    public static Decoding decode(List<String> codings, byte[] body, int limit) {
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
            if (coding.equals("deflate")) {
                return inflate(bytes, limit);
            }
            Optional<InputStream> undone = undone(coding, bytes);
            if (undone.isEmpty()) {
                return new Decoding.Unknown(coding);
            }
            try (InputStream in = undone.get()) {
                return read(in, limit);
            }
        } catch (IOException | IllegalStateException | IndexOutOfBoundsException e) {
            return new Decoding.Corrupt(coding);
        } catch (LinkageError e) {
            // zstd's library is of native code, which not every machine lets a program unpack.
            return new Decoding.Unknown(coding);
        }
    }

    /** What a coding hides; empty where nobody here knows it. */
    private static Optional<InputStream> undone(String coding, byte[] bytes) throws IOException {
        InputStream in = new ByteArrayInputStream(bytes);
        return switch (coding) {
            case "gzip" -> Optional.of(new GZIPInputStream(in));
            case "deflate" -> {
                boolean zlib = bytes.length > 1 && looksLikeZlib(bytes[0], bytes[1]);
                yield Optional.of(new InflaterInputStream(in, new Inflater(!zlib)));
            }
            case "br" -> Optional.of(new BrotliInputStream(in));
            case "zstd" -> {
                ZstdInputStream zstd = new ZstdInputStream(in);
                zstd.setLongMax(MAX_ZSTD_WINDOW_LOG);
                yield Optional.of(zstd);
            }
            default -> Optional.empty();
        };
    }

    /**
     * As much as can be read of a body that may be cut, or not be what it says; nothing of one with
     * several codings that is not whole.
     *
     * @param limit bytes of content that are read
     */
    public static byte[] beginning(List<String> codings, byte[] body, int limit) {
        if (codings.isEmpty()) {
            return body;
        }
        if (codings.size() > 1) {
            return decode(codings, body, limit) instanceof Decoding.Plain plain
                    ? plain.bytes()
                    : new byte[0];
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (InputStream in =
                undone(codings.getFirst(), body).orElse(InputStream.nullInputStream())) {
            byte[] piece = new byte[PIECE_BYTES];
            for (int n = in.read(piece); n >= 0 && out.size() < limit; n = in.read(piece)) {
                out.write(piece, 0, Math.min(n, limit - out.size()));
            }
        } catch (IOException | IllegalStateException | IndexOutOfBoundsException | LinkageError _) {
            // What was read until here is all there is.
        }
        return out.toByteArray();
    }

    /**
     * Applies codings anew, one over the other; empty where one of them is not written here.
     *
     * @param before the body as it was coded: of deflate's two forms the same is written
     */
    public static Optional<byte[]> encode(List<String> codings, byte[] before, byte[] content) {
        Optional<byte[]> coded = Optional.of(content);
        for (String coding : codings) {
            // Of inner codings the bytes are not at hand: what RFC 9110 means by deflate is zlib's.
            byte[] seen = codings.size() == 1 ? before : new byte[0];
            coded = coded.flatMap(bytes -> encode(coding, seen, bytes));
        }
        return coded;
    }

    private static Optional<byte[]> encode(String coding, byte[] before, byte[] content) {
        if (coding.equals("br")) {
            return Optional.of(StoredBrotli.encode(content));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Deflater deflater =
                new Deflater(
                        Deflater.DEFAULT_COMPRESSION,
                        before.length > 1 && !looksLikeZlib(before[0], before[1]));
        try (OutputStream coded =
                switch (coding) {
                    case "gzip" -> new GZIPOutputStream(out);
                    case "deflate" -> new DeflaterOutputStream(out, deflater);
                    case "zstd" -> new ZstdOutputStream(out);
                    default -> OutputStream.nullOutputStream();
                }) {
            coded.write(content);
        } catch (IOException | LinkageError _) {
            return Optional.empty();
        } finally {
            deflater.end();
        }
        return out.size() == 0 ? Optional.empty() : Optional.of(out.toByteArray());
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

    public static boolean looksLikeZlib(byte first, byte second) {
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
