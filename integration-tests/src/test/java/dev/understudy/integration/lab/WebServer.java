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

/** A real nginx or Apache on loopback, as lab/nginx.conf and lab/apache.conf set them up. */
public final class WebServer implements AutoCloseable {
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    /** All files are of one age, since nginx tells it. */
    private static final FileTime WRITTEN = FileTime.from(Instant.parse("2026-11-01T09:00:00Z"));

    private final String name;
    private final String log;
    private final int port;

    private WebServer(String program, String log, Map<String, String> environment) {
        this.log = log;
        name = "it-web-%d-%d".formatted(ProcessHandle.current().pid(), NUMBERS.incrementAndGet());
        Shell.run(environment, List.of(Project.lab("server.sh"), "start", name, program, "0"));
        port =
                Integer.parseInt(
                        Splitter.on(CharMatcher.whitespace())
                                .omitEmptyStrings()
                                .splitToList(Shell.run(Project.lab("server.sh"), "where", name))
                                .get(2));
    }

    /** Starts one on a free port; returns when it takes clients. */
    public static WebServer start() {
        return nginx("");
    }

    /** One that wants a PROXY header first on each connection. */
    public static WebServer startBehindBalancer() {
        return nginx("proxy_protocol");
    }

    private static WebServer nginx(String listen) {
        return new WebServer("nginx", "/var/log/nginx/access.log", Map.of("LAB_LISTEN", listen));
    }

    /**
     * An Apache that asks for a Digest login below /digest and a Basic one below /basic, and below
     * /jwt for a JSON Web Token that is signed with the password; its log ends in the user's name.
     */
    public static WebServer startWithLogins(String user, String realm, String password) {
        return new WebServer(
                "apache",
                "/var/log/apache2/access.log",
                Map.of("LAB_LOGIN", String.join(":", user, realm, password)));
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
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
            Files.setLastModifiedTime(file, WRITTEN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it has answered by its own log, sorted: what was asked, status, bytes, client. */
    public List<String> log() {
        try {
            return Files.readAllLines(file(log), StandardCharsets.UTF_8).stream().sorted().toList();
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
