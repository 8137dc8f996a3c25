package dev.understudy.session;

import dev.understudy.ledger.Ledger;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.RunContext;

/**
 * One target of a run, and the online server whose sessions it gets.
 *
 * @param protocol an instance of its own
 * @param ledger its column of the run's books
 * @param control whether it is the reference that the other targets of its online server are
 *     compared with
 */
public record TargetPlan(Protocol protocol, RunContext context, Ledger ledger, boolean control) {
    /** A target that is compared. */
    public TargetPlan(Protocol protocol, RunContext context, Ledger ledger) {
        this(protocol, context, ledger, false);
    }
}
