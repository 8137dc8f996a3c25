package dev.understudy.integration.lab;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A real nginx on loopback, as lab/nginx.conf sets it up. */
public final class WebServer implements AutoCloseable {
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    /** All files are of one age, since nginx tells it. */
    private static final FileTime WRITTEN = FileTime.from(Instant.parse("2026-11-01T09:00:00Z"));

    private final String name;
    private final int port;

    private WebServer(String listen) {
        name = "it-web-%d-%d".formatted(ProcessHandle.current().pid(), NUMBERS.incrementAndGet());
        Shell.run(
                Map.of("LAB_LISTEN", listen),
                List.of(Project.lab("server.sh"), "start", name, "nginx", "0"));
        port =
                Integer.parseInt(
                        Splitter.on(CharMatcher.whitespace())
                                .omitEmptyStrings()
                                .splitToList(Shell.run(Project.lab("server.sh"), "where", name))
                                .get(2));
    }

    /** Starts one on a free port; returns when it takes clients. */
    public static WebServer start() {
        return new WebServer("");
    }

    /** One that wants a PROXY header first on each connection. */
    public static WebServer startBehindBalancer() {
        return new WebServer("proxy_protocol");
    }

    /** Its port on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** How a command line names it. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** The address of a page. */
    public String url(String path) {
        return "http://" + address() + path;
    }

    /** Puts a page there, in place of the one before. */
    public void put(String page, String content) {
        Path file = file("/var/www/lab").resolve(page);
        try {
            Files.writeString(file, content);
            Files.setLastModifiedTime(file, WRITTEN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it has answered by its own log, sorted: what was asked, status, bytes, client. */
    public List<String> log() {
        try {
            return Files.readAllLines(file("/var/log/nginx/access.log"), StandardCharsets.UTF_8)
                    .stream()
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(String path) {
        return Path.of(Shell.run(Project.lab("server.sh"), "path", name, path).strip());
    }

    @Override
    public void close() {
        Shell.run(Project.lab("server.sh"), "stop", name);
    }
}
