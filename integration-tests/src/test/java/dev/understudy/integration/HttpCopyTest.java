package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.Shell;
import dev.understudy.integration.lab.Understudy;
import dev.understudy.integration.lab.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * Two real nginx: the target answers what production was asked, and by its own log nothing else.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class HttpCopyTest {
    private static final String ITEMS =
            "{\"items\":[{\"id\":1,\"price\":1.5},{\"id\":2,\"price\":%s}],\"note\":\""
                    + "smørrebrød ".repeat(30)
                    + "\"}";

    private WebServer online;
    private WebServer target;

    @BeforeAll
    void start() {
        online = WebServer.start();
        target = WebServer.start();
        for (WebServer server : List.of(online, target)) {
            server.put("items.json", ITEMS.formatted("2.25"));
            server.put("long.txt", "a line of a long page\n".repeat(150_000));
        }
    }

    @AfterAll
    void stop() {
        online.close();
        target.close();
    }

    private Understudy copy() {
        return Understudy.start(
                        Map.of(),
                        List.of(
                                "copy",
                                "-i",
                                "lo",
                                "--online",
                                online.address(),
                                "--target",
                                target.address(),
                                "--protocol",
                                "http"))
                .awaitCapturing();
    }

    /** Requests in one write, the last of which asks the server to close. */
    private String pipelined(String requests) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), online.port())) {
            socket.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void theTargetsLogIsProductionsLog() throws IOException {
        int before = target.log().size();
        assertEquals(online.log().size(), before);
        Understudy.Ended ended;
        try (Understudy copy = copy()) {
            String items = online.url("/items.json");
            Shell.run("curl", "-sf", items, items, online.url("/long.txt"), "-o", "/dev/null");
            Shell.run("curl", "-sfI", items);
            Shell.run("curl", "-sf", "--compressed", items);
            Shell.run("curl", "-sf", "-r", "5-20", items);
            Shell.run(
                    "curl",
                    "-s",
                    online.url("/nowhere"),
                    online.url("/moved"),
                    online.url("/empty"));
            Shell.run("curl", "-sf", "-z", "2026-11-02", items);
            Shell.run("curl", "-sf", "-0", items);
            String answers =
                    pipelined(
                            "GET /items.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(5)
                                    + "HEAD /long.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assertEquals(6, answers.split("HTTP/1.1 200 OK", -1).length - 1);
            Shell.run(
                    "curl",
                    "-sf",
                    "-Z",
                    "--parallel-max",
                    "8",
                    items + "?n=[1-200]",
                    "-o",
                    "/dev/null");
            ended = copy.stop();
        }
        assertEquals(online.log(), target.log(), ended::toString);
        assertEquals(0, ended.exitCode(), ended::toString);
        long requests = (long) online.log().size() - before;
        assertTrue(requests > 200, "" + requests);
        assertEquals(requests, ended.count("requests.same"), ended::toString);
    }

    @Test
    void oneFieldThatDiffersIsNamed() {
        target.put("items.json", ITEMS.formatted("2.26"));
        Understudy.Ended ended;
        try (Understudy copy = copy()) {
            Shell.run("curl", "-sf", "--compressed", online.url("/items.json"));
            Shell.run("curl", "-sf", online.url("/empty"));
            ended = copy.stop();
        } finally {
            target.put("items.json", ITEMS.formatted("2.25"));
        }
        assertEquals(1, ended.exitCode(), ended::toString);
        assertEquals(1, ended.count("requests.different"), ended::toString);
        assertTrue(ended.printed().contains("$.items[1].price: 2.25"), ended::toString);
        assertTrue(ended.printed().contains("$.items[1].price: 2.26"), ended::toString);
    }
}
