package dev.understudy.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where an agent listens, and for which target.
 *
 * @param target empty: for every target that has no other
 */
record Intercept(Optional<Endpoint> target, Endpoint agent) {
    /** The same, with a name for each target that one without a name is for. */
    static List<Intercept> each(List<Intercept> named, List<Endpoint> targets) {
        List<Intercept> each = new ArrayList<>();
        for (Intercept one : named) {
            if (one.target().isPresent()) {
                each.add(one);
            } else {
                targets.stream()
                        .filter(target -> named.stream().noneMatch(own -> own.isOf(target)))
                        .forEach(
                                target ->
                                        each.add(new Intercept(Optional.of(target), one.agent())));
            }
        }
        return each;
    }

    /** Whether it names this target. */
    boolean isOf(Endpoint any) {
        return target.map(Endpoint::address).equals(Optional.of(any.address()));
    }

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
