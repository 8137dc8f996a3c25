package dev.understudy.tap;

import dev.understudy.delivery.Clock;
import dev.understudy.delivery.Transport;
import dev.understudy.link.Door;
import dev.understudy.link.Service;
import dev.understudy.link.SharedSecret;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The copier's end of all taps' links, on one event loop of its own. */
final class TapListener implements AutoCloseable {
    /** Links at once. */
    static final int MAX_LINKS = 64;

    /** Captures of taps in one run: one that is started over and over has many. */
    static final int MAX_CAPTURES = 1024;

    /** Looks at a tap's clock; the one that took the shortest way counts. */
    private static final int CLOCK_LOOKS = 4;

    private static final long CLOSE_SECONDS = 2;

    private final EventLoopGroup loops = Transport.best().loops(1);
    private final EventLoop loop = loops.next();
    private final Object lock;
    private final Runnable changed;
    private final Consumer<String> say;
    private final Door door;
    private final Set<Channel> links = new LinkedHashSet<>();
    private final Map<UUID, Tap> taps = new LinkedHashMap<>();
    private final Map<String, Long> refused = new ConcurrentSkipListMap<>();
    private boolean finishing;
    private Optional<Channel> listening = Optional.empty();

    /** One capture of a tap. Under the lock. */
    static final class Tap {
        private final Feed feed = new Feed();
        private final String name;
        private final String address;
        private Optional<Link> link = Optional.empty();
        private long links;

        private Tap(String name, String address) {
            this.name = name;
            this.address = address;
        }

        Feed feed() {
            return feed;
        }

        boolean isConnected() {
            return link.isPresent();
        }

        TapSource.Tapped tapped() {
            return new TapSource.Tapped(
                    name,
                    address,
                    feed.packets(),
                    feed.droppedByKernel(),
                    feed.droppedByTap(),
                    links,
                    feed.clockOffsetNanos(),
                    feed.ended());
        }
    }

    private TapListener(SharedSecret secret, Consumer<String> say, Object lock, Runnable changed) {
        this.say = say;
        this.lock = lock;
        this.changed = changed;
        door = new Door(Service.TAP, secret, say);
    }

    /**
     * Listens.
     *
     * @param lock held while {@link #taps} is looked at, and what they hold
     * @param changed called under the lock after that may have changed
     */
    static TapListener listen(
            InetSocketAddress at,
            SharedSecret secret,
            Consumer<String> say,
            Object lock,
            Runnable changed)
            throws IOException {
        TapListener listener = new TapListener(secret, say, lock, changed);
        try {
            listener.bind(at);
            return listener;
        } catch (IOException e) {
            listener.close();
            throw e;
        }
    }

