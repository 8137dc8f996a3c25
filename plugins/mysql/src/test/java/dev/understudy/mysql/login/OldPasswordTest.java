package dev.understudy.mysql.login;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OldPasswordTest {
    /** From go-sql-driver, auth_test.go (TestScrambleOldPass). */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    " pass "               | 47575c5a435b4251
                    "pass "                | 47575c5a435b4251
                    "123\t456"             | 575c47505b5b5559
                    "C0mpl!ca ted#PASS123" | 5d5d554849584a45
                    ""                     | ""
                    """)
    void givesTheTokenThatOthersGive(String password, String token) {
        byte[] made =
                OldPassword.token(
                        password.getBytes(StandardCharsets.UTF_8),
                        new byte[] {9, 8, 7, 6, 5, 4, 3, 2});
        assertEquals(token.isEmpty() ? "" : token + "00", HexFormat.of().formatHex(made));
    }
}
