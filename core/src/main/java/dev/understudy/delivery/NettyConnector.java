package dev.understudy.delivery;

import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;

/** Connects with the kernel's own TCP. */
public final class NettyConnector implements TargetConnector {
    private final Transport transport;
    private final Delivery delivery;
    private final SslContext tlsContext;
    private final DeliveryCounts counts;
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * What the connections of one connector have in common.
     *
     * @param tlsContext for those that speak TLS
     */
    record Terms(
            Transport transport, Delivery delivery, SslContext tlsContext, DeliveryCounts counts) {}

    /** Makes connections of one kind; the event loops must be of the same. */
    public NettyConnector(Transport transport, Delivery delivery) {
        this(transport, delivery, new DeliveryCounts());
    }

    /** The same, counting where others may count too. */
    public NettyConnector(Transport transport, Delivery delivery, DeliveryCounts counts) {
        if (delivery.clientAddress().isForeign() && transport != Transport.EPOLL) {
            throw new IllegalArgumentException(
                    "foreign addresses need Netty's native transport, which is not here");
        }
        this.counts = counts;
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
            InetSocketAddress peer,
            Origin origin,
            boolean tls,
            EventLoop loop,
            TargetListener listener) {
        return new NettyConnection(
                new Terms(transport, delivery, tlsContext, counts),
                Source.of(delivery, origin, turn),
                origin,
                peer,
                tls,
                loop,
                listener);
    }
}
