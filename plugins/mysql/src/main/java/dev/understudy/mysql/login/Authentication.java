package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Secret;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Proves to the target who we are, by whatever method it asks for, be it in a login or in a change
 * of user. A change of method is followed whenever it comes, with the nonce that came with it. A
 * password leaves in clear inside TLS only.
 */
final class Authentication {
    /** No server has this, so each answers with the method that the account really has. */
    static final String NO_SUCH_PLUGIN = "auth_unknown_plugin";

    private static final String SHA256_PASSWORD = "sha256_password";
    private static final String ED25519 = "client_ed25519";
    private static final String CLEAR_PASSWORD = "mysql_clear_password";
    private static final int ED25519_NONCE_LENGTH = 32;
    private static final byte[] EMPTY_PASSWORD = {0};

    /** What a packet led to. */
    sealed interface Step {
        /** It goes on. */
        record Going() implements Step {}

        /** The target let us in. */
        record Accepted() implements Step {}

        /** It cannot be done. */
        record Failed(String reason, String detail) implements Step {}
    }

    private sealed interface Phase {
        /** No token was sent: the target will name the method. */
        record Method() implements Phase {}

        /** A token was sent. */
        record Token(AuthMethod method, ByteBuf nonce) implements Phase {}

        /** The target's RSA key was asked for. */
        record Key(ByteBuf nonce) implements Phase {}

        /** What the key is to be derived with was asked for. */
        record Salt(ByteBuf nonce) implements Phase {}

        /** All was sent; OK or ERR will follow. */
        record Outcome() implements Phase {}
    }

    /** What a login packet begins with: a method and what answers its nonce. */
    record First(String plugin, ByteBuf token) {}

    private record Turn(Phase next, Step step) {}

    private final TargetUser user;
    private final Optional<NativeKey> nativeKey;
    private final boolean tls;
    private Phase phase = new Phase.Method();

    /** That of the greeting, which counts where a change of method brings none. */
    private ByteBuf greeted = Unpooled.EMPTY_BUFFER;

    /**
     * @param nativeKey what takes the password's place where the user has none configured
     */
    Authentication(TargetUser user, Optional<NativeKey> nativeKey, boolean tls) {
        this.user = user;
        this.nativeKey = nativeKey;
        this.tls = tls;
    }

    /** Begins with the method that the target prefers, if that takes one token and no more. */
    First begin(String plugin, ByteBuf nonce) {
        greeted = nonce;
        // Of 20 bytes of nonce nothing can be missing, or the token would be over something else.
        Optional<AuthMethod> method =
                nonce.readableBytes() < AuthMethod.NONCE_LENGTH
                        ? Optional.empty()
                        : AuthMethod.named(plugin).filter(this::hasTokenFor);
        phase =
                method.<Phase>map(known -> new Phase.Token(known, nonce))
                        .orElseGet(Phase.Method::new);
        return method.map(known -> new First(known.plugin(), token(known, nonce)))
                .orElseGet(Authentication::unknown);
    }

    /** Begins without a token, so that the target names the account's method. */
    static First unknown() {
        return new First(NO_SUCH_PLUGIN, Unpooled.wrappedBuffer(new byte[1]));
    }

    /** Takes the target's answer, which is no ERR; what is to be sent goes to {@code out}. */
    Step on(int header, ByteBuf payload, int sequence, List<SessionAction> out) {
        Turn turn =
                switch (header) {
                    case OkPacket.HEADER -> new Turn(phase, new Step.Accepted());
                    case AuthSwitch.HEADER -> switched(payload, sequence, out);
                    case AuthExchange.MORE_DATA -> moreData(payload, sequence, out);
                    case AuthExchange.NEXT_FACTOR ->
                            unsupported("a second factor (multi-factor authentication)");
                    default ->
                            malformed("an answer to a login that begins with %d".formatted(header));
                };
        phase = turn.next();
        return turn.step();
    }

    private boolean hasTokenFor(AuthMethod method) {
        return nativeKey.isEmpty() || method == AuthMethod.NATIVE_PASSWORD;
    }

