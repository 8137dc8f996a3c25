package dev.understudy.intercept;

import com.google.common.hash.HashCode;
import dev.understudy.delivery.Transport;
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
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The copier's end of a link to the agent, for all connections of one event loop. It is made when
 * the first connection wants it, and made anew after it was lost: connections of the lost one end,
 * those that come meanwhile wait.
 */
final class AgentLink {
    private static final long RETRY_MILLIS = 200;
    private static final long MAX_RETRY_MILLIS = 2_000;
    private static final int CONNECT_MILLIS = 5_000;
    private static final int LOW_BYTES = 1024 * 1024;
    private static final int HIGH_BYTES = 4 * 1024 * 1024;

    private final Terms terms;
    private final EventLoop loop;
    private final Map<Integer, AgentConnection> connections = new LinkedHashMap<>();
    private final Set<AgentConnection> blocked = new LinkedHashSet<>();
    private Optional<Channel> up = Optional.empty();
    private Optional<Channel> trying = Optional.empty();
    private int lastStream;
    private int failures;
    private boolean flushing;
    private boolean closed;

    /**
     * What links to one agent have in common.
     *
     * @param run that they are of
     */
    record Terms(
            InetSocketAddress agent,
            SharedSecret secret,
            UUID run,
            SslContext tls,
            Transport transport,
            LinkCounts counts,
            Listener listener) {}

    /** Hears of the link itself; on its loop. */
    interface Listener {
        /** The agent is believed. */
        void linkUp();

        /**
         * A try failed, or the link was lost.
         *
         * @param reason for the user
         * @param forGood whether another try could not help
         */
        void linkDown(String reason, boolean forGood);

        /** What the agent has counted. */
        void counted(SortedMap<String, Long> counts);
    }

    AgentLink(Terms terms, EventLoop loop) {
        this.terms = terms;
        this.loop = loop;
    }

    LinkCounts counts() {
        return terms.counts();
    }

    // For connections.

    /** Gives the connection its number, and connects where nobody did yet. */
    int join(AgentConnection connection) {
        connections.put(++lastStream, connection);
        if (up.isEmpty()) {
            connect();
        }
        return lastStream;
    }

    void leave(int number) {
        AgentConnection left = connections.remove(number);
        if (left != null) {
            blocked.remove(left);
        }
    }

    boolean isUp() {
        return up.isPresent();
    }

    boolean isWritable() {
        return up.map(Channel::isWritable).orElse(false);
    }

    void waitsForRoom(AgentConnection connection) {
        blocked.add(connection);
    }

    /** Queues a frame; it goes out at the end of this turn of the loop. */
    void send(Frame frame) {
        if (up.isEmpty()) {
            if (frame instanceof Frame.Data(int _, var bytes)) {
                bytes.release();
            }
            return;
        }
        Channel channel = up.get();
        channel.write(frame, channel.voidPromise());
        if (!flushing) {
            flushing = true;
            loop.execute(
                    () -> {
                        flushing = false;
                        up.ifPresent(Channel::flush);
                    });
        }
    }

    void connect() {
        if (trying.isPresent() || up.isPresent() || closed) {
            return;
        }
        ChannelFuture connecting =
                new Bootstrap()
                        .group(loop)
                        .channel(terms.transport().socketType())
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(
                                ChannelOption.WRITE_BUFFER_WATER_MARK,
                                new WriteBufferWaterMark(LOW_BYTES, HIGH_BYTES))
                        .handler(
                                new ChannelInitializer<SocketChannel>() {
                                    @Override
                                    protected void initChannel(SocketChannel made) {
                                        SslHandler tls = terms.tls().newHandler(made.alloc());
                                        tls.setHandshakeTimeoutMillis(CONNECT_MILLIS);
                                        made.pipeline().addLast(tls);
                                        FrameCodec.addTo(made.pipeline());
                                        made.pipeline()
                                                .addLast(
                                                        new IdleStateHandler(
                                                                Agent.SILENCE_SECONDS,
                                                                Agent.ASK_SECONDS,
                                                                0),
                                                        new Reader());
                                    }
                                })
                        .connect(terms.agent());
        trying = Optional.of(connecting.channel());
        connecting.addListener(
                done -> {
                    if (!done.isSuccess()) {
                        down(
                                "it cannot be reached (%s)".formatted(done.cause().getMessage()),
                                false);
                    }
                });
    }

    private void down(String reason, boolean forGood) {
        boolean wasUp = up.isPresent();
        if (!wasUp && trying.isEmpty()) {
            return;
        }
        up = Optional.empty();
        trying = Optional.empty();
        blocked.clear();
        // A loop that is shut down closes its channels: the run is over, and nothing is lost.
        boolean wanted = closed || loop.isShuttingDown();
        if (wasUp) {
            if (!wanted) {
                terms.counts().lost();
            }
            failures = 0;
            List<AgentConnection> lost = new ArrayList<>(connections.values());
            connections.clear();
            lost.forEach(connection -> connection.end("agent-lost"));
        } else {
            failures++;
        }
        if (wanted) {
            return;
        }
        terms.listener().linkDown(reason, forGood);
        if (forGood) {
            List<AgentConnection> lost = new ArrayList<>(connections.values());
            connections.clear();
            lost.forEach(connection -> connection.end("agent-refused"));
        } else {
            long wait = Math.min(MAX_RETRY_MILLIS, RETRY_MILLIS << Math.min(failures, 8));
            loop.schedule(this::connectIfWanted, wait, TimeUnit.MILLISECONDS);
        }
    }

