package dev.understudy.capture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.wire.LinkLayer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcapngWriterTest {
    private static final Duration WAIT = Duration.ofSeconds(10);
    private static final long TIME = 1_700_000_000_123_456_789L;

    @TempDir private Path folder;

    /** A source that gives one batch. */
    private static final class OneBatch implements PacketSource {
        private final PacketBatch batch;

        OneBatch(PacketBatch batch) {
            this.batch = batch;
        }

        @Override
        public State poll(PacketBatch into, Duration wait) {
            for (int i = 0; i < batch.count(); i++) {
                into.add(
                        batch.timeNanos(i),
                        batch.linkType(i),
                        batch.originalLength(i),
                        batch.data(),
                        batch.offset(i),
                        batch.capturedLength(i));
            }
            return State.ENDED;
        }

        @Override
        public CaptureCounts counts() {
            return new CaptureCounts(batch.count(), 7, 1, 2, CaptureCounts.NOT_CUT);
        }

        @Override
        public String describe() {
            return "test";
        }

        @Override
        public void stop() {}

        @Override
        public void close() {}
    }

    private static PacketBatch batch(int packets, int... linkTypes) {
        Random random = new Random(packets);
        PacketBatch batch = new PacketBatch();
        for (int i = 0; i < packets; i++) {
            byte[] bytes = new byte[random.nextInt(2000)];
            random.nextBytes(bytes);
            int linkType = linkTypes[i % linkTypes.length];
            batch.add(TIME + i, linkType, bytes.length + i, bytes, 0, bytes.length);
        }
        return batch;
    }

    private Recorder.Recording record(Path file, PacketBatch batch, long maxBytes)
            throws IOException {
        try (PcapngWriter writer = PcapngWriter.create(file, "eth0")) {
            return new Recorder(new OneBatch(batch), writer, maxBytes).run();
        }
    }

    @Test
    void aFileThatEverybodyCouldReadBecomesItsOwners() throws IOException {
        Path file = Files.writeString(folder.resolve("old.pcapng"), "what was there");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        record(file, batch(3, LinkLayer.RAW), Long.MAX_VALUE);
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void readsBackWhatItWrote() throws IOException {
        Path file = folder.resolve("day.pcapng");
        PacketBatch batch = batch(300, LinkLayer.RAW, LinkLayer.LINUX_SLL2, LinkLayer.ETHERNET);
        Recorder.Recording recording = record(file, batch, Long.MAX_VALUE);
        assertEquals(300, recording.packets());
        assertEquals(Files.size(file), recording.bytes());
        assertFalse(recording.full());
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        try (PcapngSource source = PcapngSource.open(file.toString())) {
            assertSame(batch, 300, source);
            assertEquals(new CaptureCounts(300, 7, 0, 2, CaptureCounts.NOT_CUT), source.counts());
        }
    }

    private static void assertSame(PacketBatch expected, int count, PacketSource source)
            throws IOException {
        PacketBatch read = new PacketBatch();
        PacketSource.State state = PacketSource.State.OPEN;
        while (state == PacketSource.State.OPEN) {
            state = source.poll(read, WAIT);
        }
        assertEquals(count, read.count());
        for (int i = 0; i < count; i++) {
            assertEquals(expected.timeNanos(i), read.timeNanos(i));
            assertEquals(expected.linkType(i), read.linkType(i));
            assertEquals(expected.originalLength(i), read.originalLength(i));
            assertArrayEquals(bytes(expected, i), bytes(read, i));
        }
    }

    private static byte[] bytes(PacketBatch batch, int i) {
        int at = batch.offset(i);
        return Arrays.copyOfRange(batch.data(), at, at + batch.capturedLength(i));
    }

    @Test
    void endsWholeBelowItsLimit() throws IOException {
        Path file = folder.resolve("short.pcapng");
        PacketBatch batch = batch(300, LinkLayer.RAW);
        Recorder.Recording recording = record(file, batch, 100_000);
        assertTrue(recording.full());
        assertTrue(recording.bytes() <= 100_000 && recording.bytes() > 90_000);
        try (PcapngSource source = PcapngSource.open(file.toString())) {
            assertSame(batch, (int) recording.packets(), source);
            assertFalse(source.counts().cutShort());
        }
    }

    @Test
    void canBeReadWhileItIsWritten() throws IOException {
        Path file = folder.resolve("live.pcapng");
        PacketBatch batch = batch(3, LinkLayer.RAW);
        try (PcapngWriter writer = PcapngWriter.create(file, "eth0")) {
            writer.write(batch, Long.MAX_VALUE);
            try (PcapngSource source = PcapngSource.open(file.toString())) {
                assertSame(batch, 3, source);
            }
        }
    }

    private static List<String> run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        byte[] output = process.getInputStream().readAllBytes();
        String text = new String(output, StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text.lines()
                .filter(line -> !line.startsWith("Running as user"))
                .map(String::strip)
                .toList();
    }

    @Test
    void opensInWireshark() throws Exception {
        Path file = folder.resolve("wireshark.pcapng");
        PacketBatch batch = batch(4, LinkLayer.RAW, LinkLayer.LINUX_SLL2);
        record(file, batch, Long.MAX_VALUE);
        List<String> lines =
                run(
                        "tshark",
                        "-r",
                        file.toString(),
                        "-T",
                        "fields",
                        "-e",
                        "frame.time_epoch",
                        "-e",
                        "frame.cap_len",
                        "-e",
                        "frame.len",
                        "-e",
                        "frame.interface_name");
        for (int i = 0; i < 4; i++) {
            String time = "1700000000." + (123_456_789 + i);
            assertEquals(
                    time
                            + "\t"
                            + batch.capturedLength(i)
                            + "\t"
                            + batch.originalLength(i)
                            + "\teth0",
                    lines.get(i));
        }
        String about = String.join("\n", run("capinfos", file.toString()));
        assertTrue(about.contains("understudy"), about);
        assertTrue(about.contains("nanoseconds (9)"), about);
    }

    @Test
    void readsWhatOthersWrote() throws Exception {
        Path ours = folder.resolve("ours.pcapng");
        PacketBatch batch = batch(50, LinkLayer.RAW);
        record(ours, batch, Long.MAX_VALUE);
        for (String format : List.of("pcapng", "nsecpcap")) {
            Path theirs = folder.resolve("theirs." + format);
            run("editcap", "-F", format, ours.toString(), theirs.toString());
            try (PcapngSource source = PcapngSource.open(theirs.toString())) {
                assertSame(batch, 50, source);
            }
        }
        Path nanos = folder.resolve("theirs.nsecpcap");
        try (LibpcapSource source = LibpcapSource.file(nanos.toString(), "")) {
            assertSame(batch, 50, source);
            assertFalse(source.counts().cutShort());
        }
        byte[] whole = Files.readAllBytes(nanos);
        Path cut = folder.resolve("cut.pcap");
        Files.write(cut, Arrays.copyOf(whole, whole.length - 1));
        try (LibpcapSource source = LibpcapSource.file(cut.toString(), "")) {
            assertSame(batch, 49, source);
            assertTrue(source.counts().cutShort());
        }
    }
}
