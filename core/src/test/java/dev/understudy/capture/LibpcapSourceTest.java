package dev.understudy.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.wire.LinkLayer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** On the real loopback interface: needs root and libpcap. */
class LibpcapSourceTest {
    private static final int BUFFER_BYTES = 4 << 20;
    private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");

    @Test
    void capturesLiveUntilStopped() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, HERE);
                LibpcapSource source =
                        LibpcapSource.live(
                                "lo",
                                List.of(new InetSocketAddress(HERE, server.getLocalPort())),
                                BUFFER_BYTES)) {
            try (Socket client = new Socket(HERE, server.getLocalPort());
                    Socket accepted = server.accept()) {
                client.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
                accepted.getInputStream().readNBytes(5);
            }
            PacketBatch batch = new PacketBatch();
            PacketSource.State state = PacketSource.State.OPEN;
            while (state == PacketSource.State.OPEN) {
                state = source.poll(batch, Duration.ofSeconds(5));
                if (text(batch).contains("hello")) {
                    source.stop();
                }
            }
            assertEquals(LinkLayer.ETHERNET, batch.linkType(0));
            assertEquals(text(batch).indexOf("hello"), text(batch).lastIndexOf("hello"), "twice");
            assertEquals(batch.count(), source.counts().delivered());
        }
    }

    private static String text(PacketBatch batch) {
        int end = 0;
        for (int i = 0; i < batch.count(); i++) {
            end = batch.offset(i) + batch.capturedLength(i);
        }
        return new String(batch.data(), 0, end, StandardCharsets.ISO_8859_1);
    }

    @Test
    void saysWhatItCannotDo() {
        IOException noInterface =
                assertThrows(
                        IOException.class,
                        () -> LibpcapSource.live("eth99", List.of(), BUFFER_BYTES));
        assertTrue(noInterface.getMessage().contains("eth99"), noInterface::getMessage);
        IOException noFile =
                assertThrows(IOException.class, () -> LibpcapSource.file("/no/such.pcap", ""));
        assertTrue(noFile.getMessage().contains("/no/such.pcap"), noFile::getMessage);
    }

    @Test
    void writesServersAsAnExpression() {
        List<InetSocketAddress> servers =
                List.of(
                        new InetSocketAddress(HERE, 80),
                        new InetSocketAddress(InetAddress.ofLiteral("::"), 81));
        String any =
                "(src host 127.0.0.1 and tcp src port 80) or (dst host 127.0.0.1 and tcp dst port"
                        + " 80) or tcp port 81 or ip proto 4 or ip proto 41 or ip6 proto 4 or ip6"
                        + " proto 41 or udp dst port 4789 or udp dst port 6081";
        assertEquals(any + " or (vlan and (" + any + "))", LibpcapSource.expression(servers));
    }
}
