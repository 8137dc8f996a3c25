package dev.understudy.intercept;

import com.google.common.hash.HashCode;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.DecoderException;
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
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/** Who comes to the agent, until it has shown that it knows the secret. On the agent's loop. */
final class Door {
    /** How long somebody may take to be believed. */
    static final long PATIENCE_MILLIS = 5_000;

    /** Strangers at once. */
    static final int MAX_STRANGERS = 64;

    private static final long NANOS_BETWEEN_LINES = 1_000_000_000;

    private final SharedSecret secret;
    private final Consumer<String> say;
    private final Set<Stranger> strangers = new LinkedHashSet<>();
    private final Map<String, Long> refused = new TreeMap<>();
    private long saidAtNanos = System.nanoTime() - NANOS_BETWEEN_LINES;

    /** Whom it lets in. */
    interface Host {
        /** The copier's link, from now on; what follows the hello is read by it. */
        void welcome(Channel channel, UUID run);
    }

    Door(SharedSecret secret, Consumer<String> say) {
        this.secret = secret;
        this.say = say;
    }

    /** How many were turned away, by reason. */
    Map<String, Long> refused() {
        return new TreeMap<>(refused);
    }

    /** Somebody is there. */
    Stranger knock(Channel channel, Host host) {
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
    final class Stranger extends ChannelInboundHandlerAdapter {
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
            if (!(message instanceof Frame.Hello(int version, UUID run, HashCode proof))) {
                if (message instanceof Frame.Data(int _, var bytes)) {
                    bytes.release();
                }
                turnAway("no-hello");
                return;
            }
            SslHandler tls = channel.pipeline().get(SslHandler.class);
            try {
                if (version != Frame.VERSION) {
                    refuse("other-version");
                } else if (!secret.proves(SharedSecret.End.COPIER, tls, proof)) {
                    refuse("wrong-secret");
                } else {
                    settled = true;
                    strangers.remove(this);
                    HashCode own = secret.proof(SharedSecret.End.AGENT, tls);
                    FrameCodec.trust(channel.pipeline());
                    host.welcome(channel, run);
                    channel.writeAndFlush(new Frame.Welcome(Frame.VERSION, own));
                    channel.pipeline().remove(this);
                }
            } catch (GeneralSecurityException e) {
                turnAway("tls");
            }
        }

        private void refuse(String reason) {
            settled = true;
            strangers.remove(this);
            turnedAway(reason, from);
            channel.writeAndFlush(new Frame.Refused(Frame.VERSION, reason))
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
                        case CorruptedFrameException _ -> "malformed";
                        case DecoderException _ -> "malformed";
                        case Throwable _ -> "hung-up";
                    });
        }
    }
}
