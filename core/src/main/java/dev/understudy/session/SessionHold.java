package dev.understudy.session;

import java.util.Optional;

/** The hold of a session, while it has one: bounded by a timer, and counted when it ends. */
final class SessionHold {
    private static final SessionTimers.Purpose HOLD = new SessionTimers.Purpose.Hold();

    private final Copier copier;
    private final SessionTimers timers;
    private Optional<Holding> holding = Optional.empty();

    private record Holding(String reason, long sinceNanos) {}

    SessionHold(Copier copier, SessionTimers timers) {
        this.copier = copier;
        this.timers = timers;
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
                held -> copier.ledger().hold(held.reason(), System.nanoTime() - held.sinceNanos()));
        holding = Optional.empty();
    }
}
