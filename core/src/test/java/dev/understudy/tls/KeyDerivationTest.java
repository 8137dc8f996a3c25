package dev.understudy.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.security.GeneralSecurityException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyDerivationTest {
    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    /** RFC 8448, section 3. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "server handshake, b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38,"
                + " 3fce516009c21727d0f2e4e86ee403bc, 5d313eb2671276ee13000b30",
        "client handshake, b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21,"
                + " dbfaa693d1762c5b666af5d950258d01, 5bd3c71b836e0b76bb73265f"
    })
    void keysOfTls13AreThoseOfTheStandard(String name, String secret, String key, String iv)
            throws GeneralSecurityException {
        CipherSuite.Hash hash = CipherSuite.Hash.SHA256;
        assertEquals(
                key,
                HexFormat.of().formatHex(KeyDerivation.expandLabel(hash, hex(secret), "key", 16)),
                name);
        assertEquals(
                iv,
                HexFormat.of().formatHex(KeyDerivation.expandLabel(hash, hex(secret), "iv", 12)));
    }

    /** The test vector that the IETF's list of TLS has for P_SHA256. */
    @Test
    void thePrfOfTls12IsThatOfTheKnownVector() throws GeneralSecurityException {
        byte[] made =
                KeyDerivation.prf(
                        CipherSuite.Hash.SHA256,
                        hex("9bbe436ba940f017b17652849a71db35"),
                        "test label",
                        hex("a0ba9f936cda311827a6f796ffd5198c"),
                        100);
        assertEquals(
                "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9"
                        + "c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f"
                        + "796789baa48082d122ee42c5a72e5a5110fff70187347b66",
                HexFormat.of().formatHex(made));
    }
}
