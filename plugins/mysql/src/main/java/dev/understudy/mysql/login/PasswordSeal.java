package dev.understudy.mysql.login;

import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Secret;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Cipher;

/**
 * A server's RSA key, under which a password travels where there is no TLS: RSA-OAEP with SHA-1 and
 * MGF1-SHA1 of the password and a NUL, XORed with the nonce over and over.
 *
 * @see "MySQL, sql/auth/sha2_password.cc; RFC 8017, section 7.1"
 */
record PasswordSeal(RSAPublicKey key) {
    /** Bytes of PEM text that are looked at; a key of 8192 bits takes about 1500. */
    static final int MAX_PEM_BYTES = 8192;

    static final int MIN_KEY_BITS = 1024;
    static final int MAX_KEY_BITS = 8192;

    /** What OAEP with SHA-1 takes of a key's length, in bytes. */
    private static final int OAEP_OVERHEAD_BYTES = 42;

    private static final String BEGIN = "-----BEGIN PUBLIC KEY-----";
    private static final String END = "-----END PUBLIC KEY-----";

    /** Reads PEM text that fills the buffer; indices stay as they are. */
    static Decoded<PasswordSeal> decode(ByteBuf pem) {
        if (pem.readableBytes() > MAX_PEM_BYTES) {
            return new Decoded.Malformed<>(
                    0, "an RSA key of %d bytes of PEM text".formatted(pem.readableBytes()));
        }
        String text = pem.toString(StandardCharsets.US_ASCII);
        int begin = text.indexOf(BEGIN);
        // The two lines may not share their dashes.
        int from = begin + BEGIN.length();
        int end = text.indexOf(END, from);
        if (begin < 0 || end < 0) {
            return new Decoded.Malformed<>(0, "no RSA key in PEM text");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(text.substring(from, end));
            if (!(KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(der))
                    instanceof RSAPublicKey key)) {
                return new Decoded.Malformed<>(0, "not an RSA key");
            }
            int bits = key.getModulus().bitLength();
            return bits < MIN_KEY_BITS || bits > MAX_KEY_BITS
                    ? new Decoded.Malformed<>(0, "an RSA key of %d bits".formatted(bits))
                    : new Decoded.Complete<>(new PasswordSeal(key), pem.readableBytes());
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return new Decoded.Malformed<>(0, "not an RSA key");
        }
    }

    /**
     * The password under this key; empty where the key is too short for it.
     *
     * @param nonce at least {@link AuthMethod#NONCE_LENGTH} bytes, of which the first count
     */
    Optional<ByteBuf> seal(Secret password, ByteBuf nonce) {
        byte[] clear = clear(password);
        if (clear.length > (key.getModulus().bitLength() + 7) / 8 - OAEP_OVERHEAD_BYTES) {
            return Optional.empty();
        }
        for (int i = 0; i < clear.length; i++) {
            clear[i] ^= nonce.getByte(nonce.readerIndex() + i % AuthMethod.NONCE_LENGTH);
        }
        try {
            Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
            cipher.init(Cipher.ENCRYPT_MODE, key);
            return Optional.of(Unpooled.wrappedBuffer(cipher.doFinal(clear)));
        } catch (GeneralSecurityException e) {
            // An odd key, as one with an even modulus, is the server's fault and no bug of ours.
            return Optional.empty();
        }
    }

    /** The password and a NUL, as it may travel inside TLS. */
    static byte[] clear(Secret password) {
        return (password.reveal() + '\0').getBytes(StandardCharsets.UTF_8);
    }
}
