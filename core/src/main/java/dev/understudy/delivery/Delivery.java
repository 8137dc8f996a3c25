package dev.understudy.delivery;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/**
 * How connections to the target are made.
 *
 * @param connectTimeout for one try
 * @param connectRetries tries after the first, 0..100
 * @param sources addresses of this host to connect from, in turn; empty: the kernel's choice
 * @param sendBufferBytes queued bytes above which a connection is not writable, at least 1
 * @param clientAddress what the target sees; with a foreign one {@code sources} are not used
 * @param mark of the sockets with foreign addresses (SO_MARK, socket(7)); 0: none
 */
public record Delivery(
        Duration connectTimeout,
        int connectRetries,
        List<InetAddress> sources,
        int sendBufferBytes,
        ClientAddress clientAddress,
        int mark) {
    /** 1 MiB: a few round trips of a fast network. */
    public static final int DEFAULT_SEND_BUFFER_BYTES = 1 << 20;

    /** From this host's own addresses. */
    public Delivery(
            Duration connectTimeout,
            int connectRetries,
            List<InetAddress> sources,
            int sendBufferBytes) {
        this(connectTimeout, connectRetries, sources, sendBufferBytes, new ClientAddress.Own(), 0);
    }

    public Delivery {
        sources = List.copyOf(sources);
        if (connectRetries < 0 || connectRetries > 100) {
            throw new IllegalArgumentException("connect retries must be 0..100: " + connectRetries);
        }
        if (sendBufferBytes < 1) {
            throw new IllegalArgumentException("send buffer must be positive: " + sendBufferBytes);
        }
    }

    /** The settings of a run that names none: 5 s, 3 retries, any source. */
    public static Delivery defaults() {
        return new Delivery(Duration.ofSeconds(5), 3, List.of(), DEFAULT_SEND_BUFFER_BYTES);
    }

    /** The same with other client addresses. */
    public Delivery withClientAddress(ClientAddress other, int otherMark) {
        return new Delivery(
                connectTimeout, connectRetries, sources, sendBufferBytes, other, otherMark);
    }
}
