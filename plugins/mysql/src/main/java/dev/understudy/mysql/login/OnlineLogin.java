package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.Secret;
import io.netty.buffer.ByteBuf;
import java.util.Optional;

/** A captured login that came to its good end, and what is to be known of it. */
public final class OnlineLogin {
    private final ServerSide server;
    private final HandshakeResponse response;
    private final Challenge challenge;
    private final int status;

    /**
     * A token with what it was made over.
     *
     * @param plugin the login method's name
     */
    record Challenge(String plugin, ByteBuf nonce, ByteBuf token) {
        Challenge answered(ByteBuf answer) {
            return new Challenge(plugin, nonce, answer);
        }
    }

    OnlineLogin(ServerSide server, HandshakeResponse response, Challenge challenge, int status) {
        this.server = server;
        this.response = response;
        this.challenge = challenge;
        this.status = status;
    }

    /** The online server, as the commands need it. */
    public ServerSide server() {
        return server;
    }

    /** The {@code STATUS_} bits of the OK packet that let the client in. */
    public int status() {
        return status;
    }

    /** The user's name in production. */
    public String user() {
        return response.user();
    }

    Challenge challenge() {
        return challenge;
    }

    /** Whether a user that is configured by a stored hash can be let in with what was captured. */
    public boolean lacksKeyFor(TargetUser target) {
        return target.hash().isPresent() && nativeKey(target).isEmpty();
    }

    /** What the captured token and the user's stored hash come to; empty for other users. */
    Optional<NativeKey> nativeKey(TargetUser target) {
        return challenge.plugin().equals(AuthMethod.NATIVE_PASSWORD.plugin())
                ? target.hash()
                        .flatMap(hash -> NativeKey.storedHash(hash.reveal()))
                        .flatMap(hash -> NativeKey.of(hash, challenge.nonce(), challenge.token()))
                : Optional.empty();
    }

    HandshakeResponse response() {
        return response;
    }

    /**
     * Whether the captured token was made of another password than this one; false also where the
     * method leaves nothing to check by.
     */
    public boolean contradicts(Secret password) {
        return AuthMethod.named(challenge.plugin())
                .map(method -> !method.verifies(password, challenge.nonce(), challenge.token()))
                .orElse(false);
    }
}
