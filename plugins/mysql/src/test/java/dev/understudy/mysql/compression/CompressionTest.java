package dev.understudy.mysql.compression;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompressionTest {
    private static final byte[] TEXT =
            "select 'again and again', 'again and again', 'again and again' -- größe"
                    .getBytes(StandardCharsets.UTF_8);

    @ParameterizedTest
    @EnumSource
    void givesTheBytesAgain(Compression compression) {
        byte[] compressed = Squeezed.with(compression, TEXT);
        assertArrayEquals(TEXT, compression.plain(compressed, TEXT.length).orElseThrow());
    }

    @ParameterizedTest
    @EnumSource
    void whatIsCutIsDamaged(Compression compression) {
        byte[] compressed = Squeezed.with(compression, TEXT);
        for (int cut = 0; cut < compressed.length; cut++) {
            assertEquals(
                    Optional.empty(),
                    compression.plain(Arrays.copyOf(compressed, cut), TEXT.length),
                    "cut at " + cut);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLengthThatIsALieIsDamaged(Compression compression) {
        byte[] compressed = Squeezed.with(compression, TEXT);
        for (int lie : new int[] {1, TEXT.length - 1, TEXT.length + 1, 0xFFFFFF}) {
            assertEquals(Optional.empty(), compression.plain(compressed, lie), "length " + lie);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDamagedByteNeverEscapes(Compression compression) {
        byte[] compressed = Squeezed.with(compression, TEXT);
        for (int i = 0; i < compressed.length; i++) {
            byte[] damaged = compressed.clone();
            damaged[i] ^= 0x55;
            // Zstandard has no checksum here: other bytes may come out, but as many as announced.
            compression
                    .plain(damaged, TEXT.length)
                    .ifPresent(plain -> assertEquals(TEXT.length, plain.length));
        }
    }

    @Test
    void zlibIsTakenWhereBothAreOffered() {
        assertEquals(Optional.empty(), Compression.agreed(Capabilities.NONE));
        Capabilities zstd = new Capabilities(Capabilities.ZSTD_COMPRESSION);
        assertEquals(Optional.of(Compression.ZSTD), Compression.agreed(zstd));
        assertEquals(
                Optional.of(Compression.ZLIB),
                Compression.agreed(zstd.with(Capabilities.COMPRESS)));
    }

    @Test
    void aPacketIsWholeAtItsLastByte() {
        ByteBuf whole = Squeezed.packet(Compression.ZLIB, 3, TEXT);
        int length = whole.readableBytes();
        for (int cut = 0; cut < length; cut++) {
            assertInstanceOf(
                    Decoded.Incomplete.class, CompressedPacket.decode(whole.slice(0, cut)));
        }
        var decoded = assertInstanceOf(Decoded.Complete.class, CompressedPacket.decode(whole));
        assertEquals(length, decoded.length());
        CompressedPacket packet = (CompressedPacket) decoded.message();
        assertEquals(3, packet.sequence());
        assertEquals(TEXT.length, packet.plainLength());
    }
}
