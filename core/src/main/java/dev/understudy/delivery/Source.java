package dev.understudy.delivery;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where a connection is made from.
 *
 * @param local an address; its port is 0 where the kernel chooses. Empty: the kernel chooses both
 * @param foreign whether this host need not have the address (IP_TRANSPARENT, ip(7))
 * @param mark of the socket, 0 for none
 */
record Source(Optional<InetSocketAddress> local, boolean foreign, int mark) {
    /** asm-generic/socket.h; Netty has a name for neither. */
    private static final int SOL_SOCKET = 1;

    private static final int SO_MARK = 36;
    private static final ChannelOption<Integer> MARK =
            new IntegerUnixChannelOption("SO_MARK", SOL_SOCKET, SO_MARK);

    static Source of(Delivery delivery, Origin origin, AtomicInteger turn) {
        Optional<InetAddress> foreign =
                delivery.clientAddress().foreign(origin.client().getAddress(), origin.copyNumber());
        if (foreign.isPresent()) {
            int port = origin.main() ? origin.client().getPort() : 0;
            return new Source(
                    Optional.of(new InetSocketAddress(foreign.get(), port)), true, delivery.mark());
        }
        List<InetAddress> own = delivery.sources();
        return new Source(
                own.isEmpty()
                        ? Optional.empty()
                        : Optional.of(
                                new InetSocketAddress(
                                        own.get(Math.floorMod(turn.getAndIncrement(), own.size())),
                                        0)),
                false,
                0);
    }

    /** Whether a connection from here to there can be at all. */
    boolean reaches(InetAddress peer) {
        if (!foreign) {
            return true;
        }
        InetAddress address = local.orElseThrow().getAddress();
        return address instanceof Inet6Address == peer instanceof Inet6Address
                && !address.isAnyLocalAddress()
                && !address.isMulticastAddress()
                && !address.isLinkLocalAddress()
                && (!address.isLoopbackAddress() || peer.isLoopbackAddress());
    }

    boolean hasClientsPort() {
        return foreign && local.orElseThrow().getPort() != 0;
    }

    /** The same address with a port of the kernel's choice. */
    Source withAnyPort() {
        return new Source(
                local.map(address -> new InetSocketAddress(address.getAddress(), 0)),
                foreign,
                mark);
    }

    /** Sets the socket's options; they are in force before it is bound. */
    void prepare(Bootstrap bootstrap, Transport transport) {
        if (transport != Transport.EPOLL || local.isEmpty()) {
            return;
        }
        if (local.get().getPort() == 0) {
            // The port is then chosen at connect, by the whole 4-tuple: ports are reused sooner.
            bootstrap.option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
        }
        if (foreign) {
            bootstrap.option(EpollChannelOption.IP_TRANSPARENT, true);
            bootstrap.option(ChannelOption.SO_REUSEADDR, true);
        }
        if (mark != 0) {
            bootstrap.option(MARK, mark);
        }
    }
}
