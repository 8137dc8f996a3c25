package dev.understudy.delivery;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

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

    private final ArrayDeque<ByteBuf> early = new ArrayDeque<>();
    private Optional<Channel> channel = Optional.empty();
    private boolean tlsEarly;
    private boolean halfCloseEarly;
    private boolean over;

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
                                        if (tlsFirst) {
                                            addTls(made);
                                        }
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
                        if (!tlsFirst) {
                            connected();
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
                        end(reasonOf(done.cause()));
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
                            } else if (tlsFirst) {
                                connected();
                            }
                        });
        made.pipeline().addFirst(tls);
    }

    private void connected() {
        if (tlsEarly) {
            startTls();
        }
        listener.up(Clock.epochNanos());
        while (!early.isEmpty()) {
            send(early.poll());
        }
        flush();
        if (halfCloseEarly) {
            halfClose();
        }
    }

    private Optional<Channel> active() {
        return channel.filter(Channel::isActive);
    }

    @Override
    public void send(ByteBuf bytes) {
        if (over) {
            ReferenceCountUtil.release(bytes);
        } else if (active().isPresent()) {
            active().get().write(bytes);
        } else {
            early.add(bytes);
        }
    }

    @Override
    public void flush() {
        active().ifPresent(Channel::flush);
    }

    @Override
    public void startTls() {
        if (active().isPresent()) {
            active().get().flush();
            addTls(active().get());
        } else {
            tlsEarly = true;
        }
    }

    @Override
    public void halfClose() {
        if (active().isPresent() && active().get() instanceof DuplexChannel duplex) {
            duplex.flush();
            duplex.shutdownOutput();
        } else {
            halfCloseEarly = true;
        }
    }

    @Override
    public void close() {
        over = true;
        early.forEach(ReferenceCountUtil::release);
        early.clear();
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
            early.forEach(ReferenceCountUtil::release);
            early.clear();
            listener.ended(reason, Clock.epochNanos());
        }
    }

    private static String reasonOf(Throwable cause) {
        return switch (cause) {
            case ConnectTimeoutException _ -> "timeout";
            case NoRouteToHostException _ -> "unreachable";
            case BindException _ -> "no-ports";
            case ConnectException refused when isNoPorts(refused) -> "no-ports";
            case ConnectException refused
                    when String.valueOf(refused.getMessage()).contains("refused") ->
                    "refused";
            case ConnectException _ -> "unreachable";
            case SSLException _ -> "tls";
            case IOException broken when isNoPorts(broken) -> "no-ports";
            case IOException broken when String.valueOf(broken.getMessage()).contains("reset") ->
                    "reset";
            case Throwable _ -> "failed";
        };
    }

    private static boolean isNoPorts(IOException e) {
        return String.valueOf(e.getMessage()).contains("assign requested address");
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
            end("closed");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            end(reasonOf(cause));
            ctx.close();
        }
    }
}
