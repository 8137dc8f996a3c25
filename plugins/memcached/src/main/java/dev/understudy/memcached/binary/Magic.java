package dev.understudy.memcached.binary;

import java.util.Optional;

/** The first byte of a packet: who speaks. */
public enum Magic {
    /** A request of a client. */
    REQUEST(0x80),
    /** An answer of a server. */
    ANSWER(0x81);

    private final int code;

    Magic(int code) {
        this.code = code;
    }

    /** The byte on the wire, 0..255. */
    public int code() {
        return code;
    }

    /** What a first byte, 0..255, stands for. */
    public static Optional<Magic> of(int code) {
        return switch (code) {
            case 0x80 -> Optional.of(REQUEST);
            case 0x81 -> Optional.of(ANSWER);
            default -> Optional.empty();
        };
    }
}
