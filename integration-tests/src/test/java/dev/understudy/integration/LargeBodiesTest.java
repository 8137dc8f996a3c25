package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.Shell;
import dev.understudy.integration.lab.Understudy;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bodies of 1 GiB in both directions, with the limits of memory at their defaults. The recording is
 * made as it is read, through a pipe, so it is nowhere whole.
 */
@Timeout(300)
class LargeBodiesTest {
    private static final long LENGTH = 1L << 30;
    private static final int ONLINE_PORT = 20_080;

    /** The target's answer has another byte here. */
    private static final long PLANTED = 700_000_000;

    private static final byte[] BLOCK = new byte[1 << 15];

    static {
        for (int i = 0; i < BLOCK.length; i++) {
            BLOCK[i] = (byte) (i * 31 + (i >> 8));
        }
    }

    @TempDir private Path folder;

    /** Writes a capture of one connection (pcap; Ethernet, IPv4, TCP; unfilled checksums). */
    private static final class Recorded {
        private static final int HEADERS = 14 + 20 + 20;
        private static final int SYN = 2;
        private static final int ACK = 16;
        private static final int FIN_ACK = 17;

        private final OutputStream out;
        private final long[] next = {1_000, 5_000};
        private long micros;

        private Recorded(OutputStream out) throws IOException {
            this.out = out;
            ByteBuffer header = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
            header.putInt(0xa1b2c3d4).putShort((short) 2).putShort((short) 4);
            header.putInt(0).putInt(0).putInt(1 << 18).putInt(1);
            out.write(header.array());
            packet(0, SYN, new byte[0], 0);
            packet(1, SYN | ACK, new byte[0], 0);
            packet(0, ACK, new byte[0], 0);
        }

        private void packet(int from, int flags, byte[] data, int length) throws IOException {
            micros += 10;
            ByteBuffer packet = ByteBuffer.allocate(16 + HEADERS + length);
            packet.order(ByteOrder.LITTLE_ENDIAN);
            packet.putInt((int) (1_790_000_000L + micros / 1_000_000));
            packet.putInt((int) (micros % 1_000_000));
            packet.putInt(HEADERS + length).putInt(HEADERS + length).order(ByteOrder.BIG_ENDIAN);
            packet.put(new byte[12]).putShort((short) 0x0800);
            packet.put((byte) 0x45).put((byte) 0).putShort((short) (40 + length));
            packet.putInt(0).put((byte) 64).put((byte) 6).putShort((short) 0);
            packet.putInt(0x0a000001 + from).putInt(0x0a000002 - from);
            packet.putShort((short) (from == 0 ? 40_000 : ONLINE_PORT));
            packet.putShort((short) (from == 0 ? ONLINE_PORT : 40_000));
            packet.putInt((int) next[from]).putInt((flags & ACK) == 0 ? 0 : (int) next[1 - from]);
            packet.put((byte) 0x50).put((byte) flags).putShort((short) 0xffff);
            packet.putInt(0).put(data, 0, length);
            out.write(packet.array());
            boolean counts = (flags & SYN) != 0 || flags == FIN_ACK;
            next[from] += length + (counts ? 1 : 0);
        }

        private void says(int from, String text) throws IOException {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            packet(from, ACK, bytes, bytes.length);
        }

        private void body(int from) throws IOException {
            for (long at = 0; at < LENGTH; at += BLOCK.length) {
                packet(from, ACK, BLOCK, BLOCK.length);
            }
        }

        private void end() throws IOException {
            packet(0, FIN_ACK, new byte[0], 0);
            packet(1, FIN_ACK, new byte[0], 0);
            packet(0, ACK, new byte[0], 0);
            out.close();
        }
    }

    private static final String PUT =
            "PUT /big HTTP/1.1\r\nHost: h\r\nContent-Type: video/mp4\r\nContent-Length: "
                    + LENGTH
                    + "\r\n\r\n";
    private static final String STORED = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    private static final String GET = "GET /big HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final String FOUND =
            "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: " + LENGTH + "\r\n\r\n";

