package dev.understudy.link;

import com.google.common.hash.HashCode;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/**
 * Who comes to a host, until it has shown that it knows the secret. On the host's one loop, but for
 * {@link #close}.
 */
public final class Door implements AutoCloseable {
    /** How long somebody may take to be believed. */
    public static final long PATIENCE_MILLIS = 5_000;

    /** Strangers at once. */
    public static final int MAX_STRANGERS = 64;

    private static final long NANOS_BETWEEN_LINES = 1_000_000_000;

    private final Service service;
    private final SharedSecret secret;
    private final Consumer<String> say;
    private final SslContext tls = EphemeralCertificate.server();

    /** Handshakes cost milliseconds, and anybody may ask for one: not on the loop. */
    private final ExecutorService handshakes =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("handshakes").factory());

    private final Set<Stranger> strangers = new LinkedHashSet<>();
    private final Map<String, Long> refused = new TreeMap<>();
    private long saidAtNanos = System.nanoTime() - NANOS_BETWEEN_LINES;

    /** Whom it lets in. */
    public interface Host {
        /**
         * The caller is believed. What speaks to it is added to the pipeline now; or the channel is
         * closed. Nothing may be written before the caller has.
         *
         * @param run which run of the caller it is of
         */
        void welcome(Channel channel, UUID run);
    }

    /**
     * Nobody has come yet.
     *
     * @param say takes one line for the user at a time
     */
    public Door(Service service, SharedSecret secret, Consumer<String> say) {
        this.service = service;
        this.secret = secret;
        this.say = say;
    }

    /** How many were turned away, by reason. */
    public Map<String, Long> refused() {
        return new TreeMap<>(refused);
    }

    /** Ends handshakes. */
    @Override
    public void close() {
        handshakes.shutdownNow();
    }

    /** Somebody is there: its channel has just been accepted. */
    public void admit(SocketChannel channel, Host host) {
        SslHandler handler = tls.newHandler(channel.alloc(), handshakes);
        handler.setHandshakeTimeoutMillis(PATIENCE_MILLIS);
        channel.pipeline().addLast(handler);
        Greeting.addCodecTo(channel.pipeline());
        channel.pipeline().addLast(knock(channel, host));
    }

    private Stranger knock(Channel channel, Host host) {
        if (strangers.size() >= MAX_STRANGERS) {
            crowded().ifPresent(stranger -> stranger.turnAway("too-many"));
        }
        Stranger stranger = new Stranger(channel, host);
        strangers.add(stranger);
        return stranger;
    }

    /** The one who has waited longest of the address that has most: a flood drowns itself. */
    private Optional<Stranger> crowded() {
        Map<InetAddress, Long> waiting =
                strangers.stream()
                        .collect(Collectors.groupingBy(Stranger::from, Collectors.counting()));
        long most = waiting.values().stream().mapToLong(Long::longValue).max().orElse(0);
        return strangers.stream().filter(each -> waiting.get(each.from()) == most).findFirst();
    }

    private void turnedAway(String reason, InetAddress from) {
        refused.merge(reason, 1L, Long::sum);
        long now = System.nanoTime();
        if (now - saidAtNanos >= NANOS_BETWEEN_LINES) {
            saidAtNanos = now;
            say.accept("refused %s: %s".formatted(from.getHostAddress(), reason));
        }
    }

    /** One of them. */
    private final class Stranger extends ChannelInboundHandlerAdapter {
        private final Channel channel;
        private final Host host;
        private final InetAddress from;
        private boolean settled;

        private Stranger(Channel channel, Host host) {
            this.channel = channel;
            this.host = host;
            from = ((InetSocketAddress) channel.remoteAddress()).getAddress();
            channel.eventLoop()
                    .schedule(() -> turnAway("timeout"), PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        }

        private InetAddress from() {
            return from;
        }

        private void turnAway(String reason) {
            if (!settled) {
                settled = true;
                strangers.remove(this);
                turnedAway(reason, from);
                channel.close();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (settled) {
                ReferenceCountUtil.release(message);
                return;
            }
            if (!(message instanceof Greeting.Hello(int version, UUID run, HashCode proof))) {
                ReferenceCountUtil.release(message);
                turnAway("no-hello");
                return;
            }
            SslHandler handler = channel.pipeline().get(SslHandler.class);
            try {
                if (version != service.version()) {
                    refuse("other-version");
                } else if (!secret.proves(service, SharedSecret.End.CALLER, handler, proof)) {
                    refuse("wrong-secret");
                } else {
                    settled = true;
                    strangers.remove(this);
                    HashCode own = secret.proof(service, SharedSecret.End.HOST, handler);
                    host.welcome(channel, run);
                    channel.writeAndFlush(new Greeting.Welcome(service.version(), own));
                    channel.pipeline().remove(this);
                    Greeting.removeCodecFrom(channel.pipeline());
                }
            } catch (GeneralSecurityException e) {
                turnAway("tls");
            }
        }

        private void refuse(String reason) {
            settled = true;
            strangers.remove(this);
            turnedAway(reason, from);
            channel.writeAndFlush(new Greeting.Refused(service.version(), reason))
                    .addListener(ChannelFutureListener.CLOSE);
            // Whoever does not read it does not keep the door open either.
            channel.eventLoop()
                    .schedule(() -> channel.close(), PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            turnAway("hung-up");
            ctx.fireChannelInactive();
        }

        /** Told before the channel is closed, which would only look like hanging up. */
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent done && !done.isSuccess()) {
                failed(done.cause());
            }
            ctx.fireUserEventTriggered(event);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failed(cause);
        }

        private void failed(Throwable cause) {
            Throwable reason =
                    cause instanceof DecoderException && cause.getCause() != null
                            ? cause.getCause()
                            : cause;
            turnAway(
                    switch (reason) {
                        case SslHandshakeTimeoutException _ -> "timeout";
                        case SSLException _ -> "no-tls";
                        case DecoderException _ -> "malformed";
                        case Throwable _ -> "hung-up";
                    });
        }
    }
}
