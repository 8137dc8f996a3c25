package dev.understudy.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** How both versions make keys of secrets, by the JDK's HMAC and HKDF. */
final class KeyDerivation {
    /** The name of a key that is no cipher's. */
    private static final String RAW = "Generic";

    private KeyDerivation() {}

    /** HKDF-Expand-Label with an empty context (RFC 8446, section 7.1). */
    static byte[] expandLabel(CipherSuite.Hash hash, byte[] secret, String label, int length)
            throws GeneralSecurityException {
        ByteBuf info = Unpooled.buffer();
        byte[] name = ("tls13 " + label).getBytes(StandardCharsets.US_ASCII);
        info.writeShort(length).writeByte(name.length).writeBytes(name).writeByte(0);
        byte[] bytes = new byte[info.readableBytes()];
        info.readBytes(bytes);
        return KDF.getInstance(hash.kdf())
                .deriveData(
                        HKDFParameterSpec.expandOnly(
                                new SecretKeySpec(secret, RAW), bytes, length));
    }

    /** The pseudorandom function of TLS 1.2 (RFC 5246, section 5): as many bytes as asked for. */
    static byte[] prf(CipherSuite.Hash hash, byte[] secret, String label, byte[] seed, int length)
            throws GeneralSecurityException {
        Mac mac = Mac.getInstance(hash.mac());
        mac.init(new SecretKeySpec(secret, RAW));
        byte[] name = label.getBytes(StandardCharsets.US_ASCII);
        byte[] labelled = Arrays.copyOf(name, name.length + seed.length);
        System.arraycopy(seed, 0, labelled, name.length, seed.length);
        byte[] block = labelled;
        byte[] out = new byte[length];
        for (int at = 0; at < length; at += hash.length()) {
            block = mac.doFinal(block);
            mac.update(block);
            byte[] part = mac.doFinal(labelled);
            System.arraycopy(part, 0, out, at, Math.min(part.length, length - at));
        }
        return out;
    }
}
