package dev.understudy.flow;

import dev.understudy.wire.IpAddress;
import java.net.InetSocketAddress;
import java.util.Collection;

/** Tells which end of a connection is an online server. */
@FunctionalInterface
public interface ServerEndpoints {
    /**
     * Whether an online server listens there; asked for both ends of every packet.
     *
     * @param high first half of the address, see {@link IpAddress}
     * @param low second half of the address
     * @param port 0..65535
     */
    boolean contains(long high, long low, int port);

    /**
     * The given addresses and ports; an unspecified address ({@code 0.0.0.0} or {@code ::}) stands
     * for every address of either family.
     *
     * @throws IllegalArgumentException if there is none, or one is not resolved
     */
    static ServerEndpoints of(Collection<InetSocketAddress> endpoints) {
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("no online address given: name at least one");
        }
        return new EndpointList(endpoints);
    }
}
