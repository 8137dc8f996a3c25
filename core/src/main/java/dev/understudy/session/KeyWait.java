package dev.understudy.session;

/** The wait of a session for secrets of captured TLS: bounded by a timer, and counted as a hold. */
final class KeyWait {
    private static final SessionTimers.Purpose KEYS = new SessionTimers.Purpose.Keys();

    /** The reason of the hold while secrets are awaited. */
    private static final String REASON = "tls-keys";

    private final Copier copier;
    private final SessionTimers timers;
    private long sinceNanos;

    KeyWait(Copier copier, SessionTimers timers) {
        this.copier = copier;
        this.timers = timers;
    }

    /** The session waits from now on, unless it does so already. */
    void begin(CopySession session, Runnable whenExpired) {
        if (!timers.has(KEYS)) {
            sinceNanos = System.nanoTime();
            copier.awaitsKeys(session);
            timers.start(KEYS, copier.tls().keyWait().toNanos(), whenExpired);
        }
    }

    void end(CopySession session) {
        if (copier.keysAwaitedNoLonger(session)) {
            timers.cancel(KEYS);
            copier.ledger().hold(REASON, System.nanoTime() - sinceNanos);
        }
    }
}
