package dev.understudy.protocol;

import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.pf4j.ExtensionPoint;

/**
 * What a protocol is to Understudy: the extension point that a plugin implements.
 *
 * <p>Core makes one instance for each copy of a run, calls {@link #prepare} once before the first
 * {@link #open}, and from then on calls {@link #open} and {@link #compare} from its event loops. So
 * fields that sessions share must be safe for use by several threads. A protocol does no I/O but in
 * {@link #prepare}, {@link #examine}, {@link #refresh} and {@link #conclude}.
 */
public interface Protocol extends ExtensionPoint {
    /**
     * The version of this contract, as a plugin's {@code Plugin-Requires} speaks of it. A new kind
     * of {@link SessionEvent} or {@link SessionAction} is a new major version, from Understudy's
     * first release on.
     */
    String API_VERSION = "1.0.0";

    /** The name that users give to {@code --protocol}: lower case, the field's own. */
    String name();

    /** The TCP ports (1..65535) where servers of this protocol usually listen. */
    Set<Integer> usualPorts();

    /**
     * Says whether the first bytes of a direction are this protocol.
     *
     * @param firstBytes all bytes so far, from stream offset 0; indices are left as they are
     */
    Detection detect(Direction direction, ByteBuf firstBytes);

    /**
     * Looks at settings, and at the servers where it wants to, before the run begins. Runs on a
     * virtual thread and may block.
     */
    Preparation prepare(RunContext run);

    /**
     * What a user who asks whether a run would work wants to know beyond {@link #prepare}: may log
     * in on the target, which a run does not do of itself. No run follows. The default prepares.
     */
    default Preparation examine(RunContext run) {
        return prepare(run);
    }

    /**
     * Looks again while the run goes on, as at servers whose state sessions need. Runs on a virtual
     * thread and may block; one call at a time, {@link #refreshInterval} after the one before has
     * ended, and interrupted where it takes too long. What it finds are warnings, problems
     * included: a run is not stopped by them. The default finds nothing.
     */
    default Preparation refresh(RunContext run) {
        return Preparation.nothing();
    }

    /** How long to wait before a {@link #refresh}; asked anew each time. At least 100 ms. */
    default Duration refreshInterval() {
        return Duration.ofSeconds(5);
    }

    /**
     * The last session has ended: what the report should hold beside the counts of core. Runs on a
     * virtual thread and may block, as to write what was learnt to a file. The default has nothing
     * to say.
     */
    default Conclusion conclude(RunContext run) {
        return Conclusion.nothing();
    }

    /**
     * Whether sessions tell {@link SessionAction.OfUser}, so that a part of the users can be
     * copied. The default knows none.
     */
    default boolean knowsUsers() {
        return false;
    }

    /** Begins the copy of one connection. Does not block. */
    ProtocolSession open(SessionContext session);

    /**
     * Compares the two answers to one request. A pure function: no state, no I/O.
     *
     * @param control the answer of a reference target, where the run has one
     */
    Verdict compare(Exchange exchange, Optional<Reply> control);
}
