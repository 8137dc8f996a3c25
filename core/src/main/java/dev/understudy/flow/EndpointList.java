package dev.understudy.flow;

import dev.understudy.wire.IpAddress;
import java.net.InetSocketAddress;
import java.util.Collection;

/** A handful of endpoints, looked through one by one: ports differ early. */
final class EndpointList implements ServerEndpoints {
    private final int[] ports;
    private final long[] highs;
    private final long[] lows;
    private final boolean[] anyAddress;

    EndpointList(Collection<InetSocketAddress> endpoints) {
        ports = new int[endpoints.size()];
        highs = new long[ports.length];
        lows = new long[ports.length];
        anyAddress = new boolean[ports.length];
        int i = 0;
        for (InetSocketAddress endpoint : endpoints) {
            if (endpoint.isUnresolved()) {
                throw new IllegalArgumentException(
                        "online address "
                                + endpoint.getHostString()
                                + " is not known: give an IP address, or see to its name");
            }
            IpAddress address = IpAddress.of(endpoint.getAddress());
            ports[i] = endpoint.getPort();
            highs[i] = address.high();
            lows[i] = address.low();
            anyAddress[i] = address.isUnspecified();
            i++;
        }
    }

    @Override
    public boolean contains(long high, long low, int port) {
        for (int i = 0; i < ports.length; i++) {
            if (ports[i] == port && (anyAddress[i] || (lows[i] == low && highs[i] == high))) {
                return true;
            }
        }
        return false;
    }
}
