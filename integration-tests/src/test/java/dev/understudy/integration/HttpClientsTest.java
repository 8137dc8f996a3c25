package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.NodeServer;
import dev.understudy.integration.lab.Shell;
import dev.understudy.integration.lab.Understudy;
import dev.understudy.integration.lab.WebServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real clients of two real servers that are equal: requests on the target are requests online, by
 * the servers' own logs and counters.
 */
@Timeout(180)
class HttpClientsTest {
    @TempDir private Path folder;

    private Understudy copy(String online, String target, String config) throws IOException {
        Path file = Files.writeString(folder.resolve("c.yaml"), config);
        return Understudy.start(
                        Map.of(),
                        List.of(
                                "copy",
                                "-i",
                                "lo",
                                "--online",
                                online,
                                "--target",
                                target,
                                "--protocol",
                                "http",
                                "--config",
                                file.toString()))
                .awaitCapturing();
    }

    private static void same(WebServer online, WebServer target, Understudy.Ended ended) {
        assertEquals(online.log(), target.log(), ended::toString);
        assertEquals(0, ended.exitCode(), ended::toString);
        assertEquals(online.log().size(), ended.count("requests.captured"), ended::toString);
        assertEquals(online.log().size(), ended.count("requests.same"), ended::toString);
    }

    /** Four connections, then four with four requests each: wrk ends without their answers. */
    private static final int UNDER_WAY = 4 + 4 * 4;

    /** Keep-alive connections, with four requests in a row on half of them. */
    @Test
    void wrkAndAPipeliningWrk() throws IOException {
        Path paced =
                Files.writeString(folder.resolve("paced.lua"), "function delay() return 2 end\n");
        Path pipelined =
                Files.writeString(
                        folder.resolve("pipelined.lua"),
                        """
                        local all
                        init = function(args)
                          all = ""
                          for i = 1, 4 do all = all .. wrk.format("GET", "/page.txt?n=" .. i) end
                        end
                        request = function() return all end
                        function delay() return 5 end
                        """);
        try (WebServer online = WebServer.start();
                WebServer target = WebServer.start()) {
            for (WebServer server : List.of(online, target)) {
                server.put("page.txt", "a line of a page\n".repeat(100));
            }
            Understudy.Ended ended;
            String config = "http: {}\nlimits: { unanswered: %d }\n".formatted(UNDER_WAY);
            try (Understudy copy = copy(online.address(), target.address(), config)) {
                for (Path script : List.of(paced, pipelined)) {
                    Shell.run(
                            "wrk",
                            "-t1",
                            "-c4",
                            "-d1s",
                            "-s",
                            script.toString(),
                            online.url("/page.txt"));
                }
                ended = copy.stop();
            }
            assertTrue(online.log().size() > 200, () -> "" + online.log().size());
            assertEquals(0, ended.count("packets.droppedByKernel"), ended::toString);
            assertEquals(0, ended.exitCode(), ended::toString);
            long captured = ended.count("requests.captured");
            long unanswered = ended.count("requests.unanswered");
            assertEquals(captured, ended.count("requests.same") + unanswered, ended::toString);
            assertEquals(captured, target.log().size(), ended::toString);
            assertTrue(captured - unanswered <= online.log().size(), ended::toString);
            assertTrue(online.log().size() <= captured, ended::toString);
        }
    }

