package dev.understudy.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PcapngSourceTest {
    private static final Duration WAIT = Duration.ofSeconds(10);

    /** One packet, as text, so that a whole list can be compared. */
    private static String packet(long nanos, int linkType, int original, String hex) {
        return nanos + " " + linkType + " " + original + " " + hex;
    }

    private static List<String> packets(PacketBatch batch) {
        List<String> packets = new ArrayList<>();
        for (int i = 0; i < batch.count(); i++) {
            int at = batch.offset(i);
            String hex = HexFormat.of().formatHex(batch.data(), at, at + batch.capturedLength(i));
            packets.add(
                    packet(batch.timeNanos(i), batch.linkType(i), batch.originalLength(i), hex));
        }
        return packets;
    }

    private static List<String> readAll(PacketSource source, PacketBatch batch) throws IOException {
        List<String> packets = new ArrayList<>();
        PacketSource.State state = PacketSource.State.OPEN;
        while (state == PacketSource.State.OPEN) {
            batch.clear();
            state = source.poll(batch, WAIT);
            packets.addAll(packets(batch));
        }
        return packets;
    }

    private static List<String> readAll(byte[] recording) throws IOException {
        try (PacketSource source = source(recording)) {
            return readAll(source, new PacketBatch());
        }
    }

    private static PcapngSource source(byte[] recording) {
        return PcapngSource.of(new ByteArrayInputStream(recording), "test.pcapng");
    }

    /** Every kind of block, two interfaces, a second section in the other byte order. */
    private static RecordingBytes everything(ByteOrder order) {
        ByteOrder other =
                order == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        RecordingBytes to = new RecordingBytes(order);
        return to.sectionHeader()
                .interfaceDescription(1, 0)
                .enhancedPacket(0, 1_700_000_000_000_001L, 3, b(1, 2, 3))
                .block(4, b(0, 0, 0, 0))
                .interfaceDescription(113, 2, to.option(2, b('e')), to.option(9, b(9)))
                .enhancedPacket(1, 1_700_000_000_000_000_002L, 1500, b(4, 5))
                .block(0xbad, b(9, 9, 9, 9, 9, 9, 9, 9))
                .simplePacket(4, b(6, 7, 8, 9))
                .obsoletePacket(1, 1_700_000_000_000_000_003L, 1, b(10))
                .statistics(0, to.option(4, 77L), to.option(5, 3L), to.option(7, 5L))
                .sectionHeader(other)
                .block(10, new byte[40])
                .interfaceDescription(101, 0)
                .enhancedPacket(0, 1_700_000_000_000_004L, 0)
                .statistics(0, to.option(7, 2L));
    }

    private static final List<String> ALL_OF_EVERYTHING =
            List.of(
                    packet(1_700_000_000_000_001_000L, 1, 3, "010203"),
                    packet(1_700_000_000_000_000_002L, 113, 1500, "0405"),
                    packet(1_700_000_000_000_000_002L, 1, 4, "06070809"),
                    packet(1_700_000_000_000_000_003L, 113, 1, "0a"),
                    packet(1_700_000_000_000_004_000L, 101, 0, ""));

    static List<ByteOrder> orders() {
        return List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN);
    }

    @ParameterizedTest
    @MethodSource("orders")
    void readsEveryKindOfBlock(ByteOrder order) throws IOException {
        try (PcapngSource source = source(everything(order).bytes())) {
            assertEquals(ALL_OF_EVERYTHING, readAll(source, new PacketBatch()));
            assertEquals(new CaptureCounts(5, 7, 0, 3, CaptureCounts.NOT_CUT), source.counts());
        }
    }

    private static byte[] b(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    @ParameterizedTest
    @MethodSource("orders")
    void givesWhatIsWholeWhereverPcapngIsCut(ByteOrder order) throws IOException {
        checkEveryCut(everything(order), ALL_OF_EVERYTHING);
    }

    @ParameterizedTest
    @MethodSource("orders")
    void givesWhatIsWholeWhereverPcapIsCut(ByteOrder order) throws IOException {
        RecordingBytes recording =
                new RecordingBytes(order)
                        .pcapHeader(0xa1b23c4d, 113)
                        .pcapRecord(1_700_000_000, 999_999_999, 60, b(1, 2, 3))
                        .pcapRecord(-1, 0, 1, b(4));
        checkEveryCut(
                recording,
                List.of(
                        packet(1_700_000_000_999_999_999L, 113, 60, "010203"),
                        packet(4_294_967_295_000_000_000L, 113, 1, "04")));
    }

    private static void checkEveryCut(RecordingBytes recording, List<String> expected)
            throws IOException {
        PacketBatch batch = new PacketBatch();
        byte[] bytes = recording.bytes();
        for (int cut = 4; cut <= bytes.length; cut++) {
            try (PcapngSource source = source(Arrays.copyOf(bytes, cut))) {
                List<String> packets = readAll(source, batch);
                long whole = recording.packetsBefore(cut);
                assertEquals(expected.subList(0, (int) whole), packets, "cut at " + cut);
                CaptureCounts counts = source.counts();
                assertEquals(!recording.isBorder(cut), counts.cutShort(), "cut at " + cut);
                assertTrue(
                        !counts.cutShort()
                                || counts.cutAtByte() == 0
                                || recording.isBorder((int) counts.cutAtByte()),
                        "cut at " + cut + ", said " + counts.cutAtByte());
            }
        }
    }

    @ParameterizedTest(name = "if_tsresol {0}, offset {1}, stamp {2}")
    @CsvSource({
        "0, 0, 1700000000, 1700000000000000000",
        "3, 5, 1700000000001, 1700000005001000000",
        "6, -1, 1700000000000001, 1699999999000001000",
        "9, 0, 1700000000000000001, 1700000000000000001",
        "12, 0, 1700000000000001999, 1700000000000001",
        "128, 0, 1700000000, 1700000000000000000",
        "138, 0, 1740800000001, 1700000000000976562",
        "160, 1, 4294967295, 1999999999",
        "191, 0, -1, 1999999999",
    })
    void turnsAnyResolutionIntoNanoseconds(int resolution, long offset, long stamp, long nanos)
            throws IOException {
        RecordingBytes to = new RecordingBytes(ByteOrder.BIG_ENDIAN).sectionHeader();
        to.interfaceDescription(1, 0, to.option(9, b(resolution)), to.option(14, offset));
        to.enhancedPacket(0, stamp, 1, b(1));
        assertEquals(List.of(packet(nanos, 1, 1, "01")), readAll(to.bytes()));
    }

    static List<Arguments> damage() {
        byte[] two = b(1, 2);
        return List.of(
                damage("type 6 of 8 bytes", 60, valid().raw(6, 8, 8)),
                damage("type 7 of 13 bytes", 60, valid().raw(7, 13, 0, 13)),
                damage("type 7 of 0 bytes", 60, valid().raw(7, 0, 0)),
                damage("ends with the length 99", 60, valid().raw(7, 12, 99)),
                damage("type 6 of 1073741824 bytes", 60, valid().raw(6, 1 << 30, 0, 0)),
                damage("type 1 of 16777216 bytes", 60, valid().raw(1, 1 << 24, 0, 0)),
                damage("packet of 4294967295 captured", 60, valid().raw(6, 32, 0, 0, 0, -1, 1, 32)),
                damage("packet of 1 captured bytes", 60, valid().raw(6, 32, 0, 0, 0, 1, 1, 32)),
                damage("interface 1 named", 60, valid().enhancedPacket(1, 0, 2, two)),
                damage("interface 4294967295 named", 60, valid().enhancedPacket(-1, 0, 2, two)),
                damage("interface 7 named", 60, valid().statistics(7)),
                damage("without a byte-order magic", 60, valid().raw(0x0a0d0d0a, 28, 7, 7, 7, 7)),
                damage("version 9", 60, valid().raw(0x0a0d0d0a, 28, 0x1a2b3c4d, 9 << 16, 0, 0)),
                damage(
                        "section header of 12",
                        60,
                        valid().raw(0x0a0d0d0a, 12, 0x1a2b3c4d, 0, 0, 0)),
                damage(
                        "resolution 0x7f",
                        60,
                        valid().interfaceDescription(1, 0, b(0, 9, 0, 1, 127, 0, 0, 0))),
                damage(
                        "an option of 999 bytes",
                        60,
                        valid().interfaceDescription(1, 0, b(0, 9, 3, 231))));
    }

    private static RecordingBytes valid() {
        return new RecordingBytes(ByteOrder.BIG_ENDIAN)
                .sectionHeader()
                .interfaceDescription(1, 0)
                .block(4);
    }

    private static Arguments damage(String problem, int offset, RecordingBytes recording) {
        return Arguments.of(problem, offset, recording);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damage")
    void namesFileByteAndNextStepOfDamage(String problem, int offset, RecordingBytes recording) {
        CaptureFormatException thrown =
                assertThrows(CaptureFormatException.class, () -> readAll(recording.bytes()));
        assertTrue(thrown.getMessage().contains(problem), thrown::getMessage);
        assertTrue(
                thrown.getMessage().startsWith("test.pcapng: at byte " + offset + ": "),
                thrown::getMessage);
        assertTrue(thrown.getMessage().contains("Capture again"), thrown::getMessage);
        assertEquals(offset, thrown.byteOffset());
    }

    @Test
    void givesPacketsBeforeTheDamageFirst() throws IOException {
        byte[] bytes = valid().enhancedPacket(0, 5, 1, b(1)).raw(6, 8, 8).bytes();
        PacketBatch batch = new PacketBatch();
        try (PcapngSource source = source(bytes)) {
            assertEquals(PacketSource.State.OPEN, source.poll(batch, WAIT));
            assertEquals(List.of(packet(5000, 1, 1, "01")), packets(batch));
            batch.clear();
            assertThrows(CaptureFormatException.class, () -> source.poll(batch, WAIT));
            assertThrows(CaptureFormatException.class, () -> source.poll(batch, WAIT));
            assertEquals(0, batch.count());
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # file       | said
                    ''           | it is empty
                    0a0d         | it ends before a capture could begin
                    474554202f20 | no capture: begins with 47 45 54 20
                    """)
    void saysWhatIsNoCapture(String hex, String said) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        CaptureFormatException thrown =
                assertThrows(CaptureFormatException.class, () -> readAll(bytes));
        assertTrue(thrown.getMessage().contains(said), thrown::getMessage);
        assertTrue(thrown.getMessage().contains("tcpdump -w"), thrown::getMessage);
        try (PcapngSource source = source(bytes)) {
            thrown = assertThrows(CaptureFormatException.class, source::requireCapture);
            assertTrue(thrown.getMessage().contains(said), thrown::getMessage);
        }
    }

    @Test
    void lookingWhetherItIsACaptureTakesNothingFromIt() throws IOException {
        byte[] recording = everything(ByteOrder.BIG_ENDIAN).bytes();
        try (PcapngSource source = source(recording)) {
            source.requireCapture();
            assertEquals(ALL_OF_EVERYTHING, readAll(source, new PacketBatch()));
        }
    }

    @Test
    void unpacksGzipAndSaysWhereItBreaksOff() throws IOException {
        RecordingBytes recording = everything(ByteOrder.LITTLE_ENDIAN);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(recording.bytes());
        }
        assertEquals(ALL_OF_EVERYTHING, readAll(packed.toByteArray()));
        byte[] cut = Arrays.copyOf(packed.toByteArray(), packed.size() - 10);
        try (PcapngSource source = source(cut)) {
            List<String> packets = readAll(source, new PacketBatch());
            assertEquals(ALL_OF_EVERYTHING.subList(0, packets.size()), packets);
            assertTrue(source.counts().cutShort());
        }
    }

    @Test
    void followsAPipeLive() throws IOException {
        byte[] bytes = everything(ByteOrder.LITTLE_ENDIAN).bytes();
        Pipe pipe = Pipe.open();
        try (OutputStream writer = Channels.newOutputStream(pipe.sink());
                PcapngSource source =
                        PcapngSource.of(Channels.newInputStream(pipe.source()), "standard input")) {
            PacketBatch batch = new PacketBatch();
            for (byte each : bytes) {
                writer.write(each);
                source.poll(batch, Duration.ZERO);
            }
            while (batch.count() < 5) {
                assertEquals(PacketSource.State.OPEN, source.poll(batch, WAIT));
            }
            assertEquals(ALL_OF_EVERYTHING, packets(batch));
            source.stop();
            assertEquals(PacketSource.State.ENDED, source.poll(batch, WAIT));
            assertEquals(false, source.counts().cutShort());
        }
    }

    @Test
    void closingEndsAPollThatWaits() throws Exception {
        Pipe pipe = Pipe.open();
        try (OutputStream writer = Channels.newOutputStream(pipe.sink())) {
            PcapngSource source = PcapngSource.of(Channels.newInputStream(pipe.source()), "pipe");
            FutureTask<PacketSource.State> poll =
                    new FutureTask<>(() -> source.poll(new PacketBatch(), Duration.ofMinutes(5)));
            Thread.ofVirtual().start(poll);
            source.close();
            writer.flush();
            assertEquals(PacketSource.State.ENDED, poll.get(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void skipsLongBlocksWithoutKeepingThem() throws IOException {
        int length = 400 << 20;
        byte[] before = valid().raw(0xbad, length).bytes();
        byte[] after =
                new RecordingBytes(ByteOrder.BIG_ENDIAN)
                        .raw(length)
                        .enhancedPacket(0, 1, 1, b(7))
                        .bytes();
        InputStream zeros = new ZeroStream(length - 12);
        InputStream all =
                new SequenceInputStream(
                        Collections.enumeration(
                                List.of(
                                        new ByteArrayInputStream(before),
                                        zeros,
                                        new ByteArrayInputStream(after))));
        try (PcapngSource source = PcapngSource.of(all, "long")) {
            assertEquals(List.of(packet(1000, 1, 1, "07")), readAll(source, new PacketBatch()));
        }
    }

    /** So many zeros. */
    private static final class ZeroStream extends InputStream {
        private int left;

        ZeroStream(int count) {
            left = count;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int count = Math.min(left, length);
            Arrays.fill(into, offset, offset + count, (byte) 0);
            left -= count;
            return count == 0 ? -1 : count;
        }
    }

    @Test
    void fillsBatchesOfOnePacket() throws IOException {
        byte[] bytes = everything(ByteOrder.LITTLE_ENDIAN).bytes();
        try (PcapngSource source = source(bytes)) {
            PacketBatch one = new PacketBatch(PacketBatch.MAX_PACKET_BYTES, 1);
            assertEquals(ALL_OF_EVERYTHING, readAll(source, one));
        }
    }

    @RepeatedTest(300)
    void neverHangsNorFailsOtherwiseOnNoise(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        byte[] bytes =
                random.nextBoolean() ? everything(orders().get(random.nextInt(2))).bytes() : pcap();
        int changes = 1 + random.nextInt(8);
        for (int i = 0; i < changes; i++) {
            bytes[4 + random.nextInt(bytes.length - 4)] =
                    (byte) (random.nextBoolean() ? random.nextInt() : 0xff);
        }
        try {
            assertTrue(readAll(bytes).size() <= bytes.length / 16);
        } catch (CaptureFormatException e) {
            assertTrue(e.byteOffset() <= bytes.length, e::getMessage);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] pcap() {
        return new RecordingBytes(ByteOrder.BIG_ENDIAN)
                .pcapHeader(0xa1b2c3d4, 1)
                .pcapRecord(1, 2, 3, b(1, 2, 3))
                .pcapRecord(1, 3, 4, b(1, 2, 3, 4))
                .bytes();
    }
}
