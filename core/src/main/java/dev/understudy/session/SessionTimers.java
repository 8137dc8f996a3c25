package dev.understudy.session;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What a session waits for by time. All of it ends with the session: a timer that were left behind
 * would keep the session, and all it holds, for as long as it runs.
 */
final class SessionTimers {
    /** Timers of one session at once. */
    static final int MAX_TIMERS = 1024;

    /** What a timer is for; a timer replaces an equal one. */
    sealed interface Purpose {
        record Hold() implements Purpose {}

        record Drain() implements Purpose {}

        record Stall() implements Purpose {}

        record Keys() implements Purpose {}

        record Await(String key) implements Purpose {}

        record Wake(long number) implements Purpose {}
    }

    private final EventLoop loop;
    private final Map<Purpose, ScheduledFuture<?>> running = new HashMap<>(4);
    private long wakes;

    SessionTimers(EventLoop loop) {
        this.loop = loop;
    }

    void start(Purpose purpose, long delayNanos, Runnable task) {
        cancel(purpose);
        if (running.size() >= MAX_TIMERS) {
            throw new IllegalStateException("the protocol waits for more than " + MAX_TIMERS);
        }
        running.put(
                purpose,
                loop.schedule(
                        () -> {
                            running.remove(purpose);
                            task.run();
                        },
                        delayNanos,
                        TimeUnit.NANOSECONDS));
    }

    Purpose.Wake nextWake() {
        return new Purpose.Wake(wakes++);
    }

    boolean has(Purpose purpose) {
        return running.containsKey(purpose);
    }

    /** Whether a value is awaited. */
    boolean awaiting() {
        return running.keySet().stream().anyMatch(Purpose.Await.class::isInstance);
    }

    /** Stops a timer, if it runs. */
    boolean cancel(Purpose purpose) {
        ScheduledFuture<?> timer = running.remove(purpose);
        return timer != null && timer.cancel(false);
    }

    /** Stops them all, and says which keys were awaited. */
    List<String> cancelAll() {
        running.values().forEach(timer -> timer.cancel(false));
        List<String> awaited =
                running.keySet().stream()
                        .filter(Purpose.Await.class::isInstance)
                        .map(purpose -> ((Purpose.Await) purpose).key())
                        .toList();
        running.clear();
        return awaited;
    }
}
