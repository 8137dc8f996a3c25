package dev.understudy.session;

import dev.understudy.ledger.Ledger;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.RunContext;

/**
 * One target of a run, and the online server whose sessions it gets.
 *
 * @param protocol an instance of its own
 * @param ledger its column of the run's books
 */
public record TargetPlan(Protocol protocol, RunContext context, Ledger ledger) {}
