package dev.understudy.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * When the packets of a recording are due: the capture's clock laid onto this process's. Speed and
 * pause may be changed while it runs, and idle times be cut short, so the two clocks are tied
 * together anew now and then. One thread asks {@link #due} in captured order; the rest is for any.
 *
 * <p>No clock: {@code now} is an argument, of one that does not go back.
 */
final class Pace {
    /** Never: nothing is due while it is paused. */
    static final long NEVER = Long.MAX_VALUE;

    /** Times at which the clocks were tied that are remembered, for the lag of what waits. */
    private static final int MAX_TIES = 256;

    /** From a capture time on, how the two clocks go together. */
    private record Tie(long captureNanos, long nowNanos, Pacing pacing) {
        private long due(long capture) {
            return switch (pacing) {
                case Pacing.Scaled(double factor) ->
                        nowNanos + (long) ((capture - captureNanos) / factor);
                case Pacing.Live() -> nowNanos;
                case Pacing.FlatOut() -> nowNanos;
            };
        }
    }

    private final long skipIdleNanos;
    private Pacing pacing;
    private long lastAskedNanos = Long.MIN_VALUE;
    private Optional<Long> pausedAtCapture = Optional.empty();
    private volatile List<Tie> ties = List.of();
    private volatile boolean paused;

    /**
     * Nothing was asked for yet.
     *
     * @param skipIdle longer times without a packet are cut to this one
     */
    Pace(Pacing pacing, Optional<Duration> skipIdle) {
        this.pacing = pacing;
        this.skipIdleNanos = skipIdle.map(Duration::toNanos).orElse(NEVER);
    }

    /** When a packet captured then is due; {@link #NEVER} while it is paused. */
    synchronized long due(long captureNanos, long now) {
        if (ties.isEmpty()) {
            tie(captureNanos, now);
        } else if (captureNanos - lastAskedNanos > skipIdleNanos) {
            Tie before = ties.getLast();
            long idle = before.due(lastAskedNanos + skipIdleNanos);
            tie(captureNanos, idle);
        }
        lastAskedNanos = Math.max(lastAskedNanos, captureNanos);
        return paused ? NEVER : ties.getLast().due(captureNanos);
    }

    /** From now on as fast as this. */
    synchronized void changeTo(Pacing other, long now) {
        if (!paused && !ties.isEmpty()) {
            long capture = captureAt(now);
            pacing = other;
            tie(capture, now);
        }
        pacing = other;
    }

    synchronized void pause(long now) {
        if (!paused && !ties.isEmpty()) {
            pausedAtCapture = Optional.of(captureAt(now));
        }
        paused = true;
    }

    synchronized void resume(long now) {
        pausedAtCapture.ifPresent(capture -> tie(capture, now));
        pausedAtCapture = Optional.empty();
        paused = false;
    }

    boolean paused() {
        return paused;
    }

    synchronized Pacing pacing() {
        return pacing;
    }

    /** How far the recording has come; no further than to the packet that was asked for last. */
    private long captureAt(long now) {
        Tie tie = ties.getLast();
        return switch (tie.pacing()) {
            case Pacing.Scaled(double factor) ->
                    Math.min(
                            tie.captureNanos() + (long) ((now - tie.nowNanos()) * factor),
                            lastAskedNanos);
            case Pacing.Live() -> lastAskedNanos;
            case Pacing.FlatOut() -> lastAskedNanos;
        };
    }

    private void tie(long captureNanos, long nowNanos) {
        List<Tie> more = new ArrayList<>(ties.size() + 1);
        more.addAll(ties.size() < MAX_TIES ? ties : ties.subList(1, ties.size()));
        more.add(new Tie(captureNanos, nowNanos, pacing));
        ties = List.copyOf(more);
    }

    /**
     * How far behind its time something was done, in nanoseconds; empty where it was due at none.
     */
    Optional<Long> lag(long capturedNanos, long doneNow) {
        List<Tie> known = ties;
        for (int i = known.size() - 1; i >= 0; i--) {
            Tie tie = known.get(i);
            if (tie.captureNanos() <= capturedNanos || i == 0) {
                return tie.pacing() instanceof Pacing.Scaled
                        ? Optional.of(doneNow - tie.due(capturedNanos))
                        : Optional.empty();
            }
        }
        return Optional.empty();
    }
}
