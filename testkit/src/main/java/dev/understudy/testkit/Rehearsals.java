package dev.understudy.testkit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The rehearsals of one test, or of one class, as {@link RehearsalExtension} gives them to it:
 * closed behind it, their reports kept if it failed.
 */
public final class Rehearsals {
    private final List<Rehearsal> started = new CopyOnWriteArrayList<>();

    private volatile boolean failedTest;

    Rehearsals() {}

    /** Begins what is planned. */
    public Rehearsal start(RehearsalPlan plan) {
        Rehearsal rehearsal = plan.start();
        started.add(rehearsal);
        return rehearsal;
    }

    /** Those begun so far. */
    List<Rehearsal> started() {
        return List.copyOf(started);
    }

    /** A test within the class failed. */
    void testFailed() {
        failedTest = true;
    }

    boolean hasFailedTest() {
        return failedTest;
    }
}
