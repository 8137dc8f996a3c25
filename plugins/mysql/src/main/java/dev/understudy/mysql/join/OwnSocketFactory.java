package dev.understudy.mysql.join;

import com.mysql.cj.conf.PropertySet;
import com.mysql.cj.protocol.StandardSocketFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the sockets that the online server is asked by, and remembers their ports: the capture sees
 * these connections as well, and they are no part of what is rehearsed. Made by name by
 * Connector/J, hence public and static.
 */
public final class OwnSocketFactory extends StandardSocketFactory {
    /** How long a port that we have closed is ours: it cannot be used anew that soon. */
    private static final long KEPT_NANOS = Duration.ofSeconds(60).toNanos();

    /** Of each port when it stops to be ours; an open one has no such time. */
    private static final Map<Integer, Optional<Long>> PORTS = new ConcurrentHashMap<>();

    /** Made by Connector/J. */
    public OwnSocketFactory() {}

    @Override
    protected Socket createSocket(PropertySet properties) {
        Socket socket = new OwnSocket();
        try {
            // Known before its first packet can be captured.
            socket.bind(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        PORTS.values().removeIf(until -> isPast(until, System.nanoTime()));
        PORTS.put(socket.getLocalPort(), Optional.empty());
        return socket;
    }

    /** Tells when it is closed. */
    private static final class OwnSocket extends Socket {
        @Override
        public void close() throws IOException {
            int port = getLocalPort();
            super.close();
            PORTS.replace(port, Optional.empty(), Optional.of(System.nanoTime() + KEPT_NANOS));
        }
    }

    private static boolean isPast(Optional<Long> until, long nanos) {
        return until.filter(end -> end - nanos < 0).isPresent();
    }

    /** Whether a connection from this address is one of ours. */
    public static boolean isOwn(InetSocketAddress client) {
        return isOwn(client, System.nanoTime());
    }

    static boolean isOwn(InetSocketAddress client, long nanos) {
        try {
            Optional<Long> until = PORTS.get(client.getPort());
            return until != null
                    && !isPast(until, nanos)
                    && NetworkInterface.getByInetAddress(client.getAddress()) != null;
        } catch (SocketException _) {
            return false;
        }
    }
}
