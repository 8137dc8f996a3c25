package dev.understudy.memcached.trial;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** A blocking connection to a target, with limits on how long it may take. */
public final class TrialConnection implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final int READ_BYTES = 16 * 1024;

    private final Socket socket;

    private TrialConnection(Socket socket) {
        this.socket = socket;
    }

    /** Connects; with TLS as a run speaks it to a target: encrypted, whoever answers. */
    public static TrialConnection open(InetSocketAddress address, boolean tls) throws IOException {
        Socket plain = new Socket();
        try {
            plain.connect(address, (int) CONNECT.toMillis());
            plain.setSoTimeout((int) ANSWER.toMillis());
            return new TrialConnection(tls ? encrypted(plain, address) : plain);
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    /** Sends all that can be read of the bytes. */
    public void send(ByteBuf bytes) throws IOException {
        bytes.readBytes(socket.getOutputStream(), bytes.readableBytes());
    }

    /** Waits for more and adds it to what was not read yet. */
    public void read(ByteBuf unread) throws IOException {
        byte[] chunk = new byte[READ_BYTES];
        int bytes = socket.getInputStream().read(chunk);
        if (bytes < 0) {
            throw new IOException("closed the connection during the login");
        }
        unread.discardReadBytes().writeBytes(chunk, 0, bytes);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static SSLSocket encrypted(Socket plain, InetSocketAddress address) throws IOException {
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
