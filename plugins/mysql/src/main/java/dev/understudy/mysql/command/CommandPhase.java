package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import java.util.List;

/**
 * A session after its login: reads the captured commands, sends them to the target as the target
 * wants them, and tells the answers of both sides. No I/O.
 */
public final class CommandPhase {
    /**
     * Begins behind the login of both sides.
     *
     * @param firstOrdinal the ordinal of the first command
     */
    public CommandPhase(
            ServerSide captured, ServerSide target, CommandSettings settings, long firstOrdinal) {}

    /** Takes one event in and adds what is to be done to {@code out}. */
    public void on(SessionEvent event, List<SessionAction> out) {}

    /** Whether the session is over: nothing that still comes leads to an action. */
    public boolean isOver() {
        return false;
    }
}
