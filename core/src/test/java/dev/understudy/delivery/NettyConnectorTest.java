package dev.understudy.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Over real sockets, by both transports: a machine without epoll is red. */
@Timeout(60)
@ParameterizedClass
@EnumSource(Transport.class)
class NettyConnectorTest {
    private static final Origin ORIGIN =
            new Origin(
                    new InetSocketAddress("192.0.2.9", 40_001),
                    new InetSocketAddress("192.0.2.1", 3306),
                    true);

    private static final Map<Transport, MultiThreadIoEventLoopGroup> LOOPS =
            new EnumMap<>(Transport.class);
    private static final int SEND_BUFFER = 64 * 1024;

    @TempDir static Path folder;

    private final Transport transport;
    private final EventLoop loop;
    private final Heard heard = new Heard();

    NettyConnectorTest(Transport transport) {
        this.transport = transport;
        loop = LOOPS.computeIfAbsent(transport, kind -> kind.loops(1)).next();
    }

    /** Beforehand: it takes its time, and a handshake has only so much. */
    @BeforeAll
    static void makeCertificate() throws IOException {
        Peer.makeCertificate(folder);
    }

    @AfterAll
    static void stopLoops() {
        LOOPS.values().forEach(group -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS));
        LOOPS.clear();
    }

    private TargetConnection connect(InetSocketAddress to, boolean tls, int retries)
            throws Exception {
        return connect(to, tls, retries, heard, _ -> {});
    }

    /** Connects and goes on in the same turn of the loop, before anything can have happened. */
    private TargetConnection connect(
            InetSocketAddress to,
            boolean tls,
            int retries,
            TargetListener listener,
            Consumer<TargetConnection> early)
            throws Exception {
        NettyConnector connector =
                new NettyConnector(
                        transport,
                        new Delivery(Duration.ofSeconds(20), retries, List.of(), SEND_BUFFER));
        return loop.submit(
                        () -> {
                            TargetConnection made =
                                    connector.connect(to, ORIGIN, tls, loop, listener);
                            early.accept(made);
                            return made;
                        })
                .get();
    }

    private void onLoop(Runnable task) throws Exception {
        loop.submit(task).get();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    private static InetSocketAddress nobody() throws IOException {
        try (Peer gone = new Peer()) {
            return gone.address();
        }
    }

    private void waitFor(String event) {
        Until.holds(event + " in " + heard.events(), () -> heard.heard(event));
    }

    @Test
    void theClientIsNamedBeforeTheFirstByteAndBeforeTls() throws Exception {
        NettyConnector connector =
                new NettyConnector(
                        transport,
                        Delivery.defaults()
                                .withClientAddress(
                                        new ClientAddress.ProxyProtocol(ProxyHeader.Version.V1),
                                        0));
        String header = "PROXY TCP4 192.0.2.9 192.0.2.1 40001 3306\r\n";
        for (boolean tls : new boolean[] {false, true}) {
            try (Peer peer = new Peer()) {
                loop.submit(
                                () -> {
                                    TargetConnection made =
                                            connector.connect(
                                                    peer.address(), ORIGIN, tls, loop, heard);
                                    made.send(bytes("first"));
                                })
                        .get();
                peer.accept();
                assertEquals(header, peer.read(header.length()));
                assertEquals("first", (tls ? peer.startTls(folder) : peer).read(5));
            }
        }
    }

    /** Known before the peer can have seen it, so that its packets are known as ours. */
    @Test
    void theLocalAddressIsToldOnTheLoopThatConnects() throws Exception {
        try (Peer peer = new Peer()) {
            connect(peer.address(), false, 0);
            peer.accept();
            if (transport == Transport.EPOLL) {
                // The peer has it: whatever the loop does from now on comes behind the call.
                onLoop(() -> {});
            } else {
                waitFor("up");
            }
            assertEquals(List.of(peer.client()), heard.begun());
        }
    }

    @Test
    void bytesGoBothWays() throws Exception {
        try (Peer peer = new Peer()) {
            TargetConnection made = connect(peer.address(), false, 0);
            peer.accept();
            waitFor("up");
            onLoop(
                    () -> {
                        made.send(bytes("hello"));
                        made.flush();
                    });
            assertEquals("hello", peer.read(5));
            peer.say("world");
            Until.holds("an answer", () -> heard.text().equals("world"));
        }
    }

    @Test
    void aRefusedConnectionIsNamed() throws Exception {
        connect(nobody(), false, 0);
        waitFor("ended:refused");
        assertEquals(List.of("ended:refused"), heard.events());
    }

    @Test
    void aRefusedTlsConnectionIsRefusedAsWell() throws Exception {
        connect(nobody(), true, 1);
        waitFor("ended:refused");
        assertEquals(List.of("ended:refused"), heard.events());
    }

    @Test
    void aTargetThatComesLateIsTriedAgain() throws Exception {
        InetSocketAddress address = nobody();
        connect(address, false, 10, heard, made -> made.send(bytes("kept")));
        try (Peer peer = new Peer(address.getPort())) {
            assertEquals("kept", peer.accept().read(4));
            waitFor("up");
        }
    }

    @Test
    void aCloseEndsTheTries() throws Exception {
        TargetConnection made = connect(nobody(), false, 100);
        onLoop(made::close);
        onLoop(() -> {});
        assertEquals(List.of(), heard.events());
    }

    @Test
    void aResetIsNoOrderlyEnd() throws Exception {
        try (Peer peer = new Peer()) {
            connect(peer.address(), false, 0);
            peer.accept();
            waitFor("up");
            peer.reset();
            waitFor("ended:reset");
            assertEquals(List.of("up", "ended:reset"), heard.events());
        }
    }

    @Test
    void aTargetThatHangsUpIsClosedAfterItsLastBytes() throws Exception {
        try (Peer peer = new Peer()) {
            connect(peer.address(), false, 0);
            peer.accept().say("bye").hangUp();
            waitFor("ended:closed");
            assertEquals("bye", heard.text());
            assertEquals(List.of("up", "ended:closed"), heard.events());
        }
    }

    @Test
    void closingIsAResetSoThatNoPortLingers() throws Exception {
        try (Peer peer = new Peer()) {
            TargetConnection made = connect(peer.address(), false, 0);
            peer.accept();
            waitFor("up");
            onLoop(made::close);
            assertThrows(SocketException.class, () -> peer.read(1));
            assertEquals(List.of("up"), heard.events());
        }
    }

    @Test
    void whatIsSentBeforeItIsUpComesFirst() throws Exception {
        try (Peer peer = new Peer()) {
            TargetConnection[] made = new TargetConnection[1];
            TargetListener greeting =
                    new Heard() {
                        @Override
                        public void up(long timeNanos) {
                            made[0].send(bytes("second"));
                            made[0].flush();
                        }
                    };
            connect(
                    peer.address(),
                    false,
                    0,
                    greeting,
                    early -> {
                        made[0] = early;
                        early.send(bytes("first,"));
                    });
            assertEquals("first,second", peer.accept().read(12));
        }
    }

    @Test
    void theOrderHoldsWhileTlsIsBeingMade() throws Exception {
        try (Peer peer = new Peer()) {
            TargetConnection made =
                    connect(peer.address(), true, 0, heard, early -> early.send(bytes("first,")));
            peer.accept();
            // The connection is there, the handshake is not.
            onLoop(() -> made.send(bytes("second")));
            assertEquals("first,second", peer.startTls(folder).read(12));
            waitFor("up");
            peer.say("answer");
            Until.holds("an answer", () -> heard.text().equals("answer"));
        }
    }

    @Test
    void aServerThatSpeaksNoTlsIsNamed() throws Exception {
        try (Peer peer = new Peer()) {
            connect(peer.address(), true, 0);
            peer.accept().say("HTTP/1.1 400 Bad Request\r\n\r\n");
            waitFor("ended:tls");
            assertEquals(List.of("ended:tls"), heard.events());
        }
    }

    @Test
    void tlsMayBeginInTheMiddleOfAStream() throws Exception {
        try (Peer peer = new Peer()) {
            TargetConnection made = connect(peer.address(), false, 0);
            peer.accept();
            waitFor("up");
            onLoop(
                    () -> {
                        made.send(bytes("plain"));
                        made.startTls();
                        made.send(bytes("secret"));
                        made.flush();
                    });
            assertEquals("plain", peer.read(5));
            assertEquals("secret", peer.startTls(folder).say("answer").read(6));
            Until.holds("an answer", () -> heard.text().equals("answer"));
        }
    }

    @Test
    void tlsAskedForEarlyBeginsBehindWhatWasSentBefore() throws Exception {
        try (Peer peer = new Peer()) {
            connect(
                    peer.address(),
                    false,
                    0,
                    heard,
                    early -> {
                        early.send(bytes("plain"));
                        early.startTls();
                        early.send(bytes("secret"));
                    });
            assertEquals("plain", peer.accept().read(5));
            assertEquals("secret", peer.startTls(folder).read(6));
        }
    }

    @Test
    void aHalfCloseWaitsForWhatIsQueued() throws Exception {
        int length = 8 << 20; // more than the kernel takes at once
        try (Peer peer = new Peer()) {
            TargetConnection made = connect(peer.address(), false, 0);
            peer.accept();
            waitFor("up");
            onLoop(
                    () -> {
                        made.send(Unpooled.wrappedBuffer(new byte[length]));
                        made.halfClose();
                    });
            assertEquals(length, peer.readToEnd());
            peer.say("answer");
            Until.holds("an answer", () -> heard.text().equals("answer"));
            peer.hangUp();
            waitFor("ended:closed");
        }
    }

    @Test
    void aHalfCloseEndsATlsStreamAsWell() throws Exception {
        try (Peer peer = new Peer()) {
            TargetConnection made = connect(peer.address(), true, 0);
            peer.accept().startTls(folder);
            waitFor("up");
            onLoop(
                    () -> {
                        made.send(bytes("request"));
                        made.halfClose();
                    });
            assertEquals("request", peer.read(7));
        }
    }

    @Test
    void aSlowReaderMakesItFullAndThenWritableAgain() throws Exception {
        try (Peer peer = new Peer()) {
            TargetConnection made = connect(peer.address(), false, 0);
            peer.accept();
            waitFor("up");
            int sent = 0;
            while (!heard.heard("full")) {
                onLoop(
                        () -> {
                            made.send(Unpooled.wrappedBuffer(new byte[SEND_BUFFER / 4]));
                            made.flush();
                        });
                sent += SEND_BUFFER / 4;
                assertTrue(sent < 64 << 20, "it takes any amount");
            }
            assertFalse(heard.heard("writable"));
            assertEquals(sent, peer.read(sent).length());
            waitFor("writable");
        }
    }

    @Test
    void whatWaitsForTheConnectionIsBoundedAsWell() throws Exception {
        InetSocketAddress address = nobody();
        connect(
                address,
                false,
                10,
                heard,
                early -> {
                    early.send(Unpooled.wrappedBuffer(new byte[SEND_BUFFER]));
                    assertFalse(heard.heard("full"));
                    early.send(bytes("x"));
                    assertTrue(heard.heard("full"));
                });
        try (Peer peer = new Peer(address.getPort())) {
            assertEquals(SEND_BUFFER + 1, peer.accept().read(SEND_BUFFER + 1).length());
            waitFor("writable");
        }
    }

    @Test
    void aConnectionThatIsOverReleasesWhatItIsGiven() throws Exception {
        ByteBuf waiting = Unpooled.directBuffer().writeByte(1);
        ByteBuf late = Unpooled.directBuffer().writeByte(1);
        connect(
                nobody(),
                false,
                0,
                heard,
                early -> {
                    early.send(waiting);
                    early.close();
                    early.send(late);
                });
        assertEquals(0, waiting.refCnt());
        assertEquals(0, late.refCnt());
    }

    @Test
    void anAddressOfAnotherHostIsNoSource() throws Exception {
        NettyConnector connector =
                new NettyConnector(
                        transport,
                        new Delivery(
                                Duration.ofSeconds(5),
                                0,
                                List.of(InetAddress.getByName("192.0.2.77")),
                                SEND_BUFFER));
        try (Peer peer = new Peer()) {
            loop.submit(() -> connector.connect(peer.address(), ORIGIN, false, loop, heard)).get();
            waitFor("ended:no-ports");
        }
    }
}
