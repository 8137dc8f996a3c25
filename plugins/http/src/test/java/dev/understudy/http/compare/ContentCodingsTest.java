package dev.understudy.http.compare;

import static dev.understudy.http.compare.Answers.headers;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.Decoder;
import dev.understudy.http.message.ContentCodings;
import dev.understudy.http.message.ContentCodings.Decoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContentCodingsTest {
    private static final byte[] CONTENT =
            "{\"words\":\"again and again and again\"}".getBytes(UTF_8);
    private static final int LIMIT = 1 << 20;

    @Test
    void codingsAreReadInTheirOrder() {
        assertEquals(
                List.of("gzip", "br", "zstd"),
                ContentCodings.of(
                        headers(
                                "Content-Encoding: X-GZip, identity ,br\ncontent-encoding: zstd,")));
    }

    @ParameterizedTest
    @CsvSource({"gzip,gzip", "deflate,deflate", "deflate,bare", "br,br", "zstd,zstd"})
    void codingsAreUndone(String coding, String form) {
        Decoding decoding =
                ContentCodings.decode(List.of(coding), Encoded.as(form, CONTENT), LIMIT);
        assertArrayEquals(CONTENT, assertInstanceOf(Decoding.Plain.class, decoding).bytes());
    }

    @Test
    void codingsOverEachOtherAreUndoneFromTheLast() {
        byte[] body = CONTENT;
        for (String coding : List.of("br", "gzip", "zstd", "deflate")) {
            body = Encoded.as(coding, body);
        }
        Decoding decoding =
                ContentCodings.decode(List.of("br", "gzip", "zstd", "deflate"), body, LIMIT);
        assertArrayEquals(CONTENT, assertInstanceOf(Decoding.Plain.class, decoding).bytes());
        assertInstanceOf(
                Decoding.Unknown.class,
                ContentCodings.decode(
                        List.of("gzip", "gzip", "gzip", "gzip", "gzip"), body, LIMIT));
    }

    /** Read by the decoder of those who made the format. */
    @ParameterizedTest
    @ValueSource(ints = {1, 65_535, 65_536, 65_537, 200_000, 1 << 20})
    void whatIsWrittenAsBrotliIsBrotli(int bytes) throws IOException {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        byte[] coded = ContentCodings.encode(List.of("br"), content, content).orElseThrow();
        Brotli4jLoader.ensureAvailability();
        assertArrayEquals(content, Decoder.decompress(coded).getDecompressedData());
    }

    @Test
    void codingsNobodyKnowsAreSaid() {
        assertEquals(
                new Decoding.Unknown("compress"),
                ContentCodings.decode(List.of("compress"), CONTENT, LIMIT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "bare", "br", "zstd"})
    void cutAnywhereIsCorruptAndNeverLess(String form) {
        byte[] whole = Encoded.as(form, CONTENT);
        String coding = form.equals("bare") ? "deflate" : form;
        for (int cut = 1; cut < whole.length; cut++) {
            Decoding decoding =
                    ContentCodings.decode(List.of(coding), Arrays.copyOf(whole, cut), LIMIT);
            assertEquals(new Decoding.Corrupt(coding), decoding, "cut at " + cut);
        }
        Decoding nothing = ContentCodings.decode(List.of(coding), new byte[0], LIMIT);
        assertEquals(0, assertInstanceOf(Decoding.Plain.class, nothing).bytes().length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
    void rubbishEndsInAResult(String coding) {
        byte[] whole = Encoded.as(coding, CONTENT);
        for (int seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            byte[] body = seed % 2 == 0 ? whole.clone() : new byte[random.nextInt(100)];
            if (seed % 2 == 0) {
                body[random.nextInt(body.length)] ^= (byte) (1 << random.nextInt(8));
            } else {
                random.nextBytes(body);
            }
            Decoding decoding = ContentCodings.decode(List.of(coding), body, 100_000);
            assertFalse(decoding instanceof Decoding.Unknown, "seed " + seed);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
    void bombsStopAtTheLimit(String coding) {
        byte[] bomb = Encoded.as(coding, new byte[LIMIT + 1]);
        assertInstanceOf(
                Decoding.TooLarge.class, ContentCodings.decode(List.of(coding), bomb, LIMIT));
        assertInstanceOf(
                Decoding.Plain.class, ContentCodings.decode(List.of(coding), bomb, LIMIT + 1));
        // A bomb within a coding stops as well.
        byte[] within = Encoded.as("gzip", bomb);
        assertInstanceOf(
                Decoding.TooLarge.class,
                ContentCodings.decode(List.of(coding, "gzip"), within, LIMIT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "bare"})
    void piecesCutAnywhereHashAsTheContent(String form) {
        byte[] content = "some words, some words more, and a few".repeat(200).getBytes(UTF_8);
        byte[] body = Encoded.as(form, content);
        BlockHashes.Sum whole = sum(content);
        for (int cut = 0; cut <= body.length; cut++) {
            PushInflater inflater = new PushInflater(form.equals("gzip"), 100_000);
            inflater.add(ByteBuffer.wrap(body, 0, cut));
            inflater.add(ByteBuffer.wrap(body, cut, body.length - cut));
            Optional<BlockHashes.Sum> sum = inflater.end();
            assertEquals(Optional.empty(), sum.orElseThrow().differsFrom(whole), "cut at " + cut);
        }
        PushInflater slow = new PushInflater(form.equals("gzip"), 100_000);
        for (byte b : body) {
            slow.add(ByteBuffer.wrap(new byte[] {b}));
        }
        assertEquals(Optional.empty(), slow.end().orElseThrow().differsFrom(whole));
        PushInflater cut = new PushInflater(form.equals("gzip"), 100_000);
        cut.add(ByteBuffer.wrap(body, 0, body.length - 9));
        assertEquals(Optional.empty(), cut.end());
    }

    @Test
    void membersOfGzipFollowEachOtherAndMayHaveLongHeaders() {
        byte[] plain = Encoded.as("gzip", CONTENT);
        byte[] header = {
            0x1f, (byte) 0x8b, 8, 4 | 8 | 16 | 2, 0, 0, 0, 0, 0, 0, 2, 0, 9, 9, 'n', 0, 'c', 0, 1, 2
        };
        ByteBuffer both =
                ByteBuffer.allocate(plain.length * 2 - 10 + header.length + 3)
                        .put(plain)
                        .put(header)
                        .put(plain, 10, plain.length - 10)
                        .put(new byte[3])
                        .flip();
        byte[] twice = (new String(CONTENT, UTF_8) + new String(CONTENT, UTF_8)).getBytes(UTF_8);
        for (int cut = 0; cut <= both.limit(); cut++) {
            PushInflater inflater = new PushInflater(true, 1000);
            inflater.add(both.duplicate().limit(cut));
            inflater.add(both.duplicate().position(cut));
            assertEquals(
                    Optional.empty(),
                    inflater.end().orElseThrow().differsFrom(sum(twice)),
                    "cut at " + cut);
        }
    }

    @Test
    void aStreamedBombIsGivenUp() throws IOException {
        byte[] bomb = Encoded.deflate(new byte[4 << 20], 9, false);
        PushInflater inflater = new PushInflater(false, 1 << 20);
        inflater.add(ByteBuffer.wrap(bomb));
        assertEquals(Optional.empty(), inflater.end());
    }

    static BlockHashes.Sum sum(byte[] content) {
        BlockHashes hashes = new BlockHashes();
        hashes.add(ByteBuffer.wrap(content));
        return hashes.end();
    }
}
