package dev.understudy.intercept;

import dev.understudy.delivery.Transport;
import dev.understudy.link.Door;
import dev.understudy.link.Service;
import dev.understudy.link.SharedSecret;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs beside the target, and makes connections to it in the clients' names for copiers that know
 * the secret. What keeps the server's answers here is not its business: see {@code
 * sys.PolicyRouting}. All its state lives on one event loop.
 */
public final class Agent implements AutoCloseable {
    /** A link that says nothing for so long is dead; copiers ask every {@value #ASK_SECONDS} s. */
    static final int SILENCE_SECONDS = 20;

    static final int ASK_SECONDS = 4;

    private static final int MAX_LINKS = 64;

    /** Bytes kept for slow ends, all streams together; the launcher gives 64 MiB of buffers. */
    private static final int MAX_HELD_BYTES = 24 * 1024 * 1024;

    private static final int LINK_LOW_BYTES = 1024 * 1024;
    private static final int LINK_HIGH_BYTES = 4 * 1024 * 1024;

    /** Runs whose counts are kept, the latest. */
    private static final int MAX_RUNS = 64;

    private static final long CLOSE_SECONDS = 5;

    private final Set<InetSocketAddress> servers;
    private final int mark;
    private final EventLoopGroup loops = Transport.EPOLL.loops(1);
    private final EventLoop loop = loops.next();

    private final Door door;
    private final Consumer<String> say;
    private final Set<Channel> links = new LinkedHashSet<>();
    private final Set<Channel> unflushed = new LinkedHashSet<>();
    private final Map<UUID, AgentCounts> runs =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<UUID, AgentCounts> eldest) {
                    return size() > MAX_RUNS;
                }
            };

    private long heldBytes;
    private Channel listening;

    private Agent(
            Collection<InetSocketAddress> servers,
            int mark,
            SharedSecret secret,
            Consumer<String> say) {
        this.servers = Set.copyOf(servers);
        this.mark = mark;
        this.say = say;
        door = new Door(Service.INTERCEPT, secret, say);
    }

    /**
     * Listens.
     *
     * @param servers the only ones that connections are made to
     * @param mark of the sockets (SO_MARK)
     * @param say takes one line for the user at a time, on any thread
     * @throws IOException where it cannot listen there
     */
    public static Agent listen(
            InetSocketAddress at,
            Collection<InetSocketAddress> servers,
            int mark,
            SharedSecret secret,
            Consumer<String> say)
            throws IOException {
        Agent agent = new Agent(servers, mark, secret, say);
        try {
            agent.bind(at);
            return agent;
        } catch (IOException e) {
            agent.close();
            throw e;
        }
    }

    private void bind(InetSocketAddress at) throws IOException {
        var bound =
                new ServerBootstrap()
                        .group(loops)
                        .channel(EpollServerSocketChannel.class)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(
                                ChannelOption.WRITE_BUFFER_WATER_MARK,
                                new WriteBufferWaterMark(LINK_LOW_BYTES, LINK_HIGH_BYTES))
                        .childHandler(
                                new ChannelInitializer<SocketChannel>() {
                                    @Override
                                    protected void initChannel(SocketChannel made) {
                                        door.admit(made, Agent.this::welcome);
                                    }
                                })
                        .bind(at)
                        .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on %s:%d (%s): name another with --listen"
                            .formatted(
                                    at.getAddress().getHostAddress(),
                                    at.getPort(),
                                    bound.cause().getMessage()),
                    bound.cause());
        }
        listening = bound.channel();
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    private void welcome(Channel channel, UUID run) {
        if (links.size() >= MAX_LINKS) {
            // Before anything of it is read: the copier sees its link end, and says so.
            channel.close();
            return;
        }
        AgentCounts counts = runs.computeIfAbsent(run, _ -> new AgentCounts());
        FrameCodec.addTo(channel.pipeline());
        counts.link();
        links.add(channel);
        String peer = ((InetSocketAddress) channel.remoteAddress()).getAddress().getHostAddress();
        say.accept("a copier has come: " + peer);
        channel.pipeline()
                .addLast(
                        new IdleStateHandler(SILENCE_SECONDS, 0, 0),
                        new CopierLink(this, counts, channel, mark),
                        new Last(peer));
    }

    // For links, on the loop.

    boolean isProtected(InetSocketAddress peer) {
        return servers.contains(peer);
    }

    /** False where more is kept than may be. */
    boolean hold(int bytes) {
        heldBytes += bytes;
        return bytes <= 0 || heldBytes <= MAX_HELD_BYTES;
    }

    /** Many frames, one write to the socket. */
    void flushSoon(Channel channel) {
        if (unflushed.add(channel) && unflushed.size() == 1) {
            loop.execute(
                    () -> {
                        List<Channel> now = List.copyOf(unflushed);
                        unflushed.clear();
                        now.forEach(Channel::flush);
                    });
        }
    }

    /** Behind a link: what nobody else took. */
    private final class Last extends ChannelInboundHandlerAdapter {
        private final String peer;
        private String why = "it hung up";

        private Last(String peer) {
            this.peer = peer;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof IdleStateEvent) {
                why = "it was silent for %d s".formatted(SILENCE_SECONDS);
                ctx.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            why = String.valueOf(cause.getMessage());
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            links.remove(ctx.channel());
            say.accept("a copier has gone: %s (%s)".formatted(peer, why));
        }
    }

    /** What was counted for all runs that are still kept, and who was refused, by name. */
    public SortedMap<String, Long> counts() {
        return loop.submit(
                        () -> {
                            SortedMap<String, Long> all = new TreeMap<>();
                            runs.values()
                                    .forEach(
                                            run ->
                                                    run.snapshot()
                                                            .forEach(
                                                                    (name, count) ->
                                                                            all.merge(
                                                                                    name, count,
                                                                                    Long::sum)));
                            door.refused()
                                    .forEach((name, count) -> all.put("stranger-" + name, count));
                            return all;
                        })
                .syncUninterruptibly()
                .getNow();
    }

    /** Closes all connections, those to the server by RST, and waits until they are. */
    @Override
    public void close() {
        if (listening != null) {
            listening.close().awaitUninterruptibly();
            loop.submit(() -> List.copyOf(links).forEach(Channel::close)).awaitUninterruptibly();
        }
        loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(2 * CLOSE_SECONDS, TimeUnit.SECONDS);
        door.close();
    }
}