    private void connectIfWanted() {
        if (!connections.isEmpty()) {
            connect();
        }
    }

    void close() {
        closed = true;
        up.ifPresent(Channel::close);
        trying.ifPresent(Channel::close);
    }

    private final class Reader extends SimpleChannelInboundHandler<Frame> {
        private String why = "it hung up";
        private boolean forGood;

        private Reader() {
            super(Frame.class);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            switch (event) {
                case SslHandshakeCompletionEvent done when done.isSuccess() ->
                        ctx.writeAndFlush(
                                new Frame.Hello(
                                        Frame.VERSION,
                                        terms.run(),
                                        terms.secret().proof(SharedSecret.End.COPIER, tls(ctx))));
                case IdleStateEvent idle -> {
                    switch (idle.state()) {
                        case WRITER_IDLE -> {
                            if (up.isPresent()) {
                                ctx.writeAndFlush(new Frame.Ping());
                            }
                        }
                        case READER_IDLE, ALL_IDLE -> {
                            why = "it was silent for %d s".formatted(Agent.SILENCE_SECONDS);
                            ctx.close();
                        }
                    }
                }
                default -> super.userEventTriggered(ctx, event);
            }
        }

        private SslHandler tls(ChannelHandlerContext ctx) {
            return ctx.pipeline().get(SslHandler.class);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Frame frame)
                throws GeneralSecurityException {
            if (up.isEmpty()) {
                greeted(ctx, frame);
                return;
            }
            switch (frame) {
                case Frame.Opened(int number) -> known(number).ifPresent(AgentConnection::opened);
                case Frame.Data(int number, var bytes) -> {
                    try {
                        known(number).ifPresent(connection -> connection.received(bytes));
                    } finally {
                        bytes.release();
                    }
                }
                case Frame.Credit(int number, int bytes) ->
                        known(number).ifPresent(connection -> connection.granted(bytes));
                case Frame.Ended(int number, String reason) -> {
                    Optional<AgentConnection> ended = known(number);
                    leave(number);
                    ended.ifPresent(connection -> connection.end(reason));
                }
                case Frame.Counts(SortedMap<String, Long> counts) ->
                        terms.listener().counted(counts);
                case Frame.Ping() -> send(new Frame.Pong());
                case Frame.Pong() -> {}
                case Frame.Hello _ -> throw notOfAnAgent();
                case Frame.Welcome _ -> throw notOfAnAgent();
                case Frame.Refused _ -> throw notOfAnAgent();
                case Frame.Open _ -> throw notOfAnAgent();
                case Frame.StartTls _ -> throw notOfAnAgent();
                case Frame.Fin _ -> throw notOfAnAgent();
                case Frame.Close _ -> throw notOfAnAgent();
                case Frame.AskCounts _ -> throw notOfAnAgent();
            }
        }

        private CorruptedFrameException notOfAnAgent() {
            return new CorruptedFrameException("it sent a frame that no agent sends");
        }

        private void greeted(ChannelHandlerContext ctx, Frame frame)
                throws GeneralSecurityException {
            forGood = true;
            switch (frame) {
                case Frame.Welcome(int version, HashCode proof)
                        when version == Frame.VERSION
                                && terms.secret()
                                        .proves(SharedSecret.End.AGENT, tls(ctx), proof) -> {
                    forGood = false;
                    FrameCodec.trust(ctx.pipeline());
                    trying = Optional.empty();
                    up = Optional.of(ctx.channel());
                    failures = 0;
                    terms.counts().made();
                    terms.listener().linkUp();
                    List.copyOf(connections.values()).forEach(AgentConnection::linkUp);
                    return;
                }
                case Frame.Welcome _ ->
                        why =
                                "it does not know the secret: is it the agent, and the file the same?";
                case Frame.Refused(int version, String reason)
                        when reason.equals("other-version") ->
                        why =
                                "it speaks version %d of the link, this is version %d: run the same understudy at both ends"
                                        .formatted(version, Frame.VERSION);
                case Frame.Refused(int _, String reason) when reason.equals("wrong-secret") ->
                        why = "it refuses the secret: give both ends the same --secret-file";
                case Frame.Refused(int _, String reason) -> why = "it refuses: " + reason;
                default -> why = "it is no understudy intercept";
            }
            ctx.close();
        }

        private Optional<AgentConnection> known(int number) {
            return Optional.ofNullable(connections.get(number));
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (ctx.channel().isWritable()) {
                List<AgentConnection> all = new ArrayList<>(blocked);
                blocked.clear();
                all.forEach(AgentConnection::drain);
            }
            ctx.fireChannelWritabilityChanged();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            Throwable reason = cause.getCause() == null ? cause : cause.getCause();
            why = String.valueOf(reason.getMessage());
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            down(why, forGood);
        }
    }
}
