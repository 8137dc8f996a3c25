package dev.understudy.session;

import dev.understudy.flow.FlowHandler;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * Tells of connections whose bytes it has in order already, without packets: as one does that
 * passes them on itself. The counts of packets stay 0.
 */
public interface FlowSource extends AutoCloseable {
    /**
     * Begins to tell. Stamps are nanoseconds since the epoch, and never go back from one call to
     * the next, whichever flow it is of: the order across sessions rests on them.
     *
     * @param copier the handler and its readers are called in tasks of it and nowhere else; it runs
     *     them one after the other, in the order given
     * @param handler told of each connection before anything else of it
     * @param room whether more may be told; may be asked by any thread. Where it says no, the
     *     source stops reading until it says yes
     * @throws IOException with a message for the user
     */
    void begin(Executor copier, FlowHandler handler, BooleanSupplier room) throws IOException;

    /**
     * Tells what has come until now, and then the end of each flow that is still open.
     *
     * @return complete when the last of it was given to the copier
     */
    CompletableFuture<Void> stop();

    /** Tells nothing more. */
    @Override
    void close();
}