    private void bind(InetSocketAddress at) throws IOException {
        var bound =
                new ServerBootstrap()
                        .group(loops)
                        .channel(Transport.best().listenerType())
                        .childHandler(
                                new ChannelInitializer<SocketChannel>() {
                                    @Override
                                    protected void initChannel(SocketChannel made) {
                                        door.admit(made, TapListener.this::welcome);
                                    }
                                })
                        .bind(at)
                        .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on %s:%d (%s): name another address or port in --from"
                            .formatted(
                                    at.getAddress().getHostAddress(),
                                    at.getPort(),
                                    bound.cause().getMessage()),
                    bound.cause());
        }
        listening = Optional.of(bound.channel());
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listening.orElseThrow().localAddress();
    }

    /** In the order they came; under the lock. */
    Collection<Tap> taps() {
        return Collections.unmodifiableCollection(taps.values());
    }

    /** How many callers were turned away, by reason. */
    SortedMap<String, Long> refused() {
        return new TreeMap<>(refused);
    }

    /** Whether links are read. */
    void reading(boolean on) {
        loop.execute(() -> links.forEach(link -> link.config().setAutoRead(on)));
    }

    /** Lets every tap end its capture, and takes no other. */
    void finish() {
        loop.execute(
                () -> {
                    finishing = true;
                    links.forEach(link -> link.pipeline().get(Link.class).finish());
                });
    }

    private void welcome(Channel channel, UUID run) {
        if (finishing) {
            channel.close();
            return;
        }
        if (links.size() >= MAX_LINKS) {
            refused.merge("too-many-taps", 1L, Long::sum);
            channel.close();
            return;
        }
        links.add(channel);
        TapFrame.addCodecTo(channel.pipeline());
        channel.pipeline()
                .addLast(
                        new IdleStateHandler(TapFrame.SILENCE_SECONDS, TapFrame.PING_SECONDS, 0),
                        new Link(channel, run));
    }

    /** The link to a tap that is believed. */
    private final class Link extends SimpleChannelInboundHandler<TapFrame> {
        private final Channel channel;
        private final UUID run;
        private Optional<Tap> tap = Optional.empty();
        private int clockLooks;
        private long askedNanos;
        private long bestTripNanos = Long.MAX_VALUE;
        private long bestOffsetNanos;
        private boolean resumed;
        private boolean untold;
        private String why = "it hung up";

        private Link(Channel channel, UUID run) {
            super(TapFrame.class);
            this.channel = channel;
            this.run = run;
        }

        private void finish() {
            if (resumed) {
                channel.writeAndFlush(new TapFrame.Finish());
            } else {
                channel.close();
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, TapFrame frame) {
            switch (frame) {
                case TapFrame.Opening(String name) -> opened(name);
                case TapFrame.Shipment(ByteBuf batch) -> {
                    try {
                        shipped(batch);
                    } finally {
                        batch.release();
                    }
                }
                case TapFrame.Clock(long asked, long tapNanos) -> clock(asked, tapNanos);
                case TapFrame.Bye bye -> bye(bye);
                case TapFrame.Ping() -> {}
                case TapFrame.AskClock _ -> throw notOfATap();
                case TapFrame.Resume _ -> throw notOfATap();
                case TapFrame.Taken _ -> throw notOfATap();
                case TapFrame.Finish _ -> throw notOfATap();
                case TapFrame.Over _ -> throw notOfATap();
            }
        }

        private CorruptedFrameException notOfATap() {
            return new CorruptedFrameException("it sent a frame that no tap sends");
        }

        private void opened(String name) {
            if (tap.isPresent()) {
                throw new CorruptedFrameException("it opened twice");
            }
            String address =
                    ((InetSocketAddress) channel.remoteAddress()).getAddress().getHostAddress();
            Optional<Link> before;
            synchronized (lock) {
                if (!taps.containsKey(run) && taps.size() >= MAX_CAPTURES) {
                    refused.merge("too-many-captures", 1L, Long::sum);
                    channel.close();
                    return;
                }
                Tap known = taps.computeIfAbsent(run, _ -> new Tap(name, address));
                before = known.link;
                known.link = Optional.of(this);
                known.links++;
                tap = Optional.of(known);
                changed.run();
            }
            // The tap knows that the old link is dead before we do.
            before.ifPresent(
                    link -> {
                        link.tap = Optional.empty();
                        link.channel.close();
                    });
            say.accept(
                    "tap %s (%s) %s"
                            .formatted(
                                    name,
                                    address,
                                    tap.get().links == 1 ? "has come" : "is there again"));
            if (tap.get().feed.knowsClock()) {
                resume();
            } else {
                askClock();
            }
        }

        private void askClock() {
            clockLooks++;
            askedNanos = Clock.epochNanos();
            channel.writeAndFlush(new TapFrame.AskClock(askedNanos));
        }

        private void clock(long asked, long tapNanos) {
            long now = Clock.epochNanos();
            if (clockLooks == 0 || resumed || asked != askedNanos) {
                throw new CorruptedFrameException("a time that nobody asked for");
            }
            long trip = Math.max(0, now - asked);
            if (trip < bestTripNanos) {
                bestTripNanos = trip;
                bestOffsetNanos = tapNanos - (asked + trip / 2);
            }
            if (clockLooks < CLOCK_LOOKS) {
                askClock();
                return;
            }
            // Within what the way explains the clocks are the same.
            long ahead = Math.abs(bestOffsetNanos) <= bestTripNanos / 2 ? 0 : bestOffsetNanos;
            synchronized (lock) {
                tap.ifPresent(known -> known.feed.clockIsAhead(ahead));
            }
            resume();
        }

        private void resume() {
            resumed = true;
            long wanted;
            synchronized (lock) {
                wanted = tap.map(known -> known.feed.wanted()).orElse(TapFrame.Resume.FRESH);
            }
            channel.writeAndFlush(new TapFrame.Resume(wanted));
            if (finishing) {
                finish();
            }
        }

        private void shipped(ByteBuf bytes) {
            if (!resumed) {
                throw new CorruptedFrameException("packets before they were asked for");
            }
            ShippedBatch batch = ShippedBatch.decode(bytes);
            synchronized (lock) {
                tap.ifPresent(known -> known.feed.arrived(batch, System.nanoTime()));
                changed.run();
            }
            untold = true;
        }

        private void bye(TapFrame.Bye bye) {
            if (!resumed) {
                throw new CorruptedFrameException("it left before it was asked for anything");
            }
            synchronized (lock) {
                tap.ifPresent(known -> known.feed.bye(bye));
                changed.run();
            }
            why = "its capture has ended";
            tellTaken();
            channel.writeAndFlush(new TapFrame.Over());
        }

        private void tellTaken() {
            synchronized (lock) {
                tap.ifPresent(known -> channel.write(new TapFrame.Taken(known.feed.taken())));
            }
            untold = false;
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            if (untold) {
                tellTaken();
                channel.flush();
            }
            ctx.fireChannelReadComplete();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (!(event instanceof IdleStateEvent idle)) {
                super.userEventTriggered(ctx, event);
                return;
            }
            switch (idle.state()) {
                case WRITER_IDLE -> ctx.writeAndFlush(new TapFrame.Ping());
                case READER_IDLE, ALL_IDLE -> {
                    if (channel.config().isAutoRead()) {
                        why = "it was silent for %d s".formatted(TapFrame.SILENCE_SECONDS);
                        ctx.close();
                    }
                }
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            Throwable reason = cause.getCause() == null ? cause : cause.getCause();
            why = String.valueOf(reason.getMessage());
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            links.remove(channel);
            synchronized (lock) {
                tap.ifPresent(known -> known.link = Optional.empty());
                changed.run();
            }
            tap.ifPresent(
                    known ->
                            say.accept(
                                    "tap %s (%s) has gone: %s"
                                            .formatted(known.name, known.address, why)));
        }
    }

    /** Closes all links, and waits until they are. */
    @Override
    public void close() {
        listening.ifPresent(channel -> channel.close().awaitUninterruptibly());
        loop.submit(
                        () -> {
                            door.refused()
                                    .forEach((why, count) -> refused.merge(why, count, Long::sum));
                            for (Channel link : Set.copyOf(links)) {
                                link.close();
                            }
                        })
                .awaitUninterruptibly();
        loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        door.close();
    }
}
