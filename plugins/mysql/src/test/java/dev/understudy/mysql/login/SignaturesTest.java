package dev.understudy.mysql.login;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Secret;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Answers that are signatures, and the one that is made from a hash. */
class SignaturesTest {
    private static final ByteBuf NONCE =
            Unpooled.wrappedBuffer(
                    HexFormat.of().parseHex("0a2f4a6f4b492230584c724a250d035052021715"));

    /** The vector of MariaDB's own connectors. */
    @Test
    void ed25519SignsWithThePasswordItself() {
        byte[] nonce = new byte[32];
        Arrays.fill(nonce, (byte) 'A');
        assertEquals(
                "e83dc93f433f33355649ee23aa7592d61a1123090884f58d3063423a24e4305473febba858a2f93923554feea76a44753887ab2f140e854f0fe57ca0b0648a0e",
                HexFormat.of()
                        .formatHex(Ed25519.sign("foobar".getBytes(StandardCharsets.UTF_8), nonce)));
    }

    @Test
    void ofThirtyTwoBytesTheSignatureIsTheJdks() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
        for (int i = 0; i < 8; i++) {
            var pair = generator.generateKeyPair();
            byte[] seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
            byte[] message = BigInteger.valueOf(i).pow(40).toByteArray();
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(pair.getPrivate());
            signature.update(message);
            assertArrayEquals(signature.sign(), Ed25519.sign(seed, message));
        }
    }

    @Test
    void parsecSignsBothNonces() throws Exception {
        ByteBuf data = Unpooled.buffer().writeByte('P').writeByte(0).writeZero(18);
        byte[] server = {
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
            25, 26, 27, 28, 29, 30, 31, 32
        };
        byte[] own = new byte[32];
        byte[] answer = Parsec.answer(new Secret("secret"), data, server, own).orElseThrow();
        assertEquals(96, answer.length);
        assertArrayEquals(own, Arrays.copyOf(answer, 32));
        byte[] seed =
                javax.crypto.SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                        .generateSecret(
                                new javax.crypto.spec.PBEKeySpec(
                                        "secret".toCharArray(), new byte[18], 1024, 256))
                        .getEncoded();
        Signature jdk = Signature.getInstance("Ed25519");
        jdk.initSign(
                KeyFactory.getInstance("Ed25519")
                        .generatePrivate(
                                new java.security.spec.EdECPrivateKeySpec(
                                        NamedParameterSpec.ED25519, seed)));
        jdk.update(server);
        jdk.update(own);
        assertArrayEquals(jdk.sign(), Arrays.copyOfRange(answer, 32, 96));
    }

    @Test
    void parsecIsCutOrTooDearAtEveryOtherByte() {
        byte[] server = new byte[32];
        ByteBuf data = Unpooled.buffer().writeByte('P').writeByte(0).writeZero(18);
        for (int cut = 0; cut < data.readableBytes(); cut++) {
            assertEquals(
                    Optional.empty(),
                    Parsec.answer(new Secret("x"), data.slice(0, cut), server),
                    "cut at " + cut);
        }
        data.setByte(1, Parsec.MAX_FACTOR + 1);
        assertEquals(Optional.empty(), Parsec.answer(new Secret("x"), data, server));
    }

    @Test
    void aStoredHashAndACapturedTokenOpenTheNextChallenge() {
        byte[] hash =
                NativeKey.storedHash("*14E65567ABDB5135D0CFD9A70B3032C179A49EE7").orElseThrow();
        Secret password = new Secret("secret");
        ByteBuf token = AuthMethod.NATIVE_PASSWORD.token(password, NONCE);
        ByteBuf other = Unpooled.copiedBuffer("another nonce, 20 by", StandardCharsets.US_ASCII);
        NativeKey key = NativeKey.of(hash, NONCE, token).orElseThrow();
        assertEquals(AuthMethod.NATIVE_PASSWORD.token(password, other), key.token(other));
        assertTrue(NativeKey.of(hash, other, token).isEmpty());
        assertTrue(NativeKey.storedHash("*14E6").isEmpty());
    }

    @Test
    void hostsFitByTheServersWildcards() {
        assertTrue(HostPattern.matches("10.1.%", "10.1.2.3"));
        assertTrue(HostPattern.matches("10.1.2._", "10.1.2.3"));
        assertTrue(!HostPattern.matches("10.1.%", "1011112.3"));
        assertTrue(HostPattern.matches("%", "::1"));
    }

    @Test
    void aChangeOfUserIsReadAsItIsWritten() {
        HandshakeResponse login =
                new HandshakeResponse(
                        new dev.understudy.mysql.wire.Capabilities(0x1d81fff7feL),
                        1 << 24,
                        255,
                        "größe",
                        Unpooled.wrappedBuffer(new byte[] {1, 2, 3}),
                        Unpooled.copiedBuffer("shop", StandardCharsets.UTF_8),
                        "a_plugin",
                        Unpooled.copiedBuffer("\001a\001b", StandardCharsets.UTF_8));
        ByteBuf payload = Unpooled.buffer();
        ChangeUser.encode(login, payload);
        var decoded =
                (dev.understudy.protocol.Decoded.Complete<HandshakeResponse>)
                        ChangeUser.decode(payload, login);
        assertEquals(login, decoded.message());
        for (int cut = 0; cut < payload.readableBytes(); cut++) {
            // Whatever is missing, it is said or left out, and never read past the end.
            ChangeUser.decode(payload.slice(0, cut), login);
        }
    }
}
