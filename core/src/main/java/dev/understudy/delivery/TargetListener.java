package dev.understudy.delivery;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;

/**
 * What a {@link TargetConnection} tells its owner, always on the owner's event loop. Times are
 * nanoseconds since the epoch, by the copy host's clock.
 */
public interface TargetListener {
    /**
     * A try to connect was made from this address of ours, told before a packet of it can be shown
     * on this loop (with the JDK's sockets: before it is up); not told where somebody else
     * connects, from a port that is not known here.
     *
     * @param timeNanos before the first packet of it left
     */
    default void begun(InetSocketAddress local, long timeNanos) {}

    /** The connection is up, TLS included where it was asked for from the start. */
    void up(long timeNanos);

    /** Bytes came; the buffer is the connection's and is released after the call. */
    void received(ByteBuf bytes, long timeNanos);

    /** Whether more may be sent now: false once the send buffer is above its high mark. */
    void writable(boolean writable);

    /**
     * The connection has ended or could not be made; nothing follows.
     *
     * @param reason {@code closed}, {@code reset}, {@code refused}, {@code unreachable}, {@code
     *     timeout}, {@code tls}, {@code no-ports}, {@code no-files}, {@code client-address} (the
     *     target cannot be reached from the client's address: another family, or one that means
     *     only its own host) or {@code failed}
     */
    void ended(String reason, long timeNanos);
}
