package dev.understudy.delivery;

import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;

/** Makes connections to targets. An interface so that tests can put faults between. */
public interface TargetConnector {
    /**
     * Begins to connect, and returns at once.
     *
     * @param origin the captured connection that this one copies
     * @param tls whether TLS comes before the first byte
     * @param loop the owner's event loop, where the listener is called
     */
    TargetConnection connect(
            InetSocketAddress peer,
            Origin origin,
            boolean tls,
            EventLoop loop,
            TargetListener listener);
}
