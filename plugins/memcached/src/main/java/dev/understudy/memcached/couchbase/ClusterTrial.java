package dev.understudy.memcached.couchbase;

import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Logs in on the cluster before a run, by the same {@link NodeLogin} that sessions use, and fetches
 * its map. Blocks; for {@link dev.understudy.protocol.Protocol#prepare} alone.
 */
final class ClusterTrial {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final int READ_BYTES = 16 * 1024;

    private static final BinaryLimits LIMITS =
            new BinaryLimits(BinaryLimits.MAX_KEY_BYTES, ClusterMap.MAX_BYTES);

    private final InetSocketAddress address;
    private final boolean tls;
    private final NodeLogin login;

    ClusterTrial(InetSocketAddress address, boolean tls, NodeLogin login) {
        this.address = address;
        this.tls = tls;
        this.login = login;
    }

    /**
     * The cluster's map.
     *
     * @throws IOException where the node cannot be reached, does not let us in, or gives none; the
     *     message says which
     */
    ClusterMap map() throws IOException {
        try (Socket plain = new Socket()) {
            plain.connect(address, (int) CONNECT.toMillis());
            plain.setSoTimeout((int) ANSWER.toMillis());
            return converse(tls ? encrypted(plain) : plain);
        }
    }

    private ClusterMap converse(Socket socket) throws IOException {
        ByteBuf unread = Unpooled.buffer();
        send(socket, login.first());
        while (true) {
            switch (BinaryPacket.decode(unread, Magic.ANSWER, LIMITS)) {
                case Decoded.Incomplete<BinaryPacket> _ -> read(socket, unread);
                case Decoded.Malformed<BinaryPacket>(int _, String reason) ->
                        throw new IOException("is no Couchbase: " + reason);
                case Decoded.Complete<BinaryPacket>(BinaryPacket packet, int length) -> {
                    NodeLogin.Progress progress = login.on(packet);
                    switch (progress) {
                        case NodeLogin.Progress.Going(ByteBuf send) -> send(socket, send);
                        case NodeLogin.Progress.Refused(String detail) ->
                                throw new IOException(detail);
                        case NodeLogin.Progress.Ready(Optional<ByteBuf> map) -> {
                            return ClusterMap.read(
                                    map.orElseThrow(
                                            () -> new IOException("gives no map of the cluster")),
                                    address.getAddress().getHostAddress());
                        }
                    }
                    unread.skipBytes(length);
                }
            }
        }
    }

    private static void send(Socket socket, ByteBuf bytes) throws IOException {
        bytes.readBytes(socket.getOutputStream(), bytes.readableBytes());
    }

    private static void read(Socket socket, ByteBuf unread) throws IOException {
        byte[] chunk = new byte[READ_BYTES];
        int bytes = socket.getInputStream().read(chunk);
        if (bytes < 0) {
            throw new IOException("closed the connection during the login");
        }
        unread.discardReadBytes().writeBytes(chunk, 0, bytes);
    }

    /** TLS as a run speaks it to a target: encrypted, whoever answers. */
    private SSLSocket encrypted(Socket plain) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Anybody()}, null);
            SSLSocket encrypted =
                    (SSLSocket)
                            context.getSocketFactory()
                                    .createSocket(
                                            plain,
                                            address.getAddress().getHostAddress(),
                                            address.getPort(),
                                            true);
            encrypted.startHandshake();
            return encrypted;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
