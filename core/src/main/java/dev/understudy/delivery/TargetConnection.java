package dev.understudy.delivery;

import io.netty.buffer.ByteBuf;

/** One TCP connection to a target. All calls come from the event loop of its session. */
public interface TargetConnection {
    /** Queues bytes and takes the buffer over. What is queued before the connection is up waits. */
    void send(ByteBuf bytes);

    /** Pushes what was queued to the socket. */
    void flush();

    /** From here on both directions are TLS. */
    void startTls();

    /** Sends a FIN behind what was queued; bytes of the target still come. */
    void halfClose();

    /** Whether the target's bytes are read; where they are not, the kernel slows it down. */
    void reading(boolean on);

    /**
     * Closes by RST, so that no port of this host is left in TIME_WAIT; the listener is told
     * nothing more. Only for connections whose last answer has come, or is given up.
     */
    void close();
}
