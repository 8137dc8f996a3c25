package dev.understudy.delivery;

import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;

/** Connects with the kernel's own TCP, from this host's own addresses. */
public final class NettyConnector implements TargetConnector {
    private final Transport transport;
    private final Delivery delivery;
    private final SslContext tlsContext;
    private final AtomicInteger turn = new AtomicInteger();

    /** Makes connections of one kind; the event loops must be of the same. */
    public NettyConnector(Transport transport, Delivery delivery) {
        this.transport = transport;
        this.delivery = delivery;
        try {
            // The certificate is not verified: a rehearsal's target seldom has one that is valid
            // for its name. docs/security.md says so.
            tlsContext =
                    SslContextBuilder.forClient()
                            .trustManager(InsecureTrustManagerFactory.INSTANCE)
                            .endpointIdentificationAlgorithm(null)
                            .build();
        } catch (SSLException e) {
            throw new IllegalStateException("this JDK cannot do TLS", e);
        }
    }

    @Override
    public TargetConnection connect(
            InetSocketAddress peer, boolean tls, EventLoop loop, TargetListener listener) {
        return new NettyConnection(
                transport, delivery, tlsContext, source(), peer, tls, loop, listener);
    }

    private Optional<InetAddress> source() {
        int count = delivery.sources().size();
        return count == 0
                ? Optional.empty()
                : Optional.of(delivery.sources().get(Math.floorMod(turn.getAndIncrement(), count)));
    }
}
