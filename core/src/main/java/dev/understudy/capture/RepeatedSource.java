package dev.understudy.capture;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * A recording read several times, as if it had been captured so often: each pass begins {@link
 * #BETWEEN_NANOS} after the end of the one before. Between passes {@link #poll} says {@link
 * State#AGAIN}. A recording that is cut or damaged is read once.
 */
public final class RepeatedSource implements PacketSource {
    /** Capture time between the last packet of a pass and the first of the next. */
    public static final long BETWEEN_NANOS = 1_000_000;

    /** Opens the recording anew. */
    @FunctionalInterface
    public interface Opener {
        PacketSource open() throws IOException;
    }

    private final Opener opener;
    private final int passes;
    private volatile PacketSource current;
    private volatile CaptureCounts before = new CaptureCounts(0, 0, 0, 0, CaptureCounts.NOT_CUT);
    private volatile boolean stopped;
    private int pass = 1;
    private long shiftNanos;
    private long firstNanos;
    private long lastNanos;
    private boolean any;

    private RepeatedSource(Opener opener, int passes, PacketSource first) {
        this.opener = opener;
        this.passes = passes;
        this.current = first;
    }

    /** Opens the first pass. */
    public static RepeatedSource open(Opener opener, int passes) throws IOException {
        return new RepeatedSource(opener, passes, opener.open());
    }

    @Override
    public State poll(PacketBatch into, Duration wait) throws IOException {
        int from = into.count();
        State state = current.poll(into, wait);
        for (int i = from; i < into.count(); i++) {
            if (!any) {
                any = true;
                firstNanos = into.timeNanos(i);
            }
            lastNanos = Math.max(lastNanos, into.timeNanos(i));
        }
        into.shiftTimes(from, shiftNanos);
        boolean last = pass >= passes || stopped || !any || counts().cutShort();
        if (state != State.ENDED || last) {
            return state;
        }
        PacketSource next = opener.open();
        before = counts();
        current.close();
        current = next;
        pass++;
        shiftNanos += lastNanos - firstNanos + BETWEEN_NANOS;
        if (stopped) {
            next.stop();
        }
        return State.AGAIN;
    }

    @Override
    public CaptureCounts counts() {
        CaptureCounts earlier = before;
        CaptureCounts now = current.counts();
        return new CaptureCounts(
                earlier.delivered() + now.delivered(),
                earlier.droppedByKernel() + now.droppedByKernel(),
                earlier.ringFullEpisodes() + now.ringFullEpisodes(),
                earlier.interfaceDropped() + now.interfaceDropped(),
                now.cutAtByte());
    }

    @Override
    public List<String> warnings() {
        return current.warnings();
    }

    @Override
    public String describe() {
        return current.describe();
    }

    @Override
    public void stop() {
        stopped = true;
        current.stop();
    }

    @Override
    public void close() {
        stopped = true;
        current.close();
    }
}
