package dev.understudy.delivery;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for conditions, so that no test waits for time. */
public final class Until {
    private static final Duration MAX = Duration.ofSeconds(20);
    private static final long LOOK_NANOS = 1_000_000;

    private Until() {}

    /** Returns once the condition holds; fails, naming it, when it does not in 20 s. */
    public static void holds(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + MAX.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited " + MAX + " in vain: " + what);
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
