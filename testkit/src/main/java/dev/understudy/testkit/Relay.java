package dev.understudy.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Passes connections on to the online server and tells a {@link Tap} what passes. It stands in the
 * path, so it is for tests alone: where real clients are served, traffic is captured beside the
 * path. It needs no privilege. Each direction of a connection has a virtual thread and one buffer;
 * a reader is not read from while the other side, or the copy, cannot take more.
 */
final class Relay implements AutoCloseable {
    /** Connections at once; further ones wait in the kernel until one has ended. */
    static final int MAX_CONNECTIONS = 4096;

    private static final int BACKLOG = 1024;
    private static final Duration ACCEPT_AGAIN = Duration.ofMillis(5);
    private static final Duration CLOSING = Duration.ofSeconds(5);

    private final InetSocketAddress online;
    private final Tap tap;
    private final ServerSocket listener;
    private final Semaphore places = new Semaphore(MAX_CONNECTIONS);
    private final Set<RelayedConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicLong refused = new AtomicLong();
    private volatile Optional<String> lastRefusal = Optional.empty();
    private volatile boolean closed;

    private Relay(InetSocketAddress online, Tap tap, ServerSocket listener) {
        this.online = online;
        this.tap = tap;
        this.listener = listener;
    }

    /** Listens on a free port of loopback. */
    static Relay listen(InetSocketAddress online, Tap tap) {
        try {
            return new Relay(
                    online, tap, new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()));
        } catch (IOException e) {
            throw new UncheckedIOException("no port of loopback can be listened on", e);
        }
    }

    /** Begins to take connections. */
    void start() {
        Thread.ofVirtual().name("understudy-relay").start(this::accept);
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    /** What a reader of the report should know of connections that the online server refused. */
    Optional<String> refusals() {
        return lastRefusal.map(
                last ->
                        "%d connections could not be passed on to the online server: %s"
                                .formatted(refused.get(), last));
    }

    /** The online server could not be reached. */
    void refused(IOException reason) {
        refused.incrementAndGet();
        lastRefusal = Optional.of(String.valueOf(reason.getMessage()));
    }

    private void accept() {
        while (!closed) {
            try {
                places.acquire();
                begin(listener.accept());
            } catch (IOException e) {
                // Out of descriptors, or a client that has gone again: the next one may fare
                // better.
                places.release();
                LockSupport.parkNanos(ACCEPT_AGAIN.toNanos());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void begin(Socket client) {
        RelayedConnection connection = new RelayedConnection(client, online, tap, this);
        connections.add(connection);
        if (closed) {
            // Whoever closes may not have seen it.
            connection.close();
        }
        connection.start();
    }

    /** A connection is over, and its sockets are closed. */
    void ended(RelayedConnection connection) {
        connections.remove(connection);
        places.release();
    }

    /** Ends what it passes on, and returns when no thread of it is at work. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            listener.close();
        } catch (IOException _) {
            // It listens no more in any case.
        }
        connections.forEach(RelayedConnection::close);
        try {
            // With all places taken nobody is left.
            if (!places.tryAcquire(MAX_CONNECTIONS, CLOSING.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("connections of the relay did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
