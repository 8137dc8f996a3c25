package dev.understudy.mysql.join;

import com.mysql.cj.conf.PropertySet;
import com.mysql.cj.protocol.StandardSocketFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the sockets that the online server is asked by, and remembers their ports: the capture sees
 * these connections as well, and they are no part of what is rehearsed. Made by name by
 * Connector/J, hence public and static.
 */
public final class OwnSocketFactory extends StandardSocketFactory {
    private static final Set<Integer> PORTS = ConcurrentHashMap.newKeySet();

    /** Made by Connector/J. */
    public OwnSocketFactory() {}

    @Override
    protected Socket createSocket(PropertySet properties) {
        Socket socket = new Socket();
        try {
            // Known before its first packet can be captured.
            socket.bind(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        PORTS.add(socket.getLocalPort());
        return socket;
    }

    /** Whether a connection from this address is one of ours. */
    public static boolean isOwn(InetSocketAddress client) {
        try {
            return PORTS.contains(client.getPort())
                    && NetworkInterface.getByInetAddress(client.getAddress()) != null;
        } catch (SocketException _) {
            return false;
        }
    }
}
