/**
 * What became of everything: each packet, session and request of a run ends in exactly one named
 * state here, and {@link Ledger#imbalance} holds the sums against one another. {@link Scoreboard}
 * groups how the requests ended by operation and fingerprint, with samples.
 *
 * <p>The event loops write, the progress printer and the report read while they do. So every count
 * is a {@link java.util.concurrent.atomic.LongAdder} or an atomic histogram: no loop waits for
 * another or for a reader. What a reader sees of a running ledger is therefore each count at nearly
 * the same moment, not all at one; the sums are due when the loops have come to rest.
 */
package dev.understudy.ledger;
