package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Optional;

/**
 * The threads that a session kills, each of which has another id on the target. Sessions tell one
 * another what theirs are; one that has to know waits.
 */
final class Kills {
    private final ServerSide captured;
    private final ServerSide target;
    private Optional<String> threads = Optional.empty();

    /** What the thread that the command at hand kills is on the target, once that is known. */
    private Optional<Optional<Long>> killed = Optional.empty();

    Kills(ServerSide captured, ServerSide target) {
        this.captured = captured;
        this.target = target;
    }

    /**
     * Tells the other sessions which thread this one is, as long as it is.
     *
     * @param name of production's threads among all sessions; a thread's id follows it
     */
    void begin(String name, List<SessionAction> out) {
        threads = Optional.of(name);
        ByteBuf thread = Unpooled.buffer(Long.BYTES).writeLong(target.threadId());
        out.add(new SessionAction.Publish(name + captured.threadId(), thread, true));
    }

    /** Another session has told its thread on the target, or there is none that could. */
    void resolved(Optional<Long> targetThread) {
        killed = Optional.of(targetThread);
    }

    /** Empty once it is known what a thread is on the target, or that this will not be known. */
    Optional<Taken> unknown(long thread) {
        if (thread == captured.threadId()) {
            killed = Optional.of(Optional.of(target.threadId()));
        } else if (threads.isEmpty()) {
            killed = Optional.of(Optional.empty());
        }
        return killed.isPresent()
                ? Optional.empty()
                : Optional.of(new Taken.Ask(threads.get() + thread, () -> killed.isPresent()));
    }

    /** What the thread of the last {@link #unknown} is there, if that is known. */
    Optional<Long> take() {
        Optional<Long> thread = killed.orElseThrow();
        killed = Optional.empty();
        return thread;
    }
}