    /** What a load balancer says of its client, in the text and in the binary form. */
    @Test
    void proxyHeadersReachTheTarget() throws IOException {
        try (WebServer online = WebServer.startBehindBalancer();
                WebServer target = WebServer.startBehindBalancer()) {
            for (WebServer server : List.of(online, target)) {
                server.put("page.txt", "a page\n");
            }
            Understudy.Ended ended;
            try (Understudy copy = copy(online.address(), target.address(), "http: {}\n")) {
                Shell.run(
                        "curl",
                        "-sf",
                        "--haproxy-protocol",
                        online.url("/page.txt"),
                        online.url("/empty"));
                byte[] binary =
                        HexFormat.of()
                                .parseHex(
                                        "0d0a0d0a000d0a515549540a2111000c"
                                                + "c0000207cb0071098235"
                                                + "0050");
                ByteArrayOutputStream said = new ByteArrayOutputStream();
                said.writeBytes(binary);
                said.writeBytes(
                        ascii("GET /page.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
                assertTrue(exchange(online.port(), said.toByteArray()).contains("a page"));
                ended = copy.stop();
            }
            assertEquals(3, online.log().size());
            assertTrue(online.log().toString().contains(" 192.0.2.7:33333"), online.log() + "");
            assertTrue(online.log().toString().contains(" 127.0.0.1:"), online.log() + "");
            same(online, target, ended);
        }
    }

    private static String exchange(int port, byte[] request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(request);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Keeps what it hears. */
    private static final class Listener implements WebSocket.Listener {
        private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
            heard.add(text.toString());
            return WebSocket.Listener.super.onText(socket, text, last);
        }
    }

    @Test
    void webSocketsAndTunnelsOfNode() throws Exception {
        try (NodeServer online = NodeServer.start();
                NodeServer target = NodeServer.start()) {
            Understudy.Ended ended;
            try (Understudy copy =
                    copy(
                            online.address(),
                            target.address(),
                            "http: { methods: [GET, POST, CONNECT] }\n")) {
                Listener listener = new Listener();
                try (HttpClient client = HttpClient.newHttpClient()) {
                    WebSocket socket =
                            client.newWebSocketBuilder()
                                    .buildAsync(
                                            URI.create("ws://" + online.address() + "/echo"),
                                            listener)
                                    .get(20, TimeUnit.SECONDS);
                    for (String word : List.of("one", "two", "three".repeat(1000))) {
                        socket.sendText(word, true).get(20, TimeUnit.SECONDS);
                        assertEquals(word, listener.heard.poll(20, TimeUnit.SECONDS));
                    }
                    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(20, TimeUnit.SECONDS);
                }
                tunnel(online.port());
                Shell.run("curl", "-sf", "-d", "a=b", online.url("/form"));
                // An upload that says Expect, and one that is refused before its body.
                Path upload = Files.writeString(folder.resolve("up"), "u".repeat(2_000_000));
                Shell.run(
                        "curl",
                        "-sf",
                        "-H",
                        "Expect: 100-continue",
                        "--data-binary",
                        "@" + upload,
                        online.url("/form"));
                Shell.run(
                        "curl",
                        "-s",
                        "-H",
                        "Expect: 100-continue",
                        "--data-binary",
                        "@" + upload,
                        online.url("/refused"),
                        "-o",
                        "/dev/null");
                // Chunks with trailers, as Node writes them.
                Shell.run("curl", "-sf", "--raw", online.url("/chunked"), "-o", "/dev/null");
                ended = copy.stop();
            }
            assertEquals(online.counts(), target.counts(), ended::toString);
            assertTrue(online.counts().contains("frames=3"), online.counts());
            assertTrue(online.counts().contains("tunnelled=10"), online.counts());
            assertTrue(online.counts().contains("posted=2000003"), online.counts());
            assertEquals(0, ended.exitCode(), ended::toString);
            assertEquals(6, ended.count("requests.same"), ended::toString);
        }
    }

    private static void tunnel(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write(ascii("CONNECT echo:7 HTTP/1.1\r\nHost: echo:7\r\n\r\n"));
            InputStream in = socket.getInputStream();
            assertEquals(
                    "HTTP/1.1 200 Open\r\n\r\n",
                    new String(in.readNBytes(21), StandardCharsets.US_ASCII));
            socket.getOutputStream().write(ascii("0123456789"));
            assertEquals("0123456789", new String(in.readNBytes(10), StandardCharsets.US_ASCII));
        }
    }
}
