package dev.understudy.mysql.login;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Secret;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Cipher;
import org.junit.jupiter.api.Test;

class PasswordSealTest {
    @Test
    void onlyTheOwnerOfTheKeyReadsThePassword() throws Exception {
        KeyPair pair = rsa(2048);
        ByteBuf sealed = seal(pem(pair.getPublic()), "target-pw").orElseThrow();
        byte[] clear = decrypt(pair, sealed);
        byte[] nonce = new byte[20];
        ServerPackets.NONCE.getBytes(0, nonce);
        for (int i = 0; i < clear.length; i++) {
            clear[i] ^= nonce[i % 20];
        }
        assertArrayEquals("target-pw\0".getBytes(StandardCharsets.UTF_8), clear);
    }

    @Test
    void theKeyOfARealServerIsTaken() {
        ByteBuf answer = Transcript.of("full-authentication").payload(4);
        ByteBuf pem = answer.slice(1, answer.readableBytes() - 1);
        assertEquals(256, seal(pem, "target-pw").orElseThrow().readableBytes());
    }

    @Test
    void aPasswordTooLongForTheKeyIsNotSent() throws Exception {
        ByteBuf pem = pem(rsa(1024).getPublic());
        assertTrue(seal(pem, "p".repeat(85)).isPresent());
        assertEquals(Optional.empty(), seal(pem, "p".repeat(86)));
    }

    @Test
    void keysOutsideTheBoundsAreRefused() throws Exception {
        assertEquals("an RSA key of 512 bits", refusal(pem(modulus(512))));
        assertEquals("an RSA key of 8200 bits", refusal(pem(modulus(8200))));
        assertEquals(
                "an RSA key of 8193 bytes of PEM text",
                refusal(Unpooled.wrappedBuffer(new byte[PasswordSeal.MAX_PEM_BYTES + 1])));
    }

    @Test
    void whatIsNoRsaKeyIsRefused() throws Exception {
        assertEquals("no RSA key in PEM text", refusal(Unpooled.EMPTY_BUFFER));
        assertEquals("no RSA key in PEM text", refusal(text("-----BEGIN PUBLIC KEY-----\nAAAA")));
        assertEquals(
                "not an RSA key",
                refusal(text("-----BEGIN PUBLIC KEY-----\n*\n-----END PUBLIC KEY-----")));
        assertEquals(
                "no RSA key in PEM text",
                refusal(text("-----BEGIN PUBLIC KEY-----END PUBLIC KEY-----")));
        KeyPair other = KeyPairGenerator.getInstance("EC").generateKeyPair();
        assertEquals("not an RSA key", refusal(pem(other.getPublic())));
    }

    static ByteBuf pem(PublicKey key) {
        return text(
                "-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(key.getEncoded())
                        + "\n-----END PUBLIC KEY-----\n");
    }

    static KeyPair rsa(int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    static byte[] decrypt(KeyPair pair, ByteBuf sealed) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
        cipher.init(Cipher.DECRYPT_MODE, pair.getPrivate());
        byte[] bytes = new byte[sealed.readableBytes()];
        sealed.getBytes(sealed.readerIndex(), bytes);
        return cipher.doFinal(bytes);
    }

    private static PublicKey modulus(int bits) throws GeneralSecurityException {
        BigInteger modulus = BigInteger.ONE.shiftLeft(bits - 1).add(BigInteger.ONE);
        return KeyFactory.getInstance("RSA")
                .generatePublic(new RSAPublicKeySpec(modulus, BigInteger.valueOf(65537)));
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    private static Optional<ByteBuf> seal(ByteBuf pem, String password) {
        return ((Decoded.Complete<PasswordSeal>) PasswordSeal.decode(pem))
                .message()
                .seal(new Secret(password), ServerPackets.NONCE);
    }

    private static String refusal(ByteBuf pem) {
        return ((Decoded.Malformed<PasswordSeal>) PasswordSeal.decode(pem)).reason();
    }
}
