package dev.understudy.tap;

import dev.understudy.capture.CaptureCounts;
import dev.understudy.capture.PacketBatch;
import dev.understudy.capture.PacketSource;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A live capture of numbered packets, as many as a test lets pass. */
final class Wire implements PacketSource {
    private static final int AT_ONCE = 500;

    private long let;
    private long given;
    private long kernelDrops;
    private boolean stopped;

    synchronized void let(long packets) {
        let += packets;
        notifyAll();
    }

    synchronized void drop(long packets) {
        kernelDrops += packets;
    }

    synchronized long given() {
        return given;
    }

    @Override
    public synchronized State poll(PacketBatch into, Duration wait) {
        try {
            if (given == let && !stopped) {
                TimeUnit.NANOSECONDS.timedWait(this, wait.toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        int count = (int) Math.min(AT_ONCE, let - given);
        Batches.fill(into, given, count);
        given += count;
        return stopped && given == let ? State.ENDED : State.OPEN;
    }

    @Override
    public synchronized CaptureCounts counts() {
        return new CaptureCounts(given, kernelDrops, 0, 0, CaptureCounts.NOT_CUT);
    }

    @Override
    public String describe() {
        return "a wire";
    }

    @Override
    public synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    @Override
    public void close() {
        stop();
    }
}
