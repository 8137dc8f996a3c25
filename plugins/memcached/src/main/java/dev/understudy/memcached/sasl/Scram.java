package dev.understudy.memcached.sasl;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The computations of RFC 5802, section 3. */
final class Scram {
    private Scram() {}

    /** Length of the hash, in bits. */
    static int bits(SaslMechanism mechanism) {
        return hash(mechanism, new byte[0]).length * Byte.SIZE;
    }

    /** ClientProof: ClientKey XOR HMAC(H(ClientKey), AuthMessage). */
    static byte[] proof(SaslMechanism mechanism, byte[] saltedPassword, String authMessage) {
        byte[] clientKey = hmac(mechanism, saltedPassword, "Client Key");
        byte[] proof = hmac(mechanism, hash(mechanism, clientKey), authMessage);
        for (int i = 0; i < proof.length; i++) {
            proof[i] ^= clientKey[i];
        }
        return proof;
    }

    /** ServerSignature: by it the server shows that it knows the password too. */
    static byte[] signature(SaslMechanism mechanism, byte[] saltedPassword, String authMessage) {
        return hmac(mechanism, hmac(mechanism, saltedPassword, "Server Key"), authMessage);
    }

    private static byte[] hash(SaslMechanism mechanism, byte[] message) {
        try {
            return MessageDigest.getInstance(mechanism.digest()).digest(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(mechanism + " is not in this Java", e);
        }
    }

    private static byte[] hmac(SaslMechanism mechanism, byte[] key, String message) {
        try {
            Mac mac = Mac.getInstance(mechanism.hmac());
            mac.init(new SecretKeySpec(key, mechanism.hmac()));
            return mac.doFinal(message.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(mechanism + " is not in this Java", e);
        }
    }
}
