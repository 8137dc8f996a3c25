package dev.understudy.link;

import dev.understudy.delivery.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers TLS in a host's place, and passes on what it reads to the host, and back. */
public final class MiddleMan implements AutoCloseable {
    private final EventLoopGroup loops = Transport.EPOLL.loops(1);
    private final SslContext asServer = EphemeralCertificate.server();
    private final SslContext asClient = EphemeralCertificate.client();
    private final AtomicInteger relayed = new AtomicInteger();
    private final Channel listening;

    /** Stands before that host. */
    public MiddleMan(InetSocketAddress host) {
        listening =
                new ServerBootstrap()
                        .group(loops)
                        .channel(EpollServerSocketChannel.class)
                        .childHandler(
                                new ChannelInitializer<SocketChannel>() {
                                    @Override
                                    protected void initChannel(SocketChannel victim) {
                                        victim.config().setAutoRead(false);
                                        Channel onward =
                                                new Bootstrap()
                                                        .group(victim.eventLoop())
                                                        .channel(EpollSocketChannel.class)
                                                        .handler(end(victim, asClient))
                                                        .connect(host)
                                                        .addListener(
                                                                _ ->
                                                                        victim.config()
                                                                                .setAutoRead(true))
                                                        .channel();
                                        victim.pipeline()
                                                .addLast(asServer.newHandler(victim.alloc()))
                                                .addLast(new Relay(onward));
                                    }
                                })
                        .bind("127.0.0.1", 0)
                        .syncUninterruptibly()
                        .channel();
    }

    private ChannelHandler end(Channel other, SslContext tls) {
        return new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel made) {
                made.pipeline().addLast(tls.newHandler(made.alloc())).addLast(new Relay(other));
            }
        };
    }

    private final class Relay extends ChannelInboundHandlerAdapter {
        private final Channel other;

        private Relay(Channel other) {
            this.other = other;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            relayed.incrementAndGet();
            other.writeAndFlush(message);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            other.close();
        }
    }

    /** Where it answers. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /** Pieces passed on. */
    public int relayed() {
        return relayed.get();
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
