package dev.understudy.session;

import dev.understudy.capture.CaptureCounts;
import dev.understudy.capture.PacketBatch;
import dev.understudy.capture.PacketSource;
import dev.understudy.delivery.NettyConnector;
import dev.understudy.delivery.TargetConnector;
import dev.understudy.delivery.Transport;
import dev.understudy.flow.FlowCounts;
import dev.understudy.flow.FlowLimits;
import dev.understudy.flow.FlowTable;
import dev.understudy.flow.ServerEndpoints;
import dev.understudy.ledger.PacketLedger;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * One run: reads packets from a source, hands them to the event loop that copies them, and sees to
 * it that the run ends in order. {@link #run} blocks; {@link #stop} and the gauges may be called
 * from any thread.
 */
public final class Rehearsal {
    /** Batches on their way between the source and the loop. */
    private static final int BATCHES = 4;

    /** Captured segments that may wait to be due before a recording is read on. */
    private static final int MAX_BACKLOG_SEGMENTS = 4096;

    private static final Duration POLL = Duration.ofMillis(100);
    private static final long BACKLOG_LOOK_NANOS = 200_000;

    /**
     * What to copy, and how.
     *
     * @param traffic closed by the run
     * @param targets each gets the sessions of its own online server; their ledgers have the
     *     packets in common
     * @param orderAcrossSessions whether a request waits for earlier answers of other sessions
     * @param duration after which the capture stops; empty: at the source's end
     * @param skipIdle times of a recording without a packet are cut to this
     * @param production addresses beside those of the online servers that nothing may be sent to
     * @param requestsOnly whether only what clients sent is read, since the capture lacks the rest
     */
    public record Plan(
            Traffic traffic,
            Pacing pacing,
            List<TargetPlan> targets,
            RunLimits limits,
            boolean orderAcrossSessions,
            Optional<Duration> duration,
            Shape shape,
            Optional<Duration> skipIdle,
            TlsReading tls,
            Set<InetSocketAddress> production,
            boolean requestsOnly) {
        /**
         * A plan for every session, once, in the recording's own time and without secrets of
         * captured TLS.
         */
        public Plan(
                Traffic traffic,
                Pacing pacing,
                List<TargetPlan> targets,
                RunLimits limits,
                boolean orderAcrossSessions,
                Optional<Duration> duration) {
            this(
                    traffic,
                    pacing,
                    targets,
                    limits,
                    orderAcrossSessions,
                    duration,
                    Shape.WHOLE,
                    Optional.empty(),
                    TlsReading.none(),
                    Set.of(),
                    false);
        }

        public Plan {
            targets = List.copyOf(targets);
            production = Set.copyOf(production);
            if (targets.stream().map(target -> target.ledger().packets()).distinct().count() != 1) {
                throw new IllegalArgumentException(
                        "a run has one target or more, and one ledger of packets");
            }
            if (requestsOnly && targets.stream().anyMatch(TargetPlan::control)) {
                throw new IllegalArgumentException("without answers a control controls nothing");
            }
            if (targets.stream().allMatch(TargetPlan::control)) {
                throw new IllegalArgumentException("a run has a target beside its control");
            }
        }

        /** The books of the run's packets. */
        PacketLedger packets() {
            return targets.getFirst().ledger().packets();
        }

        private Set<InetSocketAddress> online() {
            return targets.stream()
                    .map(target -> target.context().online())
                    .collect(Collectors.toCollection(LinkedHashSet::new));
        }
    }

    private final Plan plan;
    private final MultiThreadIoEventLoopGroup loops;
    private final EventLoop loop;
    private final Switchboard board;
    private final BlockingQueue<PacketBatch> free = new ArrayBlockingQueue<>(BATCHES);
    private final AtomicReference<RunEnd> end = new AtomicReference<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final long backlogBytesMax;
    private final long backlogBytesInAllMax;

    private volatile boolean capturing = true;
    private volatile boolean pausedByHand;
    private final Pace pace;
    private long lastCaptureNanos;
    private long begunNanos;
    private long kernelDropsTold;
    private long tapDropsTold;

    /** A run over the kernel's TCP. */
    public static Rehearsal of(Plan plan) {
        Transport transport = Transport.best();
        return new Rehearsal(
                plan, transport, new NettyConnector(transport, plan.limits().delivery()));
    }

    /** A run with a connector of the caller's. */
    public Rehearsal(Plan plan, Transport transport, TargetConnector connector) {
        this.plan = plan;
        loops = transport.loops(1);
        loop = loops.next();
        RunLimits limits = plan.limits();
        backlogBytesMax = Math.min(limits.bytesInAll() / 2, limits.bytesPerSession() / 4);
        backlogBytesInAllMax = limits.bytesInAll() / 2;
        FlowLimits flowLimits =
                new FlowLimits(
                        limits.maxSessions() * 2,
                        FlowLimits.DEFAULT.closedFlows(),
                        FlowLimits.DEFAULT.outOfOrderBytes(),
                        limits.bytesInAll(),
                        limits.idle());
        ServerEndpoints online = ServerEndpoints.of(plan.online());
        pace = new Pace(plan.pacing(), plan.skipIdle());
        board =
                new Switchboard(
                        loop,
                        plan,
                        pace,
                        connector,
                        handler -> new FlowTable(flowLimits, online, handler, plan.requestsOnly()));
        for (int i = 0; i < BATCHES; i++) {
            free.add(new PacketBatch());
        }
    }

    /** Copies until the source ends, the duration has passed, or {@link #stop}; then drains. */
    public RunEnd run() {
        boolean interrupted = false;
        try {
            begunNanos = System.nanoTime();
            switch (plan.traffic()) {
                case Traffic.Packets(PacketSource source) -> pump(source);
                case Traffic.Flows(FlowSource source) -> follow(source);
            }
        } catch (IOException e) {
            end.compareAndSet(null, new RunEnd.SourceFailed(String.valueOf(e.getMessage())));
        } catch (InterruptedException e) {
            interrupted = true;
            stop();
        } catch (RuntimeException | Error e) {
            end.compareAndSet(null, new RunEnd.Broken(e));
        } finally {
            capturing = false;
            switch (plan.traffic()) {
                case Traffic.Packets(PacketSource source) -> source.close();
                case Traffic.Flows(FlowSource source) -> source.close();
            }
        }
        drain();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
        end.compareAndSet(null, new RunEnd.Finished());
        if (interrupted) {
            // Not before: it would wake every wait of the drain at once.
            Thread.currentThread().interrupt();
        }
        return end.get();
    }

    /** Ends the capture; sessions drain for at most the limit, and {@link #run} returns. */
    public void stop() {
        end.compareAndSet(null, new RunEnd.Stopped());
        stopped.countDown();
    }

    /** What was seen of connections; to be asked after {@link #run}. */
    public FlowCounts flows() {
        return board.flows();
    }

    /** Sessions that are being copied now. */
    public int openSessions() {
        return board.openSessions();
    }

    /** What happened to each target that was lost, in the order of the plan; may be asked later. */
    public List<Optional<String>> lost() {
        return board.lost();
    }

    /** What a reader of the report has to know beside the counts, a sentence each. */
    public List<String> warnings() {
        return board.unclearPackets() == 0
                ? List.of()
                : List.of(
                        "more connections were left out at once than can be remembered: %d packets of connections without a beginning are in no session"
                                .formatted(board.unclearPackets()));
    }

    /** From now on a recording goes as fast as this. */
    public void changePace(Pacing other) {
        pace.changeTo(other, System.nanoTime());
    }

    /** From now on this sample is taken of connections that begin. */
    public void changeSample(Sample other) {
        loop.execute(() -> board.changeSample(other));
    }

    /**
     * Pauses, or goes on: nothing of a recording is due; of a live capture no connection that
     * begins is copied, and those under way go on.
     */
    public void pause(boolean paused) {
        if (plan.pacing() instanceof Pacing.Live) {
            loop.execute(() -> board.pause(paused));
        } else if (paused) {
            pace.pause(System.nanoTime());
        } else {
            pace.resume(System.nanoTime());
        }
        pausedByHand = paused;
    }

    /**
     * From now on connections that begin are not copied, for this reason; empty: they are. Beside
     * {@link #pause}, which is the user's.
     */
    public void passOver(Optional<String> reason) {
        loop.execute(() -> board.passOver(reason));
    }

    /** Leaves out a part of the sessions that are open: this host has too little for all. */
    public void shed() {
        loop.execute(board::shed);
    }

    /** Whether it was paused by {@link #pause}. */
    public boolean paused() {
        return pausedByHand;
    }

    /** How a recording goes now. */
    public Pacing pacing() {
        return pace.pacing();
    }

    /** Which sessions are taken now. */
    public Shape shape() {
        return board.shape();
    }

    /** Whether packets are still being read. */
    public boolean capturing() {
        return capturing;
    }

    private void pump(PacketSource source) throws IOException, InterruptedException {
        while (!isOver()) {
            PacketBatch batch = free.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
            if (batch == null) {
                continue;
            }
            PacketSource.State state = source.poll(batch, POLL);
            handOver(batch);
            tellDrops(source);
            if (state == PacketSource.State.ENDED) {
                return;
            }
            if (state == PacketSource.State.AGAIN) {
                long at = lastCaptureNanos;
                loop.execute(() -> guarded(() -> board.captureEnded(at)));
            }
        }
        source.stop();
        if (plan.pacing() instanceof Pacing.Live) {
            takeTheRest(source);
        }
        tellDrops(source);
    }

    /** What the kernel had captured by now belongs to the run. */
    private void takeTheRest(PacketSource source) throws IOException, InterruptedException {
        PacketSource.State state = PacketSource.State.OPEN;
        long giveUpAt = System.nanoTime() + plan.limits().drain().toNanos();
        while (state == PacketSource.State.OPEN && System.nanoTime() < giveUpAt) {
            PacketBatch batch = free.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
            if (batch != null) {
                state = source.poll(batch, POLL);
                handOver(batch);
            }
        }
    }

    /** Listens to a source of flows until the run is over. */
    private void follow(FlowSource source) throws IOException, InterruptedException {
        source.begin(task -> loop.execute(() -> guarded(task)), board, () -> !isBacklogFull());
        while (!isOver()) {
            if (stopped.await(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                break;
            }
        }
        try {
            source.stop().get(plan.limits().drain().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException("what had come could not be told within run.drain", e);
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause().getMessage()), e);
        }
    }

    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            end.compareAndSet(null, new RunEnd.Broken(e));
        }
    }

    /** Whether the capture is to end, for whatever reason. */
    private boolean isOver() {
        lookAtBoard();
        return end.get() != null
                || plan.duration()
                        .map(max -> System.nanoTime() - begunNanos >= max.toNanos())
                        .orElse(false);
    }

    private void lookAtBoard() {
        board.fault().ifPresent(fault -> end.compareAndSet(null, new RunEnd.Broken(fault)));
        board.loopFound().ifPresent(why -> end.compareAndSet(null, new RunEnd.Looped(why)));
        board.stopReason().ifPresent(why -> end.compareAndSet(null, new RunEnd.TargetLost(why)));
    }

    private void tellDrops(PacketSource source) {
        CaptureCounts counts = source.counts();
        plan.packets().droppedByKernel(counts.droppedByKernel() - kernelDropsTold);
        kernelDropsTold = counts.droppedByKernel();
        plan.packets().droppedByTaps(counts.droppedByTap() - tapDropsTold);
        tapDropsTold = counts.droppedByTap();
    }

    private void handOver(PacketBatch batch) throws InterruptedException {
        int count = batch.count();
        if (count == 0) {
            free.put(batch);
            return;
        }
        int from = 0;
        while (from < count) {
            int to = dueUntil(batch, from, count);
            awaitRoom();
            boolean paced = !(plan.pacing() instanceof Pacing.Live);
            if (paced && isOver()) {
                // What is not due yet was not part of the run.
                loop.execute(() -> giveBack(batch));
                return;
            }
            boolean last = to == count;
            int begin = from;
            // Before it is given away: from then on the loop may empty it.
            lastCaptureNanos = batch.timeNanos(to - 1);
            loop.execute(() -> copy(batch, begin, to, last));
            from = to;
        }
    }

    /** On the loop, so that it comes after what was handed over of it. */
    private void giveBack(PacketBatch batch) {
        batch.clear();
        free.add(batch);
    }

    private void copy(PacketBatch batch, int from, int to, boolean last) {
        try {
            board.packets(batch, from, to);
        } catch (RuntimeException | Error e) {
            end.compareAndSet(null, new RunEnd.Broken(e));
        } finally {
            if (last) {
                giveBack(batch);
            }
        }
    }

    /** Waits until the packet at {@code from} is due, and says up to where packets are. */
    private int dueUntil(PacketBatch batch, int from, int count) {
        if (plan.pacing() instanceof Pacing.Live) {
            return count;
        }
        awaitDue(batch.timeNanos(from));
        int to = from + 1;
        while (to < count && isDue(batch.timeNanos(to))) {
            to++;
        }
        return to;
    }

    private boolean isDue(long captureNanos) {
        long now = System.nanoTime();
        return pace.due(captureNanos, now) <= now;
    }

    /** Looks again now and then: speed and pause may be changed meanwhile. */
    private void awaitDue(long captureNanos) {
        while (!isDue(captureNanos) && !isOver()) {
            long now = System.nanoTime();
            long left = pace.due(captureNanos, now) - now;
            LockSupport.parkNanos(Math.clamp(left, 1, POLL.toNanos()));
        }
    }

    /** A recording waits for the copy; live traffic does not. */
    private void awaitRoom() {
        while (!(plan.pacing() instanceof Pacing.Live)
                && !isOver()
                && (board.backlogSegments() > MAX_BACKLOG_SEGMENTS || isBacklogFull())) {
            LockSupport.parkNanos(BACKLOG_LOOK_NANOS);
        }
    }

    /** Whether the slowest target, or all together, have enough to do. */
    private boolean isBacklogFull() {
        return board.backlogBytes() > backlogBytesMax
                || board.backlogBytesInAll() > backlogBytesInAllMax;
    }

    private void drain() {
        loop.execute(
                () -> {
                    try {
                        board.captureEnded(lastCaptureNanos);
                    } catch (RuntimeException | Error e) {
                        end.compareAndSet(null, new RunEnd.Broken(e));
                    }
                });
        long drainNanos = plan.limits().drain().toNanos() + TimeUnit.SECONDS.toNanos(1);
        long orderNanos = plan.limits().orderWaitMax().toNanos();
        long begun = System.nanoTime();
        runOnLoop(() -> {});
        while (board.openSessions() > 0) {
            lookAtBoard();
            boolean inOrder = end.get() == null;
            long patience = inOrder ? drainNanos + orderNanos : drainNanos;
            if (end.get() instanceof RunEnd.TargetLost || end.get() instanceof RunEnd.Looped) {
                patience = 0; // Nobody will answer any more, or nothing more is to be sent.
            }
            long quietNanos =
                    inOrder
                            ? Math.min(System.nanoTime() - begun, board.quietNanos())
                            : System.nanoTime() - begun;
            if (quietNanos > patience) {
                runOnLoop(board::giveUp);
                break;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        runOnLoop(board::settle);
        lookAtBoard();
        if (board.openSessions() > 0) {
            end.compareAndSet(
                    null,
                    new RunEnd.Broken(
                            new IllegalStateException(
                                    board.openSessions() + " sessions could not be ended")));
        }
    }

    private void runOnLoop(Runnable task) {
        loop.submit(task).awaitUninterruptibly();
    }
}
