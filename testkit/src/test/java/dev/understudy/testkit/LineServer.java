package dev.understudy.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Answers each line with one line, and remembers how its connections ended. */
final class LineServer implements AutoCloseable {
    private static final int BACKLOG = 1024;

    private final ServerSocket listener;
    private final UnaryOperator<String> answer;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
    private Thread accepting;

    private LineServer(ServerSocket listener, UnaryOperator<String> answer) {
        this.listener = listener;
        this.answer = answer;
    }

    static LineServer answering(UnaryOperator<String> answer) {
        try {
            LineServer server =
                    new LineServer(
                            new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()), answer);
            server.accepting = Thread.ofVirtual().start(server::accept);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException _) {
                // Closed, which the loop looks at.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(
                            new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                send(socket, answer.apply(line));
            }
            send(socket, "bye");
            ends.add("end of stream");
        } catch (IOException e) {
            ends.add(String.valueOf(e.getMessage()));
        }
    }

    private static void send(Socket socket, String line) throws IOException {
        socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** How the next connection ended. */
    String awaitEnd() throws InterruptedException {
        String end = ends.poll(20, TimeUnit.SECONDS);
        if (end == null) {
            throw new AssertionError("no connection has ended");
        }
        return end;
    }

    @Override
    public void close() throws IOException {
        end();
    }

    /** Breaks all connections off and takes no more: when it returns, they are refused. */
    void end() throws IOException {
        listener.close();
        try {
            // The system's socket goes with the last call on it.
            accepting.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
