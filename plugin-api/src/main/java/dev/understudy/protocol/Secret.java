package dev.understudy.protocol;

import java.util.Objects;

/** A password or key: it can be used, and it does not print. */
public final class Secret {
    private final String value;

    /** Wraps a value. */
    public Secret(String value) {
        this.value = Objects.requireNonNull(value, "value");
    }

    /** The value itself, for use in a computation and nowhere else. */
    public String reveal() {
        return value;
    }

    @Override
    public String toString() {
        return "(secret)";
    }
}
