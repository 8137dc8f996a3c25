package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Collation;
import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.mysql.wire.ServerVersion;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Logs a user in on the target outside a run, by the same {@link TargetLogin} that the run uses,
 * and leaves again. Blocks; for {@link dev.understudy.protocol.Protocol#examine} alone.
 */
public final class LoginTrial {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final int READ_BYTES = 16 * 1024;
    private static final byte[] QUIT = {1, 0, 0, 0, 1};

    private final InetSocketAddress target;
    private final boolean tls;

    /** Trials at one target. */
    public LoginTrial(InetSocketAddress target, boolean tls) {
        this.target = target;
        this.tls = tls;
    }

    /**
     * What keeps the user out, or empty if the target let it in.
     *
     * @throws IOException if the target cannot be reached, which says nothing of the user
     */
    public Optional<String> refusal(TargetUser user) throws IOException {
        try (Socket plain = new Socket()) {
            plain.connect(target, (int) CONNECT.toMillis());
            plain.setSoTimeout((int) ANSWER.toMillis());
            try {
                return new Conversation(plain, new TargetLogin(anyClient(), user, tls)).toTheEnd();
            } catch (IOException e) {
                return Optional.of("the login broke off: " + e.getMessage());
            }
        }
    }

    /** A login as a client of today would send it, to a server like any. */
    private static OnlineLogin anyClient() {
        Capabilities capabilities =
                new Capabilities(
                        Capabilities.PROTOCOL_41
                                | Capabilities.LONG_PASSWORD
                                | Capabilities.TRANSACTIONS
                                | Capabilities.SECURE_CONNECTION
                                | Capabilities.PLUGIN_AUTH);
        ServerVersion version = ServerVersion.parse("8.0.0");
        int number = 45; // utf8mb4_general_ci, which every server knows
        Collation collation = Collations.of(version, number);
        return new OnlineLogin(
                new ServerSide(version, 0, capabilities, collation, collation),
                new HandshakeResponse(
                        capabilities,
                        Packet.DEFAULT_MAX_PAYLOAD_BYTES,
                        number,
                        "",
                        Unpooled.EMPTY_BUFFER,
                        Unpooled.EMPTY_BUFFER,
                        "",
                        Unpooled.EMPTY_BUFFER),
                new OnlineLogin.Challenge("", Unpooled.EMPTY_BUFFER, Unpooled.EMPTY_BUFFER),
                OkPacket.STATUS_AUTOCOMMIT);
    }

    /** The bytes of one trial. */
    private static final class Conversation {
        private final TargetLogin login;
        private final ByteBuf unread = Unpooled.buffer();
        private final byte[] chunk = new byte[READ_BYTES];
        private Socket socket;

        private Conversation(Socket socket, TargetLogin login) {
            this.socket = socket;
            this.login = login;
        }

        private Optional<String> toTheEnd() throws IOException {
            while (true) {
                switch (Packet.decode(unread, TargetLogin.MAX_PAYLOAD_BYTES)) {
                    case Decoded.Incomplete<Packet> _ -> read();
                    case Decoded.Malformed<Packet>(int _, String reason) ->
                            throw new IOException("not a MySQL server: " + reason);
                    case Decoded.Complete<Packet>(Packet packet, int length) -> {
                        List<SessionAction> out = new ArrayList<>(2);
                        TargetLogin.Progress progress = login.on(packet, out);
                        unread.skipBytes(length);
                        for (SessionAction action : out) {
                            perform(action);
                        }
                        switch (progress) {
                            case TargetLogin.Progress.Going() -> {}
                            case TargetLogin.Progress.Accepted _ -> {
                                socket.getOutputStream().write(QUIT);
                                return Optional.empty();
                            }
                            case TargetLogin.Progress.Refused(var error) -> {
                                return Optional.of(
                                        "error %d: %s".formatted(error.number(), error.message()));
                            }
                            case TargetLogin.Progress.Failed(String _, String detail) -> {
                                return Optional.of(detail);
                            }
                        }
                    }
                }
            }
        }

        private void read() throws IOException {
            int bytes = socket.getInputStream().read(chunk);
            if (bytes < 0) {
                throw new IOException("the target closed the connection during the login");
            }
            unread.discardReadBytes().writeBytes(chunk, 0, bytes);
        }

        private void perform(SessionAction action) throws IOException {
            if (action instanceof SessionAction.Send(int _, ByteBuf bytes, long _)) {
                bytes.readBytes(socket.getOutputStream(), bytes.readableBytes());
            } else if (action instanceof SessionAction.StartTls) {
                socket = encrypted(socket);
            } else {
                throw new IllegalStateException("no part of a login: " + action);
            }
        }

        private static Socket encrypted(Socket plain) throws IOException {
            try {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(null, new TrustManager[] {new AnyCertificate()}, null);
                SSLSocket encrypted =
                        (SSLSocket)
                                context.getSocketFactory()
                                        .createSocket(
                                                plain,
                                                plain.getInetAddress().getHostAddress(),
                                                plain.getPort(),
                                                true);
                encrypted.startHandshake();
                return encrypted;
            } catch (GeneralSecurityException e) {
                throw new IOException("this Java cannot do TLS: " + e.getMessage(), e);
            }
        }
    }

    /** As in a run, the target's certificate is not verified: docs/security.md. */
    private static final class AnyCertificate implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
