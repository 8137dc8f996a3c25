package dev.understudy.integration.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** tcpdump, writing the packets of one port to a file. */
public final class Tcpdump implements AutoCloseable {
    private static final long MAX_SECONDS = 30;

    /** Longer than libpcap lets packets wait for company (1 s). */
    private static final long QUIET_MILLIS = 1500;

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
        return filtered(under, interfaceName, "tcp port " + port, file);
    }

    /** Starts one that sees what clients send to the port, and nothing else. */
    public static Tcpdump startRequests(String interfaceName, int port, Path file) {
        return filtered(List.of(), interfaceName, "tcp dst port " + port, file);
    }

    /**
     * Starts one that sees all links of the hosts at once, by their switch: what is from or to a
     * client's address, its own or one made of it.
     *
     * @param known TCP ports whose packets are not looked at: production's
     */
    public static Tcpdump startOfClients(Hosts hosts, Path file, Integer... known) {
        String ports =
                Stream.of(known).map(port -> "port " + port).collect(Collectors.joining(" or "));
        return filtered(
                hosts.on("sw"),
                "any",
                "tcp and not (%s) and (net 10.98.0.0/16 or host 10.99.0.10 or host fd00:99::10)"
                        .formatted(ports),
                file);
    }

    /** Stops it; the packets that it saw, a line for each. */
    public String packets() {
        stop();
        return Shell.run("tcpdump", "-n", "-r", file.toString());
    }

    private static Tcpdump filtered(
            List<String> under, String interfaceName, String filter, Path file) {
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
                            filter));
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
     * Ends it in order once its file has stopped growing: what the kernel has not handed over yet
     * (up to a second of traffic) would be lost.
     */
    public void stop() {
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
            long length = -1;
            while (length != Files.size(file) && System.nanoTime() < end) {
                length = Files.size(file);
                if (process.waitFor(QUIET_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw new AssertionError("tcpdump ended by itself");
                }
            }
            process.destroy();
            if (!process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("tcpdump does not end");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
