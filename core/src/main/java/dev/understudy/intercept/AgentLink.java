package dev.understudy.intercept;

import dev.understudy.delivery.Transport;
import dev.understudy.link.Caller;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;

/**
 * The copier's end of a link to the agent, for all connections of one event loop. It is made when
 * the first connection wants it, and made anew after it was lost: connections of the lost one end,
 * those that come meanwhile wait.
 */
final class AgentLink {
    private static final long RETRY_MILLIS = 200;
    private static final long MAX_RETRY_MILLIS = 2_000;
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

    /** What links to one agent have in common. */
    record Terms(
            InetSocketAddress agent,
            Caller caller,
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
        trying =
                Optional.of(
                        terms.caller()
                                .call(
                                        loop,
                                        terms.transport().socketType(),
                                        new WriteBufferWaterMark(LOW_BYTES, HIGH_BYTES),
                                        terms.agent(),
                                        new Asking()));
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

    private final class Asking implements Caller.Guest {
        @Override
        public void welcomed(Channel channel) {
            FrameCodec.addTo(channel.pipeline());
            channel.pipeline()
                    .addLast(
                            new IdleStateHandler(Agent.SILENCE_SECONDS, Agent.ASK_SECONDS, 0),
                            new Reader());
            trying = Optional.empty();
            up = Optional.of(channel);
            failures = 0;
            terms.counts().made();
            terms.listener().linkUp();
            List.copyOf(connections.values()).forEach(AgentConnection::linkUp);
        }

        @Override
        public void turnedAway(String reason, boolean forGood) {
            down(reason, forGood);
        }
    }

    private final class Reader extends SimpleChannelInboundHandler<Frame> {
        private String why = "it hung up";

        private Reader() {
            super(Frame.class);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (!(event instanceof IdleStateEvent idle)) {
                super.userEventTriggered(ctx, event);
                return;
            }
            switch (idle.state()) {
                case WRITER_IDLE -> ctx.writeAndFlush(new Frame.Ping());
                case READER_IDLE, ALL_IDLE -> {
                    why = "it was silent for %d s".formatted(Agent.SILENCE_SECONDS);
                    ctx.close();
                }
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Frame frame) {
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
            down(why, false);
        }
    }
}
