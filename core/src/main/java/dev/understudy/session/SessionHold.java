package dev.understudy.session;

import java.util.Optional;

/** The hold of a session, while it has one: bounded by a timer, and counted when it ends. */
final class SessionHold {
    private static final SessionTimers.Purpose HOLD = new SessionTimers.Purpose.Hold();

    private final Copier copier;
    private final SessionTimers timers;
    private final Scribe scribe;
    private Optional<Holding> holding = Optional.empty();

    private record Holding(String reason, long sinceNanos) {}

    SessionHold(Copier copier, SessionTimers timers, Scribe scribe) {
        this.copier = copier;
        this.timers = timers;
        this.scribe = scribe;
    }

    boolean isOn() {
        return holding.isPresent();
    }

    /** What is waited for, while it is. */
    Optional<String> reason() {
        return holding.map(Holding::reason);
    }

    /**
     * Begins a hold in the place of the last.
     *
     * @param whenExpired what to do where nobody has ended it in time
     */
    void begin(String reason, long maxNanos, Runnable whenExpired) {
        end();
        holding = Optional.of(new Holding(reason, System.nanoTime()));
        timers.start(
                HOLD,
                Math.min(maxNanos, copier.limits().holdMax().toNanos()),
                () -> {
                    end();
                    whenExpired.run();
                });
    }

    void end() {
        timers.cancel(HOLD);
        holding.ifPresent(
                held -> {
                    long nanos = System.nanoTime() - held.sinceNanos();
                    copier.ledger().hold(held.reason(), nanos);
                    scribe.waited("held", held.reason(), nanos);
                });
        holding = Optional.empty();
    }
}
