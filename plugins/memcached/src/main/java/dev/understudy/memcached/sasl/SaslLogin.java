package dev.understudy.memcached.sasl;

import dev.understudy.protocol.Secret;
import java.util.function.Supplier;

/** One login, as the client's side of one mechanism. */
public sealed interface SaslLogin permits PlainLogin, ScramLogin {
    /** The message that opens the login; sent once, the array is the caller's. */
    byte[] first();

    /** The server wants more (status 0x21). */
    SaslStep onContinue(byte[] message);

    /** The server says that the login is done (status 0x00), maybe with a last message. */
    SaslStep onSuccess(byte[] message);

    /**
     * A login by a mechanism.
     *
     * @param keys what was derived before, shared by the logins of one user
     * @param nonces printable texts without a comma, never the same one twice
     * @throws IllegalArgumentException where the user's name or password may not stand in it
     */
    static SaslLogin of(
            SaslMechanism mechanism,
            String user,
            Secret password,
            ScramKeys keys,
            Supplier<String> nonces) {
        return switch (mechanism) {
            case PLAIN -> new PlainLogin(user, password);
            case SCRAM_SHA_1, SCRAM_SHA_256, SCRAM_SHA_512 ->
                    new ScramLogin(mechanism, user, password, keys, nonces.get());
        };
    }
}
