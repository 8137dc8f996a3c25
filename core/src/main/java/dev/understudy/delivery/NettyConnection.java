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
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One Netty channel to a target, with the tries that it takes to have it. */
final class NettyConnection implements TargetConnection {
    /** Wait before the first further try; it doubles from try to try. */
    private static final long RETRY_MILLIS = 50;

    private final NettyConnector.Terms terms;
    private final Delivery delivery;
    private final Origin origin;
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
            NettyConnector.Terms terms,
            Source source,
            Origin origin,
            InetSocketAddress peer,
            boolean tlsFirst,
            EventLoop loop,
            TargetListener listener) {
        this.terms = terms;
        this.delivery = terms.delivery();
        this.origin = origin;
        this.peer = peer;
        this.tlsFirst = tlsFirst;
        this.loop = loop;
        this.listener = listener;
        if (source.reaches(peer.getAddress())) {
            attempt(0, source);
        } else {
            // Not before the caller has this connection.
            loop.execute(() -> end("client-address"));
        }
    }

    private void attempt(int tried, Source from) {
        Begun begun = new Begun();
        Bootstrap bootstrap =
                new Bootstrap()
                        .group(loop)
                        .channel(terms.transport().socketType())
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
                                        made.pipeline().addLast(new Inbound(), begun);
                                    }
                                });
        from.prepare(bootstrap, terms.transport());
        ChannelFuture connecting =
                from.local()
                        .map(local -> bootstrap.connect(peer, local))
                        .orElseGet(() -> bootstrap.connect(peer));
        channel = Optional.of(connecting.channel());
        connecting.addListener(
                done -> {
                    if (over) {
                        return;
                    }
                    if (done.isSuccess()) {
                        begun.tell(connecting.channel());
                        sayWhoFor(connecting.channel());
                        if (tlsFirst) {
                            // Not before: a handshake fails with each try, and says less of why.
                            addTls(connecting.channel());
                        } else {
                            connected(connecting.channel());
                        }
                    } else {
                        failed(tried, from, EndReason.of(done.cause()));
                    }
                });
    }

    private void failed(int tried, Source from, String reason) {
        channel = Optional.empty();
        if (from.hasClientsPort() && reason.equals("no-ports")) {
            // Of an earlier connection of this client: in TIME_WAIT, or still open here.
            terms.counts().otherPort();
            attempt(tried, from.withAnyPort());
        } else if (tried < delivery.connectRetries()) {
            loop.schedule(
                    () -> {
                        if (!over) {
                            attempt(tried + 1, from);
                        }
                    },
                    RETRY_MILLIS << Math.min(tried, 6),
                    TimeUnit.MILLISECONDS);
        } else {
            end(reason);
        }
    }

    private void sayWhoFor(Channel made) {
        if (delivery.clientAddress() instanceof ClientAddress.ProxyProtocol(var version)) {
            made.writeAndFlush(ProxyHeader.encode(version, origin), made.voidPromise());
        }
    }

    private void addTls(Channel made) {
        SslHandler tls =
                terms.tlsContext().newHandler(made.alloc(), peer.getHostString(), peer.getPort());
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
    public void reading(boolean on) {
        if (!over) {
            channel.ifPresent(made -> made.config().setAutoRead(on));
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

    /**
     * Tells the local address as soon as the kernel has chosen it; the JDK's own sockets know it
     * only once they are connected.
     */
    private final class Begun extends ChannelOutboundHandlerAdapter {
        private long beforeNanos;
        private boolean told;

        @Override
        public void connect(
                ChannelHandlerContext ctx,
                SocketAddress remote,
                SocketAddress local,
                ChannelPromise promise) {
            // On loopback the peer has answered when the call returns.
            beforeNanos = Clock.epochNanos();
            ctx.connect(remote, local, promise);
            tell(ctx.channel());
        }

        private void tell(Channel made) {
            if (!over && !told && made.localAddress() instanceof InetSocketAddress chosen) {
                told = true;
                listener.begun(chosen, beforeNanos);
            }
        }
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
