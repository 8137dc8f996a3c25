package dev.understudy.mysql.login;

import dev.understudy.protocol.Secret;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;

/** The login methods that a token can be made for, with what that token is. */
enum AuthMethod {
    /** {@code SHA1(p) XOR SHA1(nonce ‖ SHA1(SHA1(p)))}. */
    NATIVE_PASSWORD("mysql_native_password") {
        @Override
        byte[] token(byte[] password, byte[] nonce) {
            byte[] once = digest("SHA-1", password);
            byte[] stored = digest("SHA-1", once);
            return xor(once, digest("SHA-1", nonce, stored));
        }
    },
    /** {@code SHA256(p) XOR SHA256(SHA256(SHA256(p)) ‖ nonce)}. */
    CACHING_SHA2("caching_sha2_password") {
        @Override
        byte[] token(byte[] password, byte[] nonce) {
            byte[] once = digest("SHA-256", password);
            byte[] cached = digest("SHA-256", once);
            return xor(once, digest("SHA-256", cached, nonce));
        }
    };

    /** Bytes of the nonce that either method takes. */
    static final int NONCE_LENGTH = 20;

    private final String plugin;

    AuthMethod(String plugin) {
        this.plugin = plugin;
    }

    /** The method of this name, if it is one of ours. */
    static Optional<AuthMethod> named(String plugin) {
        return Arrays.stream(values()).filter(method -> method.plugin.equals(plugin)).findFirst();
    }

    /** The name on the wire. */
    String plugin() {
        return plugin;
    }

    /**
     * The answer to a nonce; empty for an empty password.
     *
     * @param nonce at least {@link #NONCE_LENGTH} bytes, of which the first count
     */
    ByteBuf token(Secret password, ByteBuf nonce) {
        byte[] clear = password.reveal().getBytes(StandardCharsets.UTF_8);
        if (clear.length == 0) {
            return Unpooled.EMPTY_BUFFER;
        }
        byte[] salt = new byte[NONCE_LENGTH];
        nonce.getBytes(nonce.readerIndex(), salt);
        return Unpooled.wrappedBuffer(token(clear, salt));
    }

    /** Whether a token is what this password gives; of an empty one a lone NUL may travel too. */
    boolean verifies(Secret password, ByteBuf nonce, ByteBuf token) {
        if (nonce.readableBytes() < NONCE_LENGTH) {
            return false;
        }
        boolean loneNul = token.readableBytes() == 1 && token.getByte(token.readerIndex()) == 0;
        return token(password, nonce).equals(loneNul ? Unpooled.EMPTY_BUFFER : token);
    }

    abstract byte[] token(byte[] password, byte[] nonce);

    static byte[] digest(String algorithm, byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm);
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK lacks " + algorithm, e);
        }
    }

    static byte[] xor(byte[] left, byte[] right) {
        byte[] result = left.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] ^= right[i];
        }
        return result;
    }
}
