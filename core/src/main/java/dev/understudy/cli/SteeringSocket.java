package dev.understudy.cli;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;

/**
 * A socket of this host on which a run takes lines and answers each with one: the file can be
 * opened by its owner alone. A connection is one line and one answer.
 */
final class SteeringSocket implements AutoCloseable {
    /** Bytes of a line. */
    static final int MAX_LINE_BYTES = 256;

    private static final int MAX_ANSWER_BYTES = 4096;

    /** Connections at once; further ones wait. */
    private static final int MAX_CONNECTIONS = 4;

    /** A connection that says nothing is closed after this. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final String SUFFIX = ".sock";

    private final Path path;
    private final ServerSocketChannel server;
    private final Semaphore places = new Semaphore(MAX_CONNECTIONS);

    private SteeringSocket(Path path, ServerSocketChannel server) {
        this.path = path;
        this.server = server;
    }

    /** Where the sockets of runs are unless said otherwise: a folder of the user's own. */
    static Path folder(Map<String, String> environment) {
        String runtime = environment.get("XDG_RUNTIME_DIR");
        return runtime == null || runtime.isEmpty()
                ? Path.of("/run/understudy")
                : Path.of(runtime, "understudy");
    }

    /** The usual name within a folder. */
    static Path usual(Path folder) {
        return folder.resolve(ProcessHandle.current().pid() + SUFFIX);
    }

    /**
     * Listens.
     *
     * @param answers takes a line, and gives the answer to it, also one line
     */
    static SteeringSocket open(Path path, UnaryOperator<String> answers) throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            if (isSocket(path) && !answers(path)) {
                Files.delete(path); // left behind by a run that was killed
            }
            server.bind(address);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            server.close();
            throw e;
        }
        SteeringSocket socket = new SteeringSocket(path, server);
        Thread.ofVirtual().name("steering").start(() -> socket.accept(answers));
        return socket;
    }

    Path path() {
        return path;
    }

    private void accept(UnaryOperator<String> answers) {
        try {
            while (server.isOpen()) {
                SocketChannel client = server.accept();
                places.acquireUninterruptibly();
                Thread.ofVirtual().start(() -> serve(client, answers));
            }
        } catch (IOException _) {
            // Closed: the run is over.
        }
    }

    private void serve(SocketChannel client, UnaryOperator<String> answers) {
        Thread closing = closeAfterPatience(client);
        try (client) {
            String line = readLine(client, MAX_LINE_BYTES);
            String answer = answers.apply(line).replace('\n', ' ') + "\n";
            write(client, answer);
        } catch (IOException _) {
            // Whoever asked has gone, or said nothing.
        } finally {
            closing.interrupt();
            places.release();
        }
    }

    private static Thread closeAfterPatience(SocketChannel client) {
        return Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                Thread.sleep(PATIENCE);
                                client.close();
                            } catch (InterruptedException | IOException _) {
                                // It has ended by itself.
                            }
                        });
    }

    /** Sends one line to a run, and gives its answer. */
    static String ask(Path path, String line) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            Thread closing = closeAfterPatience(channel);
            write(channel, line + "\n");
            String answer = readLine(channel, MAX_ANSWER_BYTES);
            closing.interrupt();
            return answer;
        }
    }

    private static boolean isSocket(Path path) throws IOException {
        return Files.exists(path)
                && Files.readAttributes(path, BasicFileAttributes.class).isOther();
    }

    private static boolean answers(Path path) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return channel.isConnected();
        } catch (IOException _) {
            return false;
        }
    }

    /** The sockets in a folder behind which a run is. */
    static List<Path> running(Path folder) throws IOException {
        List<Path> running = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
                for (Path file : files) {
                    if (answers(file)) {
                        running.add(file);
                    }
                }
            }
        }
        return running;
    }

    private static void write(SocketChannel channel, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static String readLine(SocketChannel channel, int maxBytes) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(maxBytes);
        while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
            int end = bytes.position();
            if (end > 0 && bytes.get(end - 1) == '\n') {
                return new String(bytes.array(), 0, end - 1, StandardCharsets.UTF_8);
            }
        }
        throw new IOException("no line, or one that is too long");
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException _) {
            // The next run of that name deletes it.
        }
    }
}
