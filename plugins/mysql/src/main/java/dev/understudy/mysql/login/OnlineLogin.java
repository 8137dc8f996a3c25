package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Collation;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.mysql.wire.ServerVersion;
import dev.understudy.protocol.Secret;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Optional;

/** A captured login that came to its good end, and what is to be known of it. */
public final class OnlineLogin {
    /** Which every server knows. */
    private static final int UTF8MB4_GENERAL_CI = 45;

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

    /**
     * The login of a connection that was open before anybody looked: what it was like is known from
     * elsewhere, and its token is not.
     *
     * @param collation of the connection, by its name; one that no login can name gives utf8mb4
     * @param database empty for none
     * @param status the {@code STATUS_} bits of the last answer
     */
    public static OnlineLogin ofOpen(
            ServerVersion version,
            long threadId,
            Capabilities capabilities,
            String collation,
            String user,
            String database,
            int status) {
        Collation named = Collations.named(collation);
        ServerSide server =
                new ServerSide(
                        version,
                        threadId,
                        capabilities,
                        named.isKnown() ? named : Collations.of(version, UTF8MB4_GENERAL_CI),
                        Collation.unknown(0));
        return new OnlineLogin(
                server,
                HandshakeResponse.ofOpen(server, user, database),
                new Challenge("", Unpooled.EMPTY_BUFFER, Unpooled.EMPTY_BUFFER),
                status);
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

    /** The database that the login asked for; empty for none. */
    public String database() {
        return response.databaseText();
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
                // What a change of user proves itself by is not known where the greeting was
                // missed.
                .filter(_ -> challenge.nonce().isReadable())
                .map(method -> !method.verifies(password, challenge.nonce(), challenge.token()))
                .orElse(false);
    }
}
