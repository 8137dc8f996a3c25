package dev.understudy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.cli.config.Configuration;
import dev.understudy.delivery.ClientAddress;
import dev.understudy.ledger.Ledger;
import dev.understudy.opaque.OpaqueTcp;
import dev.understudy.plugins.ProtocolCatalog;
import dev.understudy.report.Ending;
import dev.understudy.session.Pacing;
import dev.understudy.session.Shape;
import dev.understudy.wire.Frame;
import dev.understudy.wire.LinkLayer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of a recording, over sockets of this host. */
@Timeout(60)
class CopyEngineTest {
    private static final int SESSIONS = 20;

    /** A server that shuts every connection at once, and one that answers each. */
    private static ServerSocket server(boolean answers) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                while (true) {
                                    serve(server.accept(), answers);
                                }
                            } catch (IOException _) {
                                // The test has closed it.
                            }
                        });
        return server;
    }

    private static void serve(Socket client, boolean answers) throws IOException {
        if (!answers) {
            client.close();
            return;
        }
        Thread.ofVirtual()
                .start(
                        () -> {
                            try (client) {
                                client.getInputStream().readNBytes(5);
                                client.getOutputStream()
                                        .write("world".getBytes(StandardCharsets.US_ASCII));
                                client.getInputStream().readAllBytes();
                            } catch (IOException _) {
                                // The run has ended its connection by a reset, as it does.
                            }
                        });
    }

    private static Path recording(Path folder) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0xa1b2c3d4).putShort((short) 2).putShort((short) 4);
        out.putInt(0).putInt(0).putInt(262_144).putInt(LinkLayer.ETHERNET);
        for (int session = 0; session < SESSIONS; session++) {
            Frame.Peer client = Frame.Peer.v4(1, 40_000 + session);
            int millis = 10 * session;
            add(out, 0, millis, new Frame(client, Frame.SERVER, 9, 0, Frame.SYN, bytes("")));
            add(out, 0, millis, new Frame(client, Frame.SERVER, 10, 1, Frame.ACK, bytes("hello")));
            add(out, 0, millis, new Frame(Frame.SERVER, client, 1, 15, Frame.ACK, bytes("world")));
        }
        // So long the clients' connections go on; a run that ends before does not wait for it.
        add(out, 50, 0, Frame.text(10, 1, Frame.ACK, "hello"));
        Path file = folder.resolve("day.pcap");
        byte[] written = new byte[out.position()];
        out.flip().get(written);
        return Files.write(file, written);
    }

    private static void add(ByteBuffer out, int seconds, int millis, Frame frame) {
        byte[] packet = frame.ethernet();
        out.putInt(seconds).putInt(1000 * millis).putInt(packet.length).putInt(packet.length);
        out.put(packet);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static RunResult run(Path work, int targetPort, int controlPort) throws Exception {
        RunPlan plan =
                new RunPlan(
                        new RunPlan.Source.File(recording(work)),
                        List.of(
                                new Copy(
                                        Endpoint.parse("10.0.0.7:3306"),
                                        List.of(Endpoint.parse("127.0.0.1:" + targetPort)),
                                        Optional.of(Endpoint.parse("127.0.0.1:" + controlPort)),
                                        Optional.of("tcp"),
                                        List.of())),
                        new ClientAddress.Own(),
                        new Carriage.Way.Plain(),
                        new RunPlan.Tempo(new Pacing.Scaled(1), Optional.empty(), 1),
                        Order.CAUSAL,
                        Shape.WHOLE,
                        false,
                        Optional.empty(),
                        1,
                        List.of(),
                        new RunPlan.Steered(work.resolve("socket"), false),
                        0,
                        Configuration.defaults());
        try (ProtocolCatalog catalog =
                ProtocolCatalog.load(Files.createDirectory(work.resolve("plugins")))
                        .withBuiltIn("tcp", OpaqueTcp::new)) {
            return new CopyEngine(new LiveSources()).run(plan, catalog, new Silent());
        }
    }

    /** Nobody stops the run, and nobody listens. */
    private static final class Silent implements RunControl {
        @Override
        public void opened(Ledger... columns) {}

        @Override
        public void onStop(Runnable stop) {}

        @Override
        public void say(String line) {}
    }

    private static void assertTheTargetAloneIsBlamed(RunResult result, int targetPort) {
        Ending target = result.columns().getFirst().ending();
        String detail = assertInstanceOf(Ending.TargetLost.class, target).detail();
        assertTrue(detail.contains("127.0.0.1:" + targetPort), detail);
        RunResult.Column control = result.columns().getLast();
        assertTrue(control.control());
        assertEquals(new Ending.Finished("no target is left"), control.ending());
    }

    @Test
    void aHealthyControlIsNotBlamedForATargetThatIsLost(@TempDir Path work) throws Exception {
        try (ServerSocket target = server(false);
                ServerSocket control = server(true)) {
            int port = target.getLocalPort();
            assertTheTargetAloneIsBlamed(run(work, port, control.getLocalPort()), port);
        }
    }

    @Test
    void aHealthyControlIsNotBlamedForATargetThatIsNotThere(@TempDir Path work) throws Exception {
        try (ServerSocket control = server(true)) {
            assertTheTargetAloneIsBlamed(run(work, 1, control.getLocalPort()), 1);
        }
    }
}
