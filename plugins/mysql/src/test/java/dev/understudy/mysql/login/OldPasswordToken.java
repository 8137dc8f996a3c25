package dev.understudy.mysql.login;

import java.nio.charset.StandardCharsets;

/** What a user is to answer, for stories of other packages. */
public final class OldPasswordToken {
    private OldPasswordToken() {}

    /** As {@link OldPassword#token}. */
    public static byte[] of(String password, byte[] nonce) {
        return OldPassword.token(password.getBytes(StandardCharsets.UTF_8), nonce);
    }
}
