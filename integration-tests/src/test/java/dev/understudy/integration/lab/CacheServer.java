package dev.understudy.integration.lab;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A real memcached 1.6 on loopback. */
public final class CacheServer implements AutoCloseable {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final int TIMEOUT_MILLIS = 10_000;

    private final String name;
    private final int port;

    private CacheServer(Map<String, String> environment, List<String> options) {
        this.name =
                "it-cache-%d-%d"
                        .formatted(ProcessHandle.current().pid(), NUMBERS.incrementAndGet());
        List<String> command =
                new ArrayList<>(List.of(Project.lab("server.sh"), "start", name, "memcached", "0"));
        command.addAll(options);
        Shell.run(environment, command);
        this.port =
                Integer.parseInt(
                        Splitter.on(CharMatcher.whitespace())
                                .omitEmptyStrings()
                                .splitToList(Shell.run(Project.lab("server.sh"), "where", name))
                                .get(2));
    }

    /** Starts one on a free port; returns when it takes clients. */
    public static CacheServer start(String... options) {
        return new CacheServer(Map.of(), List.of(options));
    }

    /** Starts one in a network namespace, on an address that is there. */
    public static CacheServer startIn(String namespace, String host) {
        return new CacheServer(Map.of("LAB_NETNS", namespace, "LAB_BIND", host), List.of());
    }

    /** Starts one that wants a SASL login, and so the binary dialect. */
    public static CacheServer withSasl(String user, String password) {
        return new CacheServer(Map.of("LAB_SASL", user + ":" + password), List.of());
    }

    /** Starts one that wants a login in text. */
    public static CacheServer withTextAuth(String user, String password) {
        return new CacheServer(Map.of("LAB_TEXT_AUTH", user + ":" + password), List.of());
    }

    /** Its port on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** How a command line names it. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** Sends text on one connection, and returns all that came up to the end it should have. */
    public String talk(String text, String end) {
        try (Conversation conversation = open()) {
            return conversation.ask(text, end);
        }
    }

    /** Opens a connection. */
    public Conversation open() {
        return new Conversation(port);
    }

    /** One connection of raw bytes, one character a byte. */
    public static final class Conversation implements AutoCloseable {
        private final Socket socket;

        private Conversation(int port) {
            try {
                socket = new Socket(InetAddress.getLoopbackAddress(), port);
                socket.setSoTimeout(TIMEOUT_MILLIS);
                socket.setTcpNoDelay(true);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Opens one to a server on loopback. */
        public static Conversation at(int port) {
            return new Conversation(port);
        }

        /** Sends, and reads until what came ends so. */
        public String ask(String text, String end) {
            try {
                socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
                InputStream in = socket.getInputStream();
                StringBuilder out = new StringBuilder();
                byte[] some = new byte[65_536];
                while (!out.toString().endsWith(end)) {
                    int bytes = in.read(some);
                    if (bytes < 0) {
                        throw new AssertionError("the server closed after: " + out);
                    }
                    out.append(new String(some, 0, bytes, StandardCharsets.ISO_8859_1));
                }
                return out.toString();
            } catch (IOException e) {
                throw new AssertionError("no answer ending in '" + end + "' to: " + text, e);
            }
        }

        /** The client's port. */
        public int clientPort() {
            return socket.getLocalPort();
        }

        /** Ends it, now and not at the end of a block. */
        public void end() {
            close();
        }

        @Override
        public void close() {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** What it counted of commands, hits and misses, by the names of its own statistics. */
    public Map<String, Long> counters() {
        return counters(port);
    }

    /** The same of any server on loopback. */
    public static Map<String, Long> counters(int port) {
        Map<String, Long> counters = new TreeMap<>();
        String stats;
        try (Conversation conversation = new Conversation(port)) {
            stats = conversation.ask("stats\r\n", "END\r\n");
        }
        for (String line : Splitter.on("\r\n").split(stats)) {
            List<String> words = Splitter.on(' ').splitToList(line);
            if (words.size() == 3
                    && words.get(1)
                            .matches("(cmd|get|set|delete|incr|decr|cas|touch)_.*|total_items")) {
                counters.put(words.get(1), Long.valueOf(words.get(2)));
            }
        }
        return counters;
    }

    @Override
    public void close() {
        Shell.run(Project.lab("server.sh"), "stop", name);
    }
}
