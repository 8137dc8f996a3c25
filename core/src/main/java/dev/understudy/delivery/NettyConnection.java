package dev.understudy.delivery;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One Netty channel to a target, with the tries that it takes to have it. */
final class NettyConnection implements TargetConnection {
    /** Wait before the first further try; it doubles from try to try. */
    private static final long RETRY_MILLIS = 50;

    private final Transport transport;
    private final Delivery delivery;
    private final SslContext tlsContext;
    private final Optional<InetAddress> source;
    private final InetSocketAddress peer;
    private final boolean tlsFirst;
    private final EventLoop loop;
    private final TargetListener listener;

    /** What was asked for before the connection was up, in its order. */
    private final ArrayDeque<Early> early = new ArrayDeque<>(2);

    private long earlyBytes;
    private Optional<Channel> channel = Optional.empty();
    private boolean up;
    private boolean over;

    private sealed interface Early {
        record Bytes(ByteBuf bytes) implements Early {}

        record Tls() implements Early {}

        record Fin() implements Early {}
    }

    NettyConnection(
            Transport transport,
            Delivery delivery,
            SslContext tlsContext,
            Optional<InetAddress> source,
            InetSocketAddress peer,
            boolean tlsFirst,
            EventLoop loop,
            TargetListener listener) {
        this.transport = transport;
        this.delivery = delivery;
        this.tlsContext = tlsContext;
        this.source = source;
        this.peer = peer;
        this.tlsFirst = tlsFirst;
        this.loop = loop;
        this.listener = listener;
        attempt(0);
    }

    private void attempt(int tried) {
        Bootstrap bootstrap =
                new Bootstrap()
                        .group(loop)
                        .channel(transport.socketType())
                        .option(
                                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                                Math.toIntExact(delivery.connectTimeout().toMillis()))
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .option(
                                ChannelOption.WRITE_BUFFER_WATER_MARK,
                                new WriteBufferWaterMark(
                                        delivery.sendBufferBytes() / 2, delivery.sendBufferBytes()))
                        .handler(
                                new ChannelInitializer<SocketChannel>() {
                                    @Override
                                    protected void initChannel(SocketChannel made) {
                                        made.pipeline().addLast(new Inbound());
                                    }
                                });
        if (transport == Transport.EPOLL && source.isPresent()) {
            // The port is then chosen at connect, by the whole 4-tuple: ports are reused sooner.
            bootstrap.option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
        }
        ChannelFuture connecting =
                source.map(address -> bootstrap.connect(peer, new InetSocketAddress(address, 0)))
                        .orElseGet(() -> bootstrap.connect(peer));
        channel = Optional.of(connecting.channel());
        connecting.addListener(
                done -> {
                    if (over) {
                        return;
                    }
                    if (done.isSuccess()) {
                        if (tlsFirst) {
                            // Not before: a handshake fails with each try, and says less of why.
                            addTls(connecting.channel());
                        } else {
                            connected(connecting.channel());
                        }
                    } else if (tried < delivery.connectRetries()) {
                        channel = Optional.empty();
                        loop.schedule(
                                () -> {
                                    if (!over) {
                                        attempt(tried + 1);
                                    }
                                },
                                RETRY_MILLIS << Math.min(tried, 6),
                                TimeUnit.MILLISECONDS);
                    } else {
                        end(EndReason.of(done.cause()));
                    }
                });
    }

    private void addTls(Channel made) {
        SslHandler tls = tlsContext.newHandler(made.alloc(), peer.getHostString(), peer.getPort());
        tls.setHandshakeTimeoutMillis(delivery.connectTimeout().toMillis());
        tls.handshakeFuture()
                .addListener(
                        done -> {
                            if (over) {
                                return;
                            }
                            if (!done.isSuccess()) {
                                end("tls");
                                made.close();
                            } else if (!up) {
                                connected(made);
                            }
                        });
        made.pipeline().addFirst(tls);
    }

    private void connected(Channel made) {
        up = true;
        boolean full = earlyBytes > delivery.sendBufferBytes();
        earlyBytes = 0;
        // Before the listener hears of it: what it sends then comes behind these.
        while (!early.isEmpty()) {
            switch (early.poll()) {
                case Early.Bytes(ByteBuf bytes) -> send(bytes);
                case Early.Tls() -> startTls();
                case Early.Fin() -> halfClose();
            }
        }
        flush();
        if (!over) {
            listener.up(Clock.epochNanos());
        }
        if (full && !over && made.isWritable()) {
            listener.writable(true);
        }
    }

    @Override
    public void send(ByteBuf bytes) {
        if (over) {
            ReferenceCountUtil.release(bytes);
        } else if (up) {
            Channel made = channel.orElseThrow();
            // A failed write is told to exceptionCaught, and needs no promise of its own.
            made.write(bytes, made.voidPromise());
        } else {
            boolean wasFull = earlyBytes > delivery.sendBufferBytes();
            early.add(new Early.Bytes(bytes));
            earlyBytes += bytes.readableBytes();
            if (!wasFull && earlyBytes > delivery.sendBufferBytes()) {
                listener.writable(false);
            }
        }
    }

    @Override
    public void flush() {
        if (up && !over) {
            channel.ifPresent(Channel::flush);
        }
    }

    @Override
    public void startTls() {
        if (over) {
            return;
        }
        if (up) {
            flush();
            addTls(channel.orElseThrow());
        } else {
            early.add(new Early.Tls());
        }
    }

    @Override
    public void halfClose() {
        if (over) {
            return;
        }
        if (!up) {
            early.add(new Early.Fin());
        } else if (channel.orElseThrow() instanceof DuplexChannel duplex) {
            // Shutting down drops what is queued, so it waits until that has been written.
            duplex.writeAndFlush(Unpooled.EMPTY_BUFFER)
                    .addListener(
                            _ -> {
                                if (!over) {
                                    duplex.shutdownOutput();
                                }
                            });
        }
    }

    @Override
    public void close() {
        over = true;
        dropEarly();
        channel.ifPresent(
                made -> {
                    if (made.isActive()) {
                        made.config().setOption(ChannelOption.SO_LINGER, 0);
                    }
                    made.close();
                });
    }

    private void end(String reason) {
        if (!over) {
            over = true;
            dropEarly();
            listener.ended(reason, Clock.epochNanos());
        }
    }

    private void dropEarly() {
        for (Early step : early) {
            if (step instanceof Early.Bytes(ByteBuf bytes)) {
                ReferenceCountUtil.release(bytes);
            }
        }
        early.clear();
    }

    private final class Inbound extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            try {
                if (!over) {
                    listener.received(bytes, Clock.epochNanos());
                }
            } finally {
                bytes.release();
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (!over) {
                listener.writable(ctx.channel().isWritable());
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                // The target closed first: its side keeps the TIME_WAIT, ours is free at once.
                end("closed");
                ctx.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            // Of a try that failed, the connect listener tells.
            if (up || tlsFirst) {
                end("closed");
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            end(EndReason.of(cause));
            ctx.close();
        }
    }
}
