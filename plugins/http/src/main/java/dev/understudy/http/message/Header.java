package dev.understudy.http.message;

import java.util.Objects;

/**
 * One field line of a head or of a trailer section (RFC 9110, section 5), as it was sent.
 *
 * <p>Bytes are characters of ISO 8859-1, so that what was read can be written again bit by bit. The
 * value may be a secret, so it does not print.
 *
 * @param name in the case of the sender
 * @param value without the white space around it; a folded line is one value with spaces
 */
public record Header(String name, String value) {
    public Header {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
    }

    /** Whether this is the field of that name; names have no case. */
    public boolean is(String other) {
        return name.equalsIgnoreCase(other);
    }

    @Override
    public String toString() {
        return name + ": (" + value.length() + " characters)";
    }
}
