package dev.understudy.memcached.sasl;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The mechanisms that logins on the target can use; the later the better. */
public enum SaslMechanism {
    /** The password as it is (RFC 4616). */
    PLAIN("", ""),
    SCRAM_SHA_1("SHA-1", "SHA1"),
    SCRAM_SHA_256("SHA-256", "SHA256"),
    SCRAM_SHA_512("SHA-512", "SHA512");

    private final String digest;
    private final String keyed;

    SaslMechanism(String digest, String keyed) {
        this.digest = digest;
        this.keyed = keyed;
    }

    /** The JCA name of the hash. */
    String digest() {
        return digest;
    }

    /** The JCA name of the keyed hash. */
    String hmac() {
        return "Hmac" + keyed;
    }

    /** The JCA name of the derivation of keys. */
    String derivation() {
        return "PBKDF2WithHmac" + keyed;
    }

    /**
     * What a server offers, by the name it calls it by.
     *
     * @param name to be sent back as the server spelled it: Cyrus says SCRAM-SHA-512, Couchbase
     *     SCRAM-SHA512
     */
    public record Offer(SaslMechanism mechanism, String name) {}

    /** The mechanism of this name, however it is spelled. */
    public static Optional<SaslMechanism> of(String name) {
        return switch (name.toUpperCase(Locale.ROOT).replace("-", "")) {
            case "PLAIN" -> Optional.of(PLAIN);
            case "SCRAMSHA1" -> Optional.of(SCRAM_SHA_1);
            case "SCRAMSHA256" -> Optional.of(SCRAM_SHA_256);
            case "SCRAMSHA512" -> Optional.of(SCRAM_SHA_512);
            default -> Optional.empty();
        };
    }

    /**
     * The best mechanism of a server's list.
     *
     * @param list names with spaces between them, as the server sent them
     * @param allowed those that may be used
     */
    public static Optional<Offer> best(String list, Set<SaslMechanism> allowed) {
        Optional<Offer> best = Optional.empty();
        for (String name : list.strip().split("[ \0]+", -1)) {
            Optional<SaslMechanism> mechanism = of(name);
            if (mechanism.filter(allowed::contains).isPresent()
                    && (best.isEmpty() || mechanism.get().compareTo(best.get().mechanism()) > 0)) {
                best = Optional.of(new Offer(mechanism.get(), name));
            }
        }
        return best;
    }
}
