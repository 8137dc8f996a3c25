package dev.understudy.cli;

import java.util.Optional;

/**
 * Where an agent listens, and for which target.
 *
 * @param target empty: for every target that has no other
 */
record Intercept(Optional<Endpoint> target, Endpoint agent) {
    /**
     * Reads {@code ADDR:PORT} or {@code TARGET=ADDR:PORT}, and resolves names.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    static Intercept parse(String text) {
        int equals = text.indexOf('=');
        return equals < 0
                ? new Intercept(Optional.empty(), Endpoint.parse(text))
                : new Intercept(
                        Optional.of(Endpoint.parse(text.substring(0, equals))),
                        Endpoint.parse(text.substring(equals + 1)));
    }
}
