package dev.understudy.integration.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** A server on loopback that greets with bytes of the test's, and then says nothing more. */
public final class HostileServer implements AutoCloseable {
    private static final int BACKLOG = 64;

    private final ServerSocket listener;
    private final byte[] greeting;
    private final boolean hangsUp;
    private final List<Socket> open = new ArrayList<>();

    private HostileServer(ServerSocket listener, byte[] greeting, boolean hangsUp) {
        this.listener = listener;
        this.greeting = greeting;
        this.hangsUp = hangsUp;
    }

    /** Starts one that keeps its connections open, or closes each after the greeting. */
    public static HostileServer start(byte[] greeting, boolean hangsUp) {
        try {
            ServerSocket listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
            HostileServer server = new HostileServer(listener, greeting, hangsUp);
            Thread.ofVirtual().start(server::serve);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve() {
        try {
            while (true) {
                Socket client = listener.accept();
                synchronized (open) {
                    open.add(client);
                }
                client.getOutputStream().write(greeting);
                if (hangsUp) {
                    client.close();
                }
            }
        } catch (IOException _) {
            // Closed: the test is over.
            return;
        }
    }

    /** As Understudy's options want it. */
    public String address() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    @Override
    public void close() {
        try {
            listener.close();
            synchronized (open) {
                for (Socket client : open) {
                    client.close();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