    private static void record(Path pipe) {
        try {
            Recorded recorded =
                    new Recorded(new BufferedOutputStream(Files.newOutputStream(pipe), 1 << 18));
            recorded.says(0, PUT);
            recorded.body(0);
            recorded.says(1, STORED);
            recorded.says(0, GET);
            recorded.says(1, FOUND);
            recorded.body(1);
            recorded.end();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The target. That a connection can be made at all is tried before the run. */
    private static long serve(ServerSocket listener) {
        try {
            while (true) {
                try (Socket socket = listener.accept()) {
                    InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 18);
                    in.mark(1);
                    if (in.read() >= 0) {
                        in.reset();
                        return serve(in, socket.getOutputStream());
                    }
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Takes the upload, and answers the download with one byte that differs. */
    private static long serve(InputStream in, OutputStream out) throws IOException {
        assertTrue(head(in).startsWith("PUT /big HTTP/1.1\r\n"));
        CRC32 sum = new CRC32();
        byte[] piece = new byte[BLOCK.length];
        for (long at = 0; at < LENGTH; at += BLOCK.length) {
            assertEquals(BLOCK.length, in.readNBytes(piece, 0, BLOCK.length));
            sum.update(piece);
        }
        out.write(STORED.getBytes(StandardCharsets.US_ASCII));
        assertTrue(head(in).startsWith("GET /big HTTP/1.1\r\n"));
        out.write(FOUND.getBytes(StandardCharsets.US_ASCII));
        for (long at = 0; at < LENGTH; at += BLOCK.length) {
            byte[] block = BLOCK;
            if (PLANTED >= at && PLANTED < at + BLOCK.length) {
                block = BLOCK.clone();
                block[(int) (PLANTED - at)] ^= 1;
            }
            out.write(block);
        }
        return sum.getValue();
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            int one = in.read();
            assertTrue(one >= 0, () -> "the end after " + head);
            head.append((char) one);
        }
        return head.toString();
    }

    @Test
    void anUploadAndADownloadOfAGibibytePassAndThePartThatDiffersIsNamed() throws Exception {
        Path pipe = folder.resolve("capture");
        Shell.run("mkfifo", pipe.toString());
        Path config = Files.writeString(folder.resolve("c.yaml"), "http: { methods: ['*'] }\n");
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Long> served =
                    CompletableFuture.supplyAsync(
                            () -> serve(listener), Thread::startVirtualThread);
            CompletableFuture<Void> written =
                    CompletableFuture.runAsync(() -> record(pipe), Thread::startVirtualThread);
            Understudy.Ended ended;
            try (Understudy replay =
                    Understudy.start(
                            Map.of(),
                            List.of(
                                    "replay",
                                    "-",
                                    "--speed",
                                    "max",
                                    "--online",
                                    "10.0.0.2:" + ONLINE_PORT,
                                    "--target",
                                    "127.0.0.1:" + listener.getLocalPort(),
                                    "--protocol",
                                    "http",
                                    "--config",
                                    config.toString()),
                            pipe)) {
                ended = replay.ended();
            }
            assertEquals(1, ended.exitCode(), ended::toString);
            assertEquals(0, ended.count("sessions.leftOut"), ended::toString);
            assertEquals(2, ended.count("requests.captured"), ended::toString);
            assertEquals(1, ended.count("requests.same"), ended::toString);
            assertEquals(1, ended.count("requests.different"), ended::toString);
            written.get(60, TimeUnit.SECONDS);
            CRC32 sum = new CRC32();
            for (long at = 0; at < LENGTH; at += BLOCK.length) {
                sum.update(BLOCK);
            }
            assertEquals(sum.getValue(), served.get(60, TimeUnit.SECONDS), ended::toString);
            long block = PLANTED >> 21 << 21;
            String named = "first differs in bytes %d..%d".formatted(block, block + (1 << 21) - 1);
            assertTrue(ended.printed().contains(named), ended::toString);
        }
    }
}