    private ByteBuf token(AuthMethod method, ByteBuf nonce) {
        return nativeKey
                .map(key -> key.token(nonce))
                .orElseGet(() -> method.token(user.password(), nonce));
    }

    private Turn switched(ByteBuf payload, int sequence, List<SessionAction> out) {
        return switch (AuthSwitch.decode(payload)) {
            case Decoded.Complete<AuthSwitch>(AuthSwitch wish, int _) -> {
                boolean prepared =
                        nativeKey.isEmpty()
                                || wish.plugin().equals(AuthMethod.NATIVE_PASSWORD.plugin());
                if (!prepared) {
                    yield failed(
                            "login-method",
                            ("the target wants %s of '%s', and a hash opens mysql_native_password"
                                            + " only: set its password instead")
                                    .formatted(wish.plugin(), user.name()));
                }
                yield answer(wish.plugin(), wish.nonce().copy(), sequence, out);
            }
            case Decoded.Incomplete<AuthSwitch> _ -> malformed("a change of method that is cut");
            case Decoded.Malformed<AuthSwitch>(int _, String reason) -> malformed(reason);
        };
    }

    private Turn answer(String plugin, ByteBuf nonce, int sequence, List<SessionAction> out) {
        Optional<AuthMethod> byToken = AuthMethod.named(plugin);
        int needed =
                switch (plugin) {
                    case ED25519, Parsec.PLUGIN -> ED25519_NONCE_LENGTH;
                    case SHA256_PASSWORD -> AuthMethod.NONCE_LENGTH;
                    default -> byToken.isPresent() ? AuthMethod.NONCE_LENGTH : 0;
                };
        if (nonce.readableBytes() < needed) {
            return malformed("a nonce of %d bytes".formatted(nonce.readableBytes()));
        }
        if (byToken.isPresent()) {
            send(sequence, token(byToken.get(), nonce), out);
            return going(new Phase.Token(byToken.get(), nonce));
        }
        return switch (plugin) {
            case SHA256_PASSWORD -> sha256(nonce, sequence, out);
            case ED25519 -> {
                byte[] signature =
                        Ed25519.sign(
                                user.password().reveal().getBytes(StandardCharsets.UTF_8),
                                ByteBufUtil.getBytes(nonce));
                send(sequence, Unpooled.wrappedBuffer(signature), out);
                yield going(new Phase.Outcome());
            }
            case Parsec.PLUGIN -> {
                send(sequence, Unpooled.EMPTY_BUFFER, out);
                yield going(new Phase.Salt(nonce));
            }
            case OldPassword.PLUGIN -> old(nonce.isReadable() ? nonce : greeted, sequence, out);
            case CLEAR_PASSWORD -> {
                if (!tls) {
                    yield failed(
                            "login-method",
                            ("the target wants the password of '%s' in clear"
                                            + " (mysql_clear_password): set mysql.target-tls:"
                                            + " required, or map the user")
                                    .formatted(user.name()));
                }
                send(sequence, clear(), out);
                yield going(new Phase.Outcome());
            }
            default -> unsupported(plugin);
        };
    }

    private Turn old(ByteBuf nonce, int sequence, List<SessionAction> out) {
        if (!user.oldPassword()) {
            return failed(
                    "login-method",
                    ("the target wants mysql_old_password of '%s', whose tokens betray the"
                                    + " password: set mysql.users.<name>.old-password: true, or map"
                                    + " the user")
                            .formatted(user.name()));
        }
        if (nonce.readableBytes() < OldPassword.LENGTH) {
            return malformed("a nonce of %d bytes".formatted(nonce.readableBytes()));
        }
        byte[] token =
                OldPassword.token(
                        user.password().reveal().getBytes(StandardCharsets.UTF_8),
                        ByteBufUtil.getBytes(nonce, nonce.readerIndex(), OldPassword.LENGTH));
        send(sequence, Unpooled.wrappedBuffer(token), out);
        return going(new Phase.Outcome());
    }

    private ByteBuf clear() {
        return Unpooled.wrappedBuffer(PasswordSeal.clear(user.password()));
    }

