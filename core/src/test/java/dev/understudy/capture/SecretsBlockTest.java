package dev.understudy.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Decryption secrets blocks of pcapng. */
class SecretsBlockTest {
    private static final int TLS = 0x544c534b;

    private static byte[] recording(ByteOrder order, int type, String secrets, int length) {
        int padded = (secrets.length() + 3) & ~3;
        ByteBuffer out = ByteBuffer.allocate(28 + 20 + padded).order(order);
        out.putInt(0x0a0d0d0a).putInt(28).putInt(0x1a2b3c4d).putShort((short) 1);
        out.putShort((short) 0).putLong(-1).putInt(28);
        out.putInt(10).putInt(20 + padded).putInt(type).putInt(length);
        out.put(secrets.getBytes(StandardCharsets.US_ASCII));
        out.position(out.capacity() - 4);
        out.putInt(20 + padded);
        return out.array();
    }

    private static List<String> read(byte[] recording, Path work) throws IOException {
        Path file = work.resolve("with-secrets.pcapng");
        Files.write(file, recording);
        List<String> found = new ArrayList<>();
        try (PcapngSource source = PcapngSource.open(file.toString(), found::add)) {
            PacketBatch batch = new PacketBatch();
            while (source.poll(batch, Duration.ofSeconds(1)) == PacketSource.State.OPEN) {
                batch.clear();
            }
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(strings = {"# a\n", "CLIENT_RANDOM 01 02", "x"})
    void aKeyLogIsGivenInEitherByteOrder(String lines, @TempDir Path work) throws IOException {
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            assertEquals(List.of(lines), read(recording(order, TLS, lines, lines.length()), work));
        }
    }

    @Test
    void secretsOfOtherProtocolsArePassedOver(@TempDir Path work) throws IOException {
        assertEquals(
                List.of(), read(recording(ByteOrder.LITTLE_ENDIAN, 0x57474b4c, "abcd", 4), work));
    }

    @Test
    void moreSecretsThanAreLookedAtArePassedOverWithAWarning(@TempDir Path work)
            throws IOException {
        byte[] large =
                recording(
                        ByteOrder.LITTLE_ENDIAN,
                        TLS,
                        "x".repeat(PcapngFormat.MAX_SECRETS_BLOCK_BYTES),
                        PcapngFormat.MAX_SECRETS_BLOCK_BYTES);
        byte[] behind = recording(ByteOrder.LITTLE_ENDIAN, TLS, "# b", 3);
        Path file = work.resolve("large.pcapng");
        Files.write(file, large);
        Files.write(file, behind, StandardOpenOption.APPEND);
        List<String> found = new ArrayList<>();
        try (PcapngSource source = PcapngSource.open(file.toString(), found::add)) {
            PacketBatch batch = new PacketBatch();
            while (source.poll(batch, Duration.ofSeconds(1)) == PacketSource.State.OPEN) {
                batch.clear();
            }
            assertEquals(List.of("# b"), found, "what comes behind is read");
            assertEquals(1, source.warnings().size());
            assertTrue(source.warnings().getFirst().contains("above 16 MiB"));
        }
    }

    @Test
    void aLengthThatTheBlockDoesNotHoldIsDamage(@TempDir Path work) {
        CaptureFormatException damaged =
                assertThrows(
                        CaptureFormatException.class,
                        () -> read(recording(ByteOrder.LITTLE_ENDIAN, TLS, "abcd", 5), work));
        assertTrue(damaged.getMessage().contains("secrets of 5 bytes"), damaged.getMessage());
    }
}
