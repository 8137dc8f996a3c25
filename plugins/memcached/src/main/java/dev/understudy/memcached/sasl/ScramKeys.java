package dev.understudy.memcached.sasl;

import dev.understudy.protocol.Secret;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * Salted passwords that were derived before. Servers mean the derivation to be slow (10,000 rounds
 * take some ten milliseconds), and each copied session logs in once for each node; one user's salt
 * is mostly the same on all of them. Safe for use by several threads.
 */
public final class ScramKeys {
    /** Salted passwords that are kept. */
    static final int MAX_KEPT = 64;

    private record Source(SaslMechanism mechanism, String user, String salt, int iterations) {}

    private final Map<Source, byte[]> kept = new LinkedHashMap<>();

    /**
     * Hi(password, salt, iterations) of RFC 5802.
     *
     * @param password prepared; always the same one for one user
     */
    byte[] salted(
            SaslMechanism mechanism, String user, Secret password, byte[] salt, int iterations) {
        Source source =
                new Source(mechanism, user, Base64.getEncoder().encodeToString(salt), iterations);
        synchronized (kept) {
            byte[] known = kept.get(source);
            if (known != null) {
                return known.clone();
            }
        }
        byte[] derived = derived(mechanism, password, salt, iterations);
        synchronized (kept) {
            if (kept.size() >= MAX_KEPT) {
                kept.remove(kept.keySet().iterator().next());
            }
            kept.put(source, derived.clone());
        }
        return derived;
    }

    private static byte[] derived(
            SaslMechanism mechanism, Secret password, byte[] salt, int iterations) {
        PBEKeySpec spec =
                new PBEKeySpec(
                        password.reveal().toCharArray(), salt, iterations, Scram.bits(mechanism));
        try {
            return SecretKeyFactory.getInstance(mechanism.derivation())
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(mechanism + " is not in this Java", e);
        } finally {
            spec.clearPassword();
        }
    }
}
