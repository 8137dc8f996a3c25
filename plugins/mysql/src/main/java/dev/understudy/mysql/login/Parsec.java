package dev.understudy.mysql.login;

import dev.understudy.protocol.Secret;
import io.netty.buffer.ByteBuf;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * The answer to MariaDB's {@code parsec}: an Ed25519 signature of both sides' nonces, by a key that
 * is derived from the password.
 *
 * @see "MariaDB knowledge base, Authentication Plugin - PARSEC"
 */
final class Parsec {
    static final String PLUGIN = "parsec";

    /** Bytes of either side's nonce. */
    static final int NONCE_LENGTH = 32;

    /**
     * The server says how often to hash, as a power of two of 1024 times; beyond this, a quarter of
     * a million, a hostile server would keep an event loop busy.
     */
    static final int MAX_FACTOR = 8;

    private static final int KEY_BITS = 256;
    private static final int SALT_LENGTH = 18;
    private static final SecureRandom RANDOM = new SecureRandom();

    private Parsec() {}

    /**
     * Our nonce and the signature; empty where the server's packet is none of this method.
     *
     * @param data what followed the packet's first byte: {@code P}, the factor, the salt
     * @param serverNonce of {@link #NONCE_LENGTH} bytes
     */
    static Optional<byte[]> answer(Secret password, ByteBuf data, byte[] serverNonce) {
        byte[] nonce = new byte[NONCE_LENGTH];
        RANDOM.nextBytes(nonce);
        return answer(password, data, serverNonce, nonce);
    }

    static Optional<byte[]> answer(
            Secret password, ByteBuf data, byte[] serverNonce, byte[] ownNonce) {
        int at = data.readerIndex();
        if (data.readableBytes() != 2 + SALT_LENGTH
                || data.getByte(at) != 'P'
                || data.getUnsignedByte(at + 1) > MAX_FACTOR) {
            return Optional.empty();
        }
        byte[] salt = new byte[SALT_LENGTH];
        data.getBytes(at + 2, salt);
        byte[] seed = key(password, salt, 1024 << data.getUnsignedByte(at + 1));
        byte[] both = Arrays.copyOf(serverNonce, 2 * NONCE_LENGTH);
        System.arraycopy(ownNonce, 0, both, NONCE_LENGTH, NONCE_LENGTH);
        byte[] answer = Arrays.copyOf(ownNonce, NONCE_LENGTH + Ed25519.SIGNATURE_LENGTH);
        byte[] signature = Ed25519.sign(seed, both);
        System.arraycopy(signature, 0, answer, NONCE_LENGTH, signature.length);
        return Optional.of(answer);
    }

    private static byte[] key(Secret password, byte[] salt, int iterations) {
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                    .generateSecret(
                            new PBEKeySpec(
                                    password.reveal().toCharArray(), salt, iterations, KEY_BITS))
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks PBKDF2 with HMAC-SHA-512", e);
        }
    }
}
