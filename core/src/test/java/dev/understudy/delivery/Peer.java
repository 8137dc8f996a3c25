package dev.understudy.delivery;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** The other end of a connection, on loopback, told by the test what to do. */
final class Peer implements AutoCloseable {
    private static final String STORE = "target.p12";
    private static final String STORE_PASSWORD = "changeit";
    private final ServerSocket listening;
    private Socket socket = new Socket();

    Peer() throws IOException {
        this(0);
    }

    Peer(int port) throws IOException {
        listening = new ServerSocket();
        listening.setReuseAddress(true);
        listening.setReceiveBufferSize(16 * 1024);
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10);
        listening.setSoTimeout(20_000);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalSocketAddress();
    }

    Peer accept() throws IOException {
        socket = listening.accept();
        socket.setSoTimeout(20_000);
        return this;
    }

    /** The address of the other end. */
    InetSocketAddress client() {
        return (InetSocketAddress) socket.getRemoteSocketAddress();
    }

    Peer say(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        return this;
    }

    String read(int bytes) throws IOException {
        return new String(socket.getInputStream().readNBytes(bytes), StandardCharsets.ISO_8859_1);
    }

    /** How many bytes come until the end of the stream. */
    long readToEnd() throws IOException {
        InputStream in = socket.getInputStream();
        return in.transferTo(new ByteArrayOutputStream());
    }

    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    void hangUp() throws IOException {
        socket.close();
    }

    /** Turns what follows to TLS, as the server, with a certificate made for this test. */
    Peer startTls(Path folder) throws IOException {
        SSLSocket tls =
                (SSLSocket)
                        context(folder)
                                .getSocketFactory()
                                .createSocket(socket, "localhost", socket.getPort(), true);
        tls.setUseClientMode(false);
        tls.startHandshake();
        socket = tls;
        return this;
    }

    private static SSLContext context(Path folder) throws IOException {
        try (InputStream in = Files.newInputStream(folder.resolve(STORE))) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, STORE_PASSWORD.toCharArray());
            KeyManagerFactory managers =
                    KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, STORE_PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("the test's certificate cannot be used", e);
        }
    }

    /** Makes the certificate that {@link #startTls} shows, by the JDK's keytool. */
    static void makeCertificate(Path folder) throws IOException {
        Path store = folder.resolve(STORE);
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-keyalg",
                                "EC",
                                "-alias",
                                "target",
                                "-dname",
                                "CN=another.example",
                                "-storetype",
                                "PKCS12",
                                "-storepass",
                                STORE_PASSWORD,
                                "-keystore",
                                store.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(store.resolveSibling("keytool.txt").toFile())
                        .start();
        try {
            if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
                throw new IOException(
                        "keytool: " + Files.readString(store.resolveSibling("keytool.txt")));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
