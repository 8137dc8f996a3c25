package dev.understudy.protocol;

import java.util.List;

/**
 * The state of one copied connection: a state machine without socket, thread, clock or logger.
 *
 * <p>Core calls {@link #on} from one thread, one event at a time, and carries out the actions in
 * their order before the next event. An exception thrown here ends this session alone, as left out.
 */
public interface ProtocolSession {
    /**
     * Takes one event in and says what is to be done.
     *
     * <p>Bytes of {@link SessionEvent.Captured} and {@link SessionEvent.Target} that are read (by
     * moving the buffer's reader index) are spent. What is left unread stays core's and comes first
     * in the next event of that direction, so a session buffers nothing. After any event that read
     * bytes, or resumed, core shows again what other directions have left unread, until no event
     * reads on.
     */
    List<SessionAction> on(SessionEvent event);
}
