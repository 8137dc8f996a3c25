package dev.understudy.mysql.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Secret;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class AuthMethodTest {
    /**
     * The first is go-sql-driver's, auth_test.go; the second was made with MariaDB 11.8's SHA1().
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "caching_sha2_password,"
                + " f490e76f66d9d86665ce54d98c78d0acfe2fb0b08b423da807144873d30b312c",
        "mysql_native_password, 6a149bdd80bda1ebf0fa2bd2cf2e9717fecc34bb"
    })
    void givesTheTokenThatOthersGive(String plugin, String token) {
        AuthMethod method = AuthMethod.named(plugin).orElseThrow();
        assertEquals(
                token,
                ByteBufUtil.hexDump(method.token(new Secret("secret"), ServerPackets.NONCE)));
    }

    @ParameterizedTest
    @EnumSource
    void verifiesItsOwnTokenAndNoOther(AuthMethod method) {
        Secret right = new Secret("pässword");
        var token = method.token(right, ServerPackets.NONCE);
        assertTrue(method.verifies(right, ServerPackets.NONCE, token));
        assertFalse(method.verifies(new Secret("password"), ServerPackets.NONCE, token));
        assertFalse(method.verifies(right, ServerPackets.OTHER_NONCE, token));
        assertFalse(method.verifies(right, Unpooled.EMPTY_BUFFER, token));
        assertFalse(method.verifies(right, ServerPackets.NONCE, Unpooled.EMPTY_BUFFER));
    }

    @ParameterizedTest
    @EnumSource
    void anEmptyPasswordIsNoBytesOrALoneNul(AuthMethod method) {
        Secret empty = new Secret("");
        assertEquals(Unpooled.EMPTY_BUFFER, method.token(empty, ServerPackets.NONCE));
        assertTrue(method.verifies(empty, ServerPackets.NONCE, Unpooled.EMPTY_BUFFER));
        assertTrue(
                method.verifies(empty, ServerPackets.NONCE, Unpooled.wrappedBuffer(new byte[1])));
    }

    @Test
    void othersAreNotOurs() {
        assertEquals(Optional.empty(), AuthMethod.named("sha256_password"));
        assertEquals(Optional.empty(), AuthMethod.named(""));
    }
}
