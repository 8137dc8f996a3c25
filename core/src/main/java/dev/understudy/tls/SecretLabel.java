package dev.understudy.tls;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Secrets of a connection, as a key log names them.
 *
 * @see "RFC 9850, section 2"
 */
enum SecretLabel {
    /** The master secret of TLS 1.2, by the client's random. */
    CLIENT_RANDOM(48, 48),
    CLIENT_HANDSHAKE_TRAFFIC_SECRET(32, 48),
    SERVER_HANDSHAKE_TRAFFIC_SECRET(32, 48),
    CLIENT_TRAFFIC_SECRET_0(32, 48),
    SERVER_TRAFFIC_SECRET_0(32, 48);

    private static final Map<String, SecretLabel> BY_NAME =
            Stream.of(values()).collect(Collectors.toMap(SecretLabel::name, Function.identity()));

    private final int bytes;
    private final int orBytes;

    SecretLabel(int bytes, int orBytes) {
        this.bytes = bytes;
        this.orBytes = orBytes;
    }

    /** Whether a secret of this name may have so many bytes. */
    boolean fits(int length) {
        return length == bytes || length == orBytes;
    }

    /** The label of a line; empty for those that are not needed here. */
    static Optional<SecretLabel> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }
}
