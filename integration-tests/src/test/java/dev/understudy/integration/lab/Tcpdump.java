package dev.understudy.integration.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** tcpdump, writing the packets of one port to a file. */
public final class Tcpdump implements AutoCloseable {
    private static final long MAX_SECONDS = 30;

    private final Process process;

    private Tcpdump(Process process) {
        this.process = process;
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
            return new Tcpdump(process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
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
