package dev.understudy.tap;

import dev.understudy.delivery.Clock;
import dev.understudy.delivery.Transport;
import dev.understudy.link.Caller;
import dev.understudy.link.Service;
import dev.understudy.link.SharedSecret;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A tap's end of its link for one capture, made anew as often as it is lost. All but the
 * constructor, {@link #offer}, {@link #bye} and {@link #close} is on its loop; what others wait for
 * are futures.
 */
final class TapLink implements AutoCloseable {
    private static final long RETRY_MILLIS = 200;
    private static final long MAX_RETRY_MILLIS = 2_000;
    private static final int LOW_BYTES = 512 * 1024;
    private static final int HIGH_BYTES = 1024 * 1024;
    private static final int MAX_SHIFT = 8;
    private static final long CHECK_SECONDS = 15;

    private final Terms terms;
    private final Backlog backlog;
    private final EventLoop loop;
    private final Caller caller;
    private final AtomicBoolean drainDue = new AtomicBoolean();
    private final CompletableFuture<Boolean> wanted = new CompletableFuture<>();
    private final CompletableFuture<Boolean> finish = new CompletableFuture<>();
    private final CompletableFuture<Boolean> over = new CompletableFuture<>();
    private Optional<Channel> up = Optional.empty();
    private Optional<Channel> trying = Optional.empty();
    private Optional<TapFrame.Bye> bye = Optional.empty();
    private boolean byeSent;
    private boolean toldDown;
    private boolean closed;
    private int failures;
    private final AtomicLong links = new AtomicLong();

    /**
     * What all links of a tap have in common.
     *
     * @param say takes one line for the user at a time, on any thread
     */
    record Terms(InetSocketAddress copier, SharedSecret secret, String name, Consumer<String> say) {
        private String address() {
            return copier.getAddress().getHostAddress() + ":" + copier.getPort();
        }
    }

    /**
     * Whether a copier is there and both ends believe each other; blocks.
     *
     * @throws IOException with a message for the user
     */
    static void check(InetSocketAddress copier, SharedSecret secret) throws IOException {
        CompletableFuture<String> answer = new CompletableFuture<>();
        EventLoopGroup loops = Transport.best().loops(1);
        try {
            new Caller(Service.TAP, secret, UUID.randomUUID())
                    .call(
                            loops.next(),
                            Transport.best().socketType(),
                            new WriteBufferWaterMark(LOW_BYTES, HIGH_BYTES),
                            copier,
                            new Caller.Guest() {
                                @Override
                                public void welcomed(Channel channel) {
                                    answer.complete("");
                                    channel.close();
                                }

                                @Override
                                public void turnedAway(String reason, boolean forGood) {
                                    answer.complete(reason);
                                }
                            });
            String reason = answer.get(CHECK_SECONDS, TimeUnit.SECONDS);
            if (!reason.isEmpty()) {
                throw new IOException(
                        "the copier %s:%d: %s"
                                .formatted(
                                        copier.getAddress().getHostAddress(),
                                        copier.getPort(),
                                        reason));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the copier does not answer", e);
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    /** Begins to connect. */
    TapLink(Terms terms, Backlog backlog, EventLoop loop) {
        this.terms = terms;
        this.backlog = backlog;
        this.loop = loop;
        caller = new Caller(Service.TAP, terms.secret(), UUID.randomUUID());
        loop.execute(this::connect);
    }

    /** Done when a copier asks for packets; fails where no other try could help. */
    CompletableFuture<Boolean> wanted() {
        return wanted;
    }

    /** Done when the copier wants no more to be captured, or has gone after it said so. */
    CompletableFuture<Boolean> finish() {
        return finish;
    }

    /** Done when the copier has taken the {@link #bye}, or its run has ended otherwise. */
    CompletableFuture<Boolean> over() {
        return over;
    }

    /** Something was added to the backlog. */
    void offer() {
        if (drainDue.compareAndSet(false, true)) {
            loop.execute(
                    () -> {
                        drainDue.set(false);
                        drain();
                    });
        }
    }

    /** Nothing is added any more. */
    void bye(TapFrame.Bye last) {
        loop.execute(
                () -> {
                    bye = Optional.of(last);
                    drain();
                });
    }

    /** How often a link was made. */
    long links() {
        return links.get();
    }

    private void connect() {
        if (closed) {
            return;
        }
        trying =
                Optional.of(
                        caller.call(
                                loop,
                                Transport.best().socketType(),
                                new WriteBufferWaterMark(LOW_BYTES, HIGH_BYTES),
                                terms.copier(),
                                new Asking()));
    }

    private void down(String reason, boolean forGood) {
        boolean wasUp = up.isPresent();
        if (!wasUp && trying.isEmpty()) {
            return;
        }
        up = Optional.empty();
        trying = Optional.empty();
        backlog.rewind();
        byeSent = false;
        if (closed || over.isDone()) {
            return;
        }
        if (finish.isDone()) {
            // Its run was ending, and has ended: nobody is there to take the rest.
            over.complete(false);
            return;
        }
        if (forGood && !wanted.isDone()) {
            wanted.completeExceptionally(
                    new IOException("the copier %s: %s".formatted(terms.address(), reason)));
            return;
        }
        if (!toldDown) {
            toldDown = true;
            terms.say()
                    .accept(
                            "no link to the copier %s: %s; trying again"
                                    .formatted(terms.address(), reason));
        }
        failures = wasUp ? 0 : failures + 1;
        long wait = Math.min(MAX_RETRY_MILLIS, RETRY_MILLIS << Math.min(failures, MAX_SHIFT));
        loop.schedule(this::connect, wait, TimeUnit.MILLISECONDS);
    }

    private final class Asking implements Caller.Guest {
        @Override
        public void welcomed(Channel channel) {
            TapFrame.addCodecTo(channel.pipeline());
            channel.pipeline()
                    .addLast(
                            new IdleStateHandler(
                                    TapFrame.SILENCE_SECONDS, TapFrame.PING_SECONDS, 0),
                            new Reader());
            channel.writeAndFlush(new TapFrame.Opening(terms.name()));
        }

        @Override
        public void turnedAway(String reason, boolean forGood) {
            down(reason, forGood);
        }
    }

    private void resume(Channel channel, long next) {
        if (up.isPresent()) {
            throw new CorruptedFrameException("it asked for packets twice");
        }
        if (next != TapFrame.Resume.FRESH && !backlog.taken(next)) {
            throw new CorruptedFrameException("it asks for a part of a batch");
        }
        up = Optional.of(channel);
        failures = 0;
        links.incrementAndGet();
        if (toldDown) {
            toldDown = false;
            terms.say().accept("the link to the copier %s is there".formatted(terms.address()));
        }
        wanted.complete(true);
        drain();
    }

    /** Sends what the link takes; it is called again when the link takes more. */
    private void drain() {
        if (up.isEmpty() || closed) {
            return;
        }
        Channel channel = up.get();
        while (channel.isWritable()) {
            Optional<ByteBuf> next = backlog.next();
            if (next.isEmpty()) {
                if (bye.isPresent() && !byeSent) {
                    byeSent = true;
                    channel.write(bye.get());
                }
                break;
            }
            channel.write(new TapFrame.Shipment(next.get()));
        }
        channel.flush();
    }

    private final class Reader extends SimpleChannelInboundHandler<TapFrame> {
        private String why = "it hung up";

        private Reader() {
            super(TapFrame.class);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, TapFrame frame) {
            switch (frame) {
                case TapFrame.AskClock(long asked) ->
                        ctx.writeAndFlush(new TapFrame.Clock(asked, Clock.epochNanos()));
                case TapFrame.Resume(long next) -> resume(ctx.channel(), next);
                case TapFrame.Taken(long before) -> {
                    if (!backlog.taken(before)) {
                        throw new CorruptedFrameException("it took a part of a batch");
                    }
                }
                case TapFrame.Finish() -> finish.complete(true);
                case TapFrame.Over() -> over.complete(true);
                case TapFrame.Ping() -> {}
                case TapFrame.Opening _ -> throw notOfACopier();
                case TapFrame.Clock _ -> throw notOfACopier();
                case TapFrame.Bye _ -> throw notOfACopier();
                case TapFrame.Shipment(ByteBuf batch) -> {
                    batch.release();
                    throw notOfACopier();
                }
            }
        }

        private CorruptedFrameException notOfACopier() {
            return new CorruptedFrameException("it sent a frame that no copier sends");
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (ctx.channel().isWritable()) {
                drain();
            }
            ctx.fireChannelWritabilityChanged();
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
                    why = "it was silent for %d s".formatted(TapFrame.SILENCE_SECONDS);
                    ctx.close();
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
            down(why, false);
        }
    }

    /** Closes the link and waits until it is; what it would have sent is in the backlog. */
    @Override
    public void close() {
        loop.submit(
                        () -> {
                            closed = true;
                            up.ifPresent(Channel::close);
                            trying.ifPresent(Channel::close);
                        })
                .awaitUninterruptibly();
    }
}
