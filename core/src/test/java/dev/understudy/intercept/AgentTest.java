package dev.understudy.intercept;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.delivery.ClientAddress;
import dev.understudy.delivery.Delivery;
import dev.understudy.delivery.Origin;
import dev.understudy.delivery.TargetConnection;
import dev.understudy.delivery.TargetListener;
import dev.understudy.delivery.Transport;
import dev.understudy.link.Door;
import dev.understudy.link.MiddleMan;
import dev.understudy.link.SharedSecret;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Agent and copier over loopback; clients are of 127.0.0.0/8, which needs no routing. */
@Timeout(60)
class AgentTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final Origin ORIGIN =
            new Origin(
                    new InetSocketAddress("127.0.7.9", 40_123),
                    new InetSocketAddress("192.0.2.1", 3306),
                    true);

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    private final EventLoopGroup loops = Transport.EPOLL.loops(1);
    private final EventLoop loop = loops.next();

    @TempDir private Path folder;
    private ServerSocket server;
    private Agent agent;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 50, LOOPBACK);
        agent = agent(0);
    }

    private Agent agent(int port) throws IOException {
        return Agent.listen(
                new InetSocketAddress(LOOPBACK, port),
                List.of(serverAddress()),
                0,
                secret("right"),
                said::add);
    }

    private InetSocketAddress serverAddress() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    private SharedSecret secret(String word) throws IOException {
        Path file = folder.resolve(word);
        Files.writeString(file, word.repeat(10));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return SharedSecret.read(file);
    }

    @AfterEach
    void stop() throws IOException {
        agent.close();
        server.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private Map<String, Long> counts() {
        return agent.counts();
    }

    private AgentConnector connector(String word) throws IOException {
        return new AgentConnector(
                agent.address(),
                secret(word),
                Transport.EPOLL,
                new Delivery(Duration.ofSeconds(5), 0, List.of(), 64 * 1024)
                        .withClientAddress(new ClientAddress.Keep(), 0),
                said::add);
    }

    private final class Heard implements TargetListener {
        @Override
        public void up(long timeNanos) {
            heard.add("up");
        }

        @Override
        public void received(ByteBuf bytes, long timeNanos) {
            heard.add("bytes:" + bytes.readableBytes());
        }

        @Override
        public void writable(boolean writable) {
            heard.add("writable:" + writable);
        }

        @Override
        public void ended(String reason, long timeNanos) {
            heard.add("ended:" + reason);
        }
    }

    private TargetConnection connect(AgentConnector connector, InetSocketAddress to)
            throws Exception {
        return loop.submit(() -> connector.connect(to, ORIGIN, false, loop, new Heard())).get();
    }

    private String next() throws InterruptedException {
        return String.valueOf(heard.poll(20, TimeUnit.SECONDS));
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "never");
            LockSupport.parkNanos(10_000_000);
        }
    }

    @Test
    void theServerSeesTheClientsAddressAndPortAndBytesGoBothWays() throws Exception {
        AgentConnector connector = connector("right");
        connector.check(serverAddress());
        server.accept().close();
        TargetConnection made = connect(connector, serverAddress());
        try (Socket accepted = server.accept()) {
            assertEquals(ORIGIN.client(), accepted.getRemoteSocketAddress());
            assertEquals("up", next());
            loop.execute(() -> made.send(Unpooled.copiedBuffer(new byte[] {1, 2, 3})));
            assertEquals(3, accepted.getInputStream().readNBytes(3).length);
            accepted.getOutputStream().write(new byte[5]);
            assertEquals("bytes:5", next());
            loop.execute(made::halfClose);
            assertEquals(-1, accepted.getInputStream().read());
        }
        assertEquals("ended:closed", next());
        Map<String, Long> counts = connector.counts();
        assertEquals(1, counts.get("copier.connections"), counts::toString);
        assertEquals(1, counts.get("copier.ended"), counts::toString);
        assertEquals(1, counts.get("agent.connections"), counts::toString);
        assertEquals(1, counts.get("agent.ended"), counts::toString);
        assertEquals(3, counts.get("agent.bytesToServer"), counts::toString);
        assertEquals(5, counts.get("copier.bytesReceived"), counts::toString);
    }

    @Test
    void aPortThatIsTakenIsReplacedAndCounted() throws Exception {
        AgentConnector connector = connector("right");
        connect(connector, serverAddress());
        connect(connector, serverAddress());
        try (Socket first = server.accept();
                Socket second = server.accept()) {
            assertEquals(first.getInetAddress(), second.getInetAddress());
            assertTrue(first.getPort() == 40_123 ^ second.getPort() == 40_123);
        }
        assertEquals(1, connector.counts().get("agent.otherPort"));
    }

    @Test
    void aServerThatStandsStillSlowsTheCopierAndAllComesInTheEnd() throws Exception {
        AgentConnector connector = connector("right");
        TargetConnection made = connect(connector, serverAddress());
        int blocks = 200;
        try (Socket accepted = server.accept()) {
            assertEquals("up", next());
            for (int i = 0; i < blocks; i++) {
                loop.execute(() -> made.send(Unpooled.wrappedBuffer(new byte[100_000])));
            }
            assertEquals("writable:false", next());
            InputStream in = accepted.getInputStream();
            assertEquals(blocks * 100_000, in.readNBytes(blocks * 100_000).length);
            assertEquals("writable:true", next());
        }
    }

    @Test
    void aCopierThatStandsStillSlowsTheServer() throws Exception {
        AgentConnector connector = connector("right");
        TargetConnection made = connect(connector, serverAddress());
        try (Socket accepted = server.accept()) {
            assertEquals("up", next());
            loop.execute(() -> made.reading(false));
            Thread writer =
                    Thread.startVirtualThread(
                            () -> {
                                try {
                                    accepted.getOutputStream().write(new byte[20_000_000]);
                                    heard.add("written");
                                } catch (IOException e) {
                                    heard.add(e.toString());
                                }
                            });
            long received = 0;
            while (received < Window.BYTES) {
                received += Long.parseLong(next().substring("bytes:".length()));
            }
            assertEquals(Window.BYTES, received);
            loop.execute(() -> made.reading(true));
            boolean written = false;
            while (received < 20_000_000 || !written) {
                String event = next();
                written |= event.equals("written");
                received +=
                        event.startsWith("bytes:")
                                ? Long.parseLong(event.substring("bytes:".length()))
                                : 0;
            }
            writer.join();
        }
    }

    @Test
    void onlyTheProtectedServerIsReached() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 5, LOOPBACK)) {
            connect(connector("right"), (InetSocketAddress) other.getLocalSocketAddress());
            assertEquals("ended:not-protected", next());
            String message =
                    assertThrows(
                                    IOException.class,
                                    () ->
                                            connector("right")
                                                    .check(
                                                            (InetSocketAddress)
                                                                    other.getLocalSocketAddress()))
                            .getMessage();
            assertTrue(message.contains("--protect"), message);
        }
    }

    @Test
    void whoDoesNotKnowTheSecretIsRefusedAndCounted() throws Exception {
        AgentConnector connector = connector("wrong");
        String message =
                assertThrows(IOException.class, () -> connector.check(serverAddress()))
                        .getMessage();
        assertTrue(message.contains("--secret-file"), message);
        connect(connector, serverAddress());
        assertEquals("ended:agent-refused", next());
        assertEquals(2, counts().get("stranger-wrong-secret"));
        assertEquals(0, counts().getOrDefault("connections", 0L));
    }

    /** Both ends have the secret, but each its own TLS session: with the man in the middle. */
    @Test
    void aManInTheMiddleIsRefused() throws Exception {
        try (MiddleMan man = new MiddleMan(agent.address())) {
            AgentConnector connector =
                    new AgentConnector(
                            man.address(),
                            secret("right"),
                            Transport.EPOLL,
                            Delivery.defaults().withClientAddress(new ClientAddress.Keep(), 0),
                            said::add);
            assertThrows(IOException.class, () -> connector.check(serverAddress()));
            assertTrue(man.relayed() > 0, "the man in the middle passed nothing on");
        }
        assertEquals(1, counts().get("stranger-wrong-secret"));
    }

    @Test
    void aFloodOfStrangersDoesNotKeepACopierOut() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 3 * Door.MAX_STRANGERS; i++) {
                silent.add(new Socket(LOOPBACK, agent.address().getPort()));
            }
            connector("right").check(serverAddress());
            Socket rubbish = silent.getLast();
            rubbish.getOutputStream()
                    .write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            await(() -> counts().getOrDefault("stranger-no-tls", 0L) >= 1);
            long turnedAway = counts().get("stranger-too-many");
            assertTrue(turnedAway >= 2 * Door.MAX_STRANGERS - 1, () -> counts().toString());
            await(() -> counts().getOrDefault("stranger-timeout", 0L) >= Door.MAX_STRANGERS - 2);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void aLostLinkEndsItsConnectionsAndTheNextOneIsMadeAnew() throws Exception {
        AgentConnector connector = connector("right");
        connect(connector, serverAddress());
        try (Socket accepted = server.accept()) {
            assertEquals("up", next());
            int port = agent.address().getPort();
            agent.close();
            assertEquals("ended:agent-lost", next());
            assertThrows(IOException.class, () -> accepted.getInputStream().read());
            // It waits for the agent to come back.
            connect(connector, serverAddress());
            agent = agent(port);
            try (Socket again = server.accept()) {
                assertEquals("up", next());
                assertEquals(ORIGIN.client().getAddress(), again.getInetAddress());
            }
        }
        Map<String, Long> counts = connector.counts();
        assertEquals(1, counts.get("copier.linksLost"), counts::toString);
        assertEquals(2, counts.get("copier.links"), counts::toString);
    }
}
