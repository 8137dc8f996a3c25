package dev.understudy.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Tells whether two addresses reach one and the same server of this host. Several addresses of a
 * host do where the server listens on all of them, so {@code 127.0.0.1} may be the very server that
 * is captured on {@code 192.0.2.1}.
 *
 * @see "proc_net_tcp.rst of the Linux kernel: the format of /proc/net/tcp and tcp6"
 */
public final class LocalServers {
    private static final List<Path> TABLES =
            List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));

    private static final String LISTEN = "0A";
    private static final int LOCAL_ADDRESS = 1;
    private static final int STATE = 3;

    private LocalServers() {}

    /** Whether what goes to {@code target} would reach the server at {@code online}. */
    public static boolean areOne(InetSocketAddress online, InetSocketAddress target) {
        if (online.equals(target)) {
            return true;
        }
        return online.getPort() == target.getPort()
                && isHere(online.getAddress())
                && isHere(target.getAddress())
                && !hasListenersOfTheirOwn(online, target);
    }

    /** Whether an interface of this host (and namespace) has the address. */
    static boolean isHere(InetAddress address) {
        try {
            return address.isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException _) {
            return true;
        }
    }

    /** Where this cannot be told, it is taken that one server listens on all addresses. */
    private static boolean hasListenersOfTheirOwn(
            InetSocketAddress online, InetSocketAddress target) {
        Set<InetAddress> listeners = new HashSet<>();
        for (Path table : TABLES) {
            // Without IPv6 there is no table of it; elsewhere than on Linux there is none at all.
            if (!Files.exists(table)) {
                continue;
            }
            try (Stream<String> rows = Files.lines(table)) {
                rows.skip(1)
                        .map(row -> row.strip().split("\\s+", -1))
                        .filter(fields -> fields.length > STATE && fields[STATE].equals(LISTEN))
                        .map(fields -> address(fields[LOCAL_ADDRESS]))
                        .filter(listener -> listener.getPort() == online.getPort())
                        .forEach(listener -> listeners.add(listener.getAddress()));
            } catch (IOException | UncheckedIOException _) {
                return false;
            }
        }
        return listeners.contains(online.getAddress()) && listeners.contains(target.getAddress());
    }

    /** An address of the table: 32-bit words in the host's byte order, then the port. */
    static InetSocketAddress address(String field) {
        String[] parts = field.split(":", -1);
        ByteBuffer kernel = ByteBuffer.wrap(HexFormat.of().parseHex(parts[0]));
        ByteBuffer network = ByteBuffer.allocate(kernel.capacity());
        kernel.order(ByteOrder.nativeOrder());
        while (kernel.hasRemaining()) {
            network.putInt(kernel.getInt());
        }
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(network.array()), Integer.parseInt(parts[1], 16));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("no address of 4 or 16 bytes: " + field, e);
        }
    }
}
