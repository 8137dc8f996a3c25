package dev.understudy.integration.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** tcpdump, writing the packets of one port to a file. */
public final class Tcpdump implements AutoCloseable {
    private static final long MAX_SECONDS = 30;

    private static final int FILE_HEADER_BYTES = 24;
    private static final int RECORD_HEADER_BYTES = 16;
    private static final int CAPTURED_LENGTH_AT = 8;

    private final Process process;
    private final Path file;

    private Tcpdump(Process process, Path file) {
        this.process = process;
        this.file = file;
    }

    /** Starts it, and waits until it captures. */
    public static Tcpdump start(String interfaceName, int port, Path file) {
        return start(List.of(), interfaceName, port, file);
    }

    /** The same under another program, as {@code ip netns exec}. */
    public static Tcpdump start(List<String> under, String interfaceName, int port, Path file) {
        try {
            Path messages = Files.createTempFile("understudy-it", ".tcpdump");
            List<String> command = new ArrayList<>(under);
            command.addAll(
                    List.of(
                            "tcpdump",
                            "-Z",
                            "root",
                            "-U",
                            "-B",
                            "16384",
                            "-i",
                            interfaceName,
                            "-w",
                            file.toString(),
                            "tcp port " + port));
            Process process =
                    new ProcessBuilder(command)
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(messages.toFile())
                            .start();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
            while (!Files.readString(messages).contains("listening on")) {
                if (System.nanoTime() > end || process.waitFor(20, TimeUnit.MILLISECONDS)) {
                    throw new AssertionError("no capture: " + Files.readString(messages));
                }
            }
            return new Tcpdump(process, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /**
     * Waits until so many packets are in the file: what the kernel has not handed over yet (up to a
     * second of traffic) would be lost by ending tcpdump.
     */
    public void awaitPackets(long count) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
        try {
            while (packets() < count) {
                if (System.nanoTime() > end || process.waitFor(20, TimeUnit.MILLISECONDS)) {
                    throw new AssertionError(
                            "tcpdump has %d packets of %d".formatted(packets(), count));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Whole packets in the file; it is written by a machine of this byte order. */
    private long packets() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
        long packets = 0;
        long at = FILE_HEADER_BYTES;
        while (at + RECORD_HEADER_BYTES <= bytes.limit()) {
            at += RECORD_HEADER_BYTES + bytes.getInt((int) at + CAPTURED_LENGTH_AT);
            packets += at <= bytes.limit() ? 1 : 0;
        }
        return packets;
    }

    /** Ends it in order, so that the file is whole. */
    public void stop() {
        process.destroy();
        try {
            if (!process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("tcpdump does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