    private Turn sha256(ByteBuf nonce, int sequence, List<SessionAction> out) {
        if (isEmpty(user.password())) {
            send(sequence, Unpooled.wrappedBuffer(EMPTY_PASSWORD), out);
            return going(new Phase.Outcome());
        }
        return whole(AuthExchange.SHA256_KEY_REQUEST, nonce, sequence, out);
    }

    private static boolean isEmpty(Secret password) {
        return password.reveal().isEmpty();
    }

    private Turn moreData(ByteBuf payload, int sequence, List<SessionAction> out) {
        ByteBuf data = payload.slice(payload.readerIndex() + 1, payload.readableBytes() - 1);
        return switch (phase) {
            case Phase.Token(AuthMethod method, ByteBuf nonce)
                    when method == AuthMethod.CACHING_SHA2 && data.readableBytes() == 1 ->
                    switch (data.getByte(0)) {
                        case AuthExchange.FAST_AUTH_SUCCESS -> going(new Phase.Outcome());
                        case AuthExchange.FULL_AUTH_NEEDED ->
                                whole(AuthExchange.KEY_REQUEST, nonce, sequence, out);
                        default -> malformed("an unknown step of caching_sha2_password");
                    };
            case Phase.Key(ByteBuf nonce) -> sealed(data, nonce, sequence, out);
            case Phase.Salt(ByteBuf nonce) ->
                    Parsec.answer(user.password(), data, ByteBufUtil.getBytes(nonce))
                            .map(
                                    answer -> {
                                        send(sequence, Unpooled.wrappedBuffer(answer), out);
                                        return going(new Phase.Outcome());
                                    })
                            .orElseGet(
                                    () ->
                                            malformed(
                                                    "a step of parsec that cannot be read, or asks"
                                                            + " for too much hashing"));
            case Phase.Method(), Phase.Token _, Phase.Outcome() ->
                    malformed("a step that the login method does not have");
        };
    }

    /** The whole password: inside TLS as it is, else under the target's RSA key. */
    private Turn whole(int keyRequest, ByteBuf nonce, int sequence, List<SessionAction> out) {
        if (tls) {
            send(sequence, clear(), out);
            return going(new Phase.Outcome());
        }
        send(sequence, Unpooled.wrappedBuffer(new byte[] {(byte) keyRequest}), out);
        return going(new Phase.Key(nonce));
    }

    private Turn sealed(ByteBuf pem, ByteBuf nonce, int sequence, List<SessionAction> out) {
        return switch (PasswordSeal.decode(pem)) {
            case Decoded.Complete<PasswordSeal>(PasswordSeal seal, int _) -> {
                Optional<ByteBuf> password = seal.seal(user.password(), nonce);
                if (password.isEmpty()) {
                    yield failed(
                            "login-method",
                            ("the target's RSA key cannot take the password of '%s': set"
                                            + " mysql.target-tls: required")
                                    .formatted(user.name()));
                }
                send(sequence, password.get(), out);
                yield going(new Phase.Outcome());
            }
            case Decoded.Incomplete<PasswordSeal> _ -> malformed("an RSA key that is cut");
            case Decoded.Malformed<PasswordSeal>(int _, String reason) -> malformed(reason);
        };
    }

    private Turn unsupported(String method) {
        return failed(
                "login-method",
                ("login method %s of '%s' on the target is not supported: map the user, by"
                                + " mysql.users, to one with caching_sha2_password or"
                                + " mysql_native_password")
                        .formatted(method, user.name()));
    }

    private static void send(int sequence, ByteBuf payload, List<SessionAction> out) {
        out.add(SessionAction.Send.plumbing(Packet.encoded(sequence & 0xFF, payload)));
    }

    private static Turn going(Phase next) {
        return new Turn(next, new Step.Going());
    }

    private static Turn malformed(String reason) {
        return failed("target-malformed", "the target's login: " + reason);
    }

    private static Turn failed(String reason, String detail) {
        return new Turn(new Phase.Outcome(), new Step.Failed(reason, detail));
    }
}
