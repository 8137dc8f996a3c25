package dev.understudy.link;

import java.util.Arrays;
import java.util.Optional;

/** What links are for. One of another kind or version is refused, with a word that says so. */
public enum Service {
    /** The agent beside the target; copiers call it. */
    INTERCEPT(2, "understudy intercept"),
    /** A copier that takes packets; taps call it. */
    TAP(0x0101, "understudy copy --from tap");

    private final int version;
    private final String host;

    /**
     * A kind of link.
     *
     * @param version the kind in the high byte, its version in the low one; the version changes
     *     with every change of what is said
     * @param host the command that takes such links
     */
    Service(int version, String host) {
        this.version = version;
        this.host = host;
    }

    int version() {
        return version;
    }

    /** Why a link that says this version cannot be used. */
    String otherThan(int said) {
        Optional<Service> other =
                Arrays.stream(values()).filter(each -> each.version >> 8 == said >> 8).findFirst();
        if (other.isPresent() && other.get() != this) {
            return "it is an %s, and no %s: check address and port"
                    .formatted(other.get().host, host);
        }
        return "it speaks version %d of the link, this is version %d: run the same understudy at both ends"
                .formatted(said & 0xff, version & 0xff);
    }

    /** The command that takes such links. */
    String host() {
        return host;
    }
}
