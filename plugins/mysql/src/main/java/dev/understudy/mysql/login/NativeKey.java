package dev.understudy.mysql.login;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.Optional;

/**
 * {@code SHA1(password)}, which is all that {@code mysql_native_password} needs. A captured token
 * gives it away to whoever knows the hash that the server stores.
 */
final class NativeKey {
    /** Bytes of each of the method's values. */
    static final int LENGTH = 20;

    private final byte[] once;

    private NativeKey(byte[] once) {
        this.once = once;
    }

    /** Reads a stored hash, {@code *} and 40 hexadecimal digits; empty where it is none. */
    static Optional<byte[]> storedHash(String text) {
        return text.matches("\\*[0-9A-Fa-f]{40}")
                ? Optional.of(HexFormat.of().parseHex(text.substring(1)))
                : Optional.empty();
    }

    /**
     * What a captured token was made of; empty where it was made of another password than the one
     * that this hash is stored for.
     */
    static Optional<NativeKey> of(byte[] storedHash, ByteBuf nonce, ByteBuf token) {
        if (token.readableBytes() != LENGTH || nonce.readableBytes() < LENGTH) {
            return Optional.empty();
        }
        byte[] once =
                AuthMethod.xor(bytes(token), AuthMethod.digest("SHA-1", bytes(nonce), storedHash));
        return java.security.MessageDigest.isEqual(AuthMethod.digest("SHA-1", once), storedHash)
                ? Optional.of(new NativeKey(once))
                : Optional.empty();
    }

    /** The answer to a nonce. */
    ByteBuf token(ByteBuf nonce) {
        byte[] stored = AuthMethod.digest("SHA-1", once);
        return Unpooled.wrappedBuffer(
                AuthMethod.xor(once, AuthMethod.digest("SHA-1", bytes(nonce), stored)));
    }

    private static byte[] bytes(ByteBuf of) {
        byte[] bytes = new byte[LENGTH];
        of.getBytes(of.readerIndex(), bytes);
        return bytes;
    }
}
