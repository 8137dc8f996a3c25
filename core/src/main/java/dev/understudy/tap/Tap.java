package dev.understudy.tap;

import dev.understudy.capture.PacketBatch;
import dev.understudy.capture.PacketSource;
import dev.understudy.delivery.Transport;
import dev.understudy.link.SharedSecret;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Captures for a copier elsewhere, and ships: from when a copier asks until its run ends, and then
 * for the next one. {@link #run} blocks; {@link #stop} may be called from any thread.
 */
public final class Tap {
    /** The least a buffer may be, in bytes. */
    public static final long MIN_BUFFER_BYTES = Backlog.BLOCK_BYTES;

    /** The most. */
    public static final long MAX_BUFFER_BYTES = 16L << 30;

    private static final Duration POLL = Duration.ofMillis(100);

    /** How long the copier may take for what is still here when the tap ends. */
    private static final long PATIENCE_SECONDS = 10;

    private final Plan plan;
    private final CompletableFuture<Boolean> stopped = new CompletableFuture<>();
    private final ShippedBatch.Packer packer;
    private final PacketBatch batch = ShippedBatch.forCapture();
    private Summary summary = new Summary(0, 0, 0, 0, 0, 0, 0, 0);
    private long endNanos;

    /**
     * What to ship, and where to.
     *
     * @param name who this is, for the copier's report
     * @param bufferBytes kept until they were taken
     * @param compress whether what is shipped is packed by zstd
     * @param duration of capturing; empty: until stopped
     * @param makesRoom asked for each batch, on the thread of {@link Tap#run}: while it is true
     *     nothing is shipped, since the host has no time for it
     */
    public record Plan(
            Capture capture,
            InetSocketAddress copier,
            SharedSecret secret,
            String name,
            long bufferBytes,
            boolean compress,
            Optional<Duration> duration,
            BooleanSupplier makesRoom) {}

    /** Opens a capture; each is closed by the tap. */
    public interface Capture {
        /** Packets are kept from its return on. */
        PacketSource open() throws IOException;
    }

    /** What a tap tells. */
    public interface Progress {
        /** Packets are being captured from now on. */
        void capturing();

        /** One line for the user; on any thread. */
        void say(String line);
    }

    /**
     * What a tap did, all its captures together.
     *
     * @param packets that the kernel gave
     * @param bytes of batches made of them, as they are shipped
     * @param droppedByKernel packets lost before, for want of room in the ring
     * @param droppedForRoom of {@code packets}, those that the buffer had no room for
     * @param withheld of {@code packets}, those not shipped since the host had no time
     * @param notTaken of {@code packets}, those that no copier has taken in the end
     * @param captures one for each run of a copier
     * @param links made
     */
    public record Summary(
            long packets,
            long bytes,
            long droppedByKernel,
            long droppedForRoom,
            long withheld,
            long notTaken,
            long captures,
            long links) {
        private Summary plus(Summary other) {
            return new Summary(
                    packets + other.packets,
                    bytes + other.bytes,
                    droppedByKernel + other.droppedByKernel,
                    droppedForRoom + other.droppedForRoom,
                    withheld + other.withheld,
                    notTaken + other.notTaken,
                    captures + other.captures,
                    links + other.links);
        }

        /** Whether anything was lost. */
        public boolean lost() {
            return droppedByKernel + droppedForRoom + withheld + notTaken > 0;
        }
    }

    /**
     * Whether a copier is there that a tap here could ship to; blocks.
     *
     * @throws IOException with a message for the user
     */
    public static void check(InetSocketAddress copier, SharedSecret secret) throws IOException {
        TapLink.check(copier, secret);
    }

    /** Whether a tap may be called so: it is in the copier's report. */
    public static boolean isName(String name) {
        return TapFrame.isName(name);
    }

    /** Nothing is connected yet. */
    public Tap(Plan plan) {
        this.plan = plan;
        packer = new ShippedBatch.Packer(plan.compress());
    }

    /** Ends it: what was captured by now is still shipped. */
    public void stop() {
        stopped.complete(true);
    }

    /**
     * Ships until stopped, or the duration has passed.
     *
     * @throws IOException where the copier refuses this tap, or the capture cannot be opened; the
     *     message is for the user
     */
    public Summary run(Progress progress) throws IOException {
        EventLoopGroup loops = Transport.best().loops(1);
        Backlog backlog = new Backlog(plan.bufferBytes());
        Consumer<String> say = progress::say;
        try {
            while (!stopped.isDone()) {
                TapLink.Terms terms =
                        new TapLink.Terms(plan.copier(), plan.secret(), plan.name(), say);
                try (TapLink link = new TapLink(terms, backlog, loops.next())) {
                    // Nobody to ship to is no reason to capture.
                    await(CompletableFuture.anyOf(link.wanted(), stopped));
                    if (!stopped.isDone()) {
                        capture(link, backlog, progress);
                    }
                }
                backlog.clear();
            }
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            backlog.close();
        }
        return summary;
    }

    private void capture(TapLink link, Backlog backlog, Progress progress) throws IOException {
        try (PacketSource source = plan.capture().open()) {
            if (endNanos == 0) {
                endNanos =
                        plan.duration()
                                .map(d -> System.nanoTime() + d.toNanos())
                                .orElse(Long.MAX_VALUE);
            }
            progress.capturing();
            link.finish().thenRun(source::stop);
            stopped.thenRun(source::stop);
            Summary shipped = pump(source, link, backlog);
            link.bye(new TapFrame.Bye(shipped.packets(), shipped.droppedByKernel()));
            boolean byCopier = link.finish().isDone();
            awaitOver(link);
            summary =
                    summary.plus(shipped)
                            .plus(new Summary(0, 0, 0, 0, 0, backlog.packets(), 1, link.links()));
            if (byCopier && !stopped.isDone()) {
                progress.say("the copier's run has ended: waiting for the next");
            }
        }
    }

    private Summary pump(PacketSource source, TapLink link, Backlog backlog) throws IOException {
        long packets = 0;
        long bytes = 0;
        long droppedForRoom = 0;
        long withheld = 0;
        PacketSource.State state = PacketSource.State.OPEN;
        while (state == PacketSource.State.OPEN) {
            batch.clear();
            state = source.poll(batch, POLL);
            int count = batch.count();
            if (plan.makesRoom().getAsBoolean()) {
                // Not packed, nor numbered anew: the copier sees how many are missing.
                withheld += count;
                packets += count;
            } else if (count > 0) {
                ByteBuffer packed = packer.pack(batch, packets, source.counts().droppedByKernel());
                if (backlog.add(packed, packets, count)) {
                    bytes += packed.remaining();
                    link.offer();
                } else {
                    droppedForRoom += count;
                }
                packets += count;
            }
            if (System.nanoTime() - endNanos >= 0 && endNanos != Long.MAX_VALUE) {
                stop();
            }
            if (link.over().isDone()) {
                source.stop();
            }
        }
        return new Summary(
                packets,
                bytes,
                source.counts().droppedByKernel(),
                droppedForRoom,
                withheld,
                0,
                0,
                0);
    }

    private static void awaitOver(TapLink link) throws IOException {
        try {
            link.over().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException _) {
            // What it did not take is counted.
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void await(CompletableFuture<?> future) throws IOException {
        try {
            future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException refused) {
                throw refused;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
