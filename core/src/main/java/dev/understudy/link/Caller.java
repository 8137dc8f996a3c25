package dev.understudy.link;

import com.google.common.hash.HashCode;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Makes links: proves that it knows the secret, and sees that the other end does. */
public final class Caller {
    private static final int PATIENCE_MILLIS = 5_000;

    private final Service service;
    private final SharedSecret secret;
    private final UUID run;
    private final SslContext tls = EphemeralCertificate.client();

    /** Who makes the link. On the channel's loop, each of the two at most once, and only one. */
    public interface Guest {
        /**
         * The other end is believed, and believes. What speaks is added to the pipeline now; from
         * then on the link is the guest's.
         */
        void welcomed(Channel channel);

        /**
         * It came to no link; the channel is closed.
         *
         * @param reason for the user
         * @param forGood whether another try could not help
         */
        void turnedAway(String reason, boolean forGood);
    }

    /**
     * Nothing is connected yet.
     *
     * @param run that links are of
     */
    public Caller(Service service, SharedSecret secret, UUID run) {
        this.service = service;
        this.secret = secret;
        this.run = run;
    }

    /**
     * Calls: connects, and introduces itself. The guest hears what comes of it.
     *
     * @param type of sockets of this loop
     * @param room bytes that wait to be sent, and stop and restart whoever sends
     * @return the channel, to close it by
     */
    public Channel call(
            EventLoop loop,
            Class<? extends SocketChannel> type,
            WriteBufferWaterMark room,
            InetSocketAddress host,
            Guest guest) {
        ChannelFuture connecting =
                new Bootstrap()
                        .group(loop)
                        .channel(type)
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, PATIENCE_MILLIS)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, room)
                        .handler(
                                new ChannelInitializer<SocketChannel>() {
                                    @Override
                                    protected void initChannel(SocketChannel made) {
                                        introduce(made, guest);
                                    }
                                })
                        .connect(host);
        connecting.addListener(
                done -> {
                    if (!done.isSuccess()) {
                        guest.turnedAway(
                                "it cannot be reached (%s)".formatted(done.cause().getMessage()),
                                false);
                    }
                });
        return connecting.channel();
    }

    /** Adds what is said first to a channel that is about to connect. */
    void introduce(SocketChannel channel, Guest guest) {
        SslHandler handler = tls.newHandler(channel.alloc());
        handler.setHandshakeTimeoutMillis(PATIENCE_MILLIS);
        channel.pipeline().addLast(handler);
        Greeting.addCodecTo(channel.pipeline());
        channel.pipeline().addLast(new Introduction(handler, guest));
    }

    private final class Introduction extends SimpleChannelInboundHandler<Greeting> {
        private final SslHandler handler;
        private final Guest guest;
        private String why = "it hung up";
        private boolean forGood;
        private boolean welcomed;

        private Introduction(SslHandler handler, Guest guest) {
            super(Greeting.class);
            this.handler = handler;
            this.guest = guest;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (event instanceof SslHandshakeCompletionEvent done && done.isSuccess()) {
                HashCode proof = secret.proof(service, SharedSecret.End.CALLER, handler);
                ctx.writeAndFlush(new Greeting.Hello(service.version(), run, proof));
                ctx.executor().schedule(() -> giveUp(ctx), PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            }
            ctx.fireUserEventTriggered(event);
        }

        private void giveUp(ChannelHandlerContext ctx) {
            if (!welcomed) {
                why = "it does not answer";
                ctx.close();
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Greeting greeting)
                throws GeneralSecurityException {
            forGood = true;
            switch (greeting) {
                case Greeting.Welcome(int version, HashCode proof)
                        when version == service.version()
                                && secret.proves(
                                        service, SharedSecret.End.HOST, handler, proof) -> {
                    welcomed = true;
                    Channel channel = ctx.channel();
                    guest.welcomed(channel);
                    // What speaks from now on is told what comes next, and the end.
                    channel.pipeline().remove(this);
                    Greeting.removeCodecFrom(channel.pipeline());
                    return;
                }
                case Greeting.Welcome(int version, HashCode _) when version != service.version() ->
                        why = service.otherThan(version);
                case Greeting.Welcome _ ->
                        why =
                                "it does not know the secret: is it the right host, and the file the same?";
                case Greeting.Refused(int version, String reason)
                        when reason.equals("other-version") ->
                        why = service.otherThan(version);
                case Greeting.Refused(int _, String reason) when reason.equals("wrong-secret") ->
                        why = "it refuses the secret: give both ends the same --secret-file";
                case Greeting.Refused(int _, String reason) -> why = "it refuses: " + reason;
                case Greeting.Hello _ -> why = "it is no " + service.host();
            }
            ctx.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            Throwable reason = cause.getCause() == null ? cause : cause.getCause();
            if (cause instanceof DecoderException && handler.handshakeFuture().isSuccess()) {
                forGood = true;
                why = "it is no %s (%s)".formatted(service.host(), reason.getMessage());
            } else {
                why = String.valueOf(reason.getMessage());
            }
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            guest.turnedAway(why, forGood);
            ctx.fireChannelInactive();
        }
    }
}
