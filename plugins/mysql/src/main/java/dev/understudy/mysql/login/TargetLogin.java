package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Collation;
import dev.understudy.mysql.wire.ErrorPacket;
import dev.understudy.mysql.wire.LengthEncoded;
import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Our own login on the target, for a captured one: shown the target's packets, it says what to
 * send. The method that the target's greeting prefers is tried at once; a change of method is
 * followed whenever it comes, with the nonce that came with it. A password leaves in clear inside
 * TLS only.
 */
public final class TargetLogin {
    /** The longest payload a server may send during a login, in bytes. */
    public static final int MAX_PAYLOAD_BYTES = 64 * 1024;

    /** Packets of the target in one login; the longest honest one takes seven. */
    static final int MAX_PACKETS = 16;

    /** No server has this, so each answers with the method that the account really has. */
    private static final String NO_SUCH_PLUGIN = "auth_unknown_plugin";

    private static final byte[] OWN_ATTRIBUTE = attribute("_copier", "understudy");
    private static final int COM_QUERY = 3;

    /** How far the login is. */
    public sealed interface Progress {
        /** It goes on. */
        record Going() implements Progress {}

        /**
         * The target let us in.
         *
         * @param note what is other than in production; empty for nothing
         * @param afterReset the statement that gives the connection the collation that production's
         *     has after a reset, where the target's own would be another
         */
        record Accepted(ServerSide target, String note, Optional<String> afterReset)
                implements Progress {}

        /** The target refused. */
        record Refused(ErrorPacket error) implements Progress {}

        /** It cannot be done; with the words for a {@link SessionAction.LeaveOut}. */
        record Failed(String reason, String detail) implements Progress {}
    }

    private sealed interface Phase {
        record Greeting() implements Phase {}

        /** The login was sent without a token: the target will name the method. */
        record Method() implements Phase {}

        /** A token was sent. */
        record Token(AuthMethod method, ByteBuf nonce) implements Phase {}

        /** The target's RSA key was asked for. */
        record Key(ByteBuf nonce) implements Phase {}

        /** The whole password was sent; OK or ERR will follow. */
        record Outcome() implements Phase {}

        /** We are in; the collation is being set. */
        record SetNames(ServerSide target, String note) implements Phase {}

        record Over() implements Phase {}
    }

    private record Turn(Phase next, Progress progress) {}

    private final OnlineLogin captured;
    private final TargetUser user;
    private final boolean tls;
    private Phase phase = new Phase.Greeting();
    private int packets;
    private Capabilities agreed = Capabilities.NONE;
    private Greeting greeting;
    private Collations.Choice collation;

    /**
     * @param tls whether to turn to TLS before anything of the user is sent
     */
    public TargetLogin(OnlineLogin captured, TargetUser user, boolean tls) {
        this.captured = captured;
        this.user = user;
        this.tls = tls;
    }

    /** Takes the target's next packet; what is to be done at once goes to {@code out}. */
    public Progress on(Packet packet, List<SessionAction> out) {
        Turn turn =
                ++packets > MAX_PACKETS
                        ? malformed("a login of more than " + MAX_PACKETS + " packets")
                        : step(packet, out);
        phase = turn.next();
        return turn.progress();
    }

    private Turn step(Packet packet, List<SessionAction> out) {
        ByteBuf payload = packet.payload();
        int sequence = (packet.lastSequence() + 1) & 0xFF;
        int header = payload.isReadable() ? payload.getUnsignedByte(payload.readerIndex()) : -1;
        if (header == ErrorPacket.HEADER) {
            return refused(payload);
        }
        return switch (phase) {
            case Phase.Greeting() -> greeted(payload, sequence, out);
            case Phase.SetNames(ServerSide target, String note) ->
                    header == OkPacket.HEADER
                            ? over(new Progress.Accepted(target, note, afterReset()))
                            : malformed("no answer to SET NAMES");
            case Phase.Over() -> malformed("a packet after the login");
            case Phase.Method(), Phase.Token _, Phase.Key _, Phase.Outcome() ->
                    answered(header, payload, sequence, out);
        };
    }

    private Turn greeted(ByteBuf payload, int sequence, List<SessionAction> out) {
        return switch (Greeting.decode(payload)) {
            case Decoded.Complete<Greeting>(Greeting message, int _) -> {
                greeting = message;
                yield login(sequence, out);
            }
            case Decoded.Incomplete<Greeting> _ -> malformed("a greeting that is cut");
            case Decoded.Malformed<Greeting>(int _, String reason) -> malformed(reason);
        };
    }

    private Turn login(int sequence, List<SessionAction> out) {
        if (tls && !greeting.capabilities().has(Capabilities.SSL)) {
            return failed(
                    "target-tls",
                    "the target offers no TLS: switch it on there, or set mysql.target-tls: off");
        }
        Optional<Collations.Choice> choice =
                Collations.forTarget(captured.server().collation(), greeting.version());
        if (choice.isEmpty()) {
            return failed(
                    "collation",
                    "the target %s knows no character set of collation %d (%s)"
                            .formatted(
                                    greeting.version().text(),
                                    captured.server().collation().id(),
                                    captured.server().collation().name()));
        }
        collation = choice.get();
        agreed = TargetCapabilities.of(captured, greeting.capabilities(), tls);
        // Of 20 bytes of nonce nothing can be missing, or the token would be over something else.
        Optional<AuthMethod> method =
                greeting.nonce().readableBytes() < AuthMethod.NONCE_LENGTH
                        ? Optional.empty()
                        : AuthMethod.named(
                                agreed.has(Capabilities.PLUGIN_AUTH)
                                        ? greeting.plugin()
                                        : AuthMethod.NATIVE_PASSWORD.plugin());
        ByteBuf nonce = greeting.nonce();
        HandshakeResponse response =
                response(
                        method.map(known -> known.token(user.password(), nonce))
                                .orElseGet(() -> Unpooled.wrappedBuffer(new byte[1])),
                        method.map(AuthMethod::plugin).orElse(NO_SUCH_PLUGIN));
        int at = sequence;
        if (tls) {
            ByteBuf request = Unpooled.buffer();
            response.encodeSslRequest(request);
            send(at, request, out);
            out.add(new SessionAction.StartTls(SessionAction.MAIN_LANE));
            at++;
        }
        ByteBuf bytes = Unpooled.buffer();
        response.encode(bytes);
        send(at, bytes, out);
        return going(
                method.<Phase>map(known -> new Phase.Token(known, nonce))
                        .orElseGet(Phase.Method::new));
    }

    private HandshakeResponse response(ByteBuf token, String plugin) {
        HandshakeResponse asked = captured.response();
        return new HandshakeResponse(
                agreed,
                asked.maxPacket(),
                collation.atLogin().id(),
                user.name(),
                token,
                asked.database(),
                plugin,
                Unpooled.wrappedBuffer(
                        asked.attributes().duplicate(), Unpooled.wrappedBuffer(OWN_ATTRIBUTE)));
    }

    private Turn answered(int header, ByteBuf payload, int sequence, List<SessionAction> out) {
        return switch (header) {
            case OkPacket.HEADER -> accepted(out);
            case AuthSwitch.HEADER -> switched(payload, sequence, out);
            case AuthExchange.MORE_DATA -> moreData(payload, sequence, out);
            case AuthExchange.NEXT_FACTOR ->
                    unsupported("a second factor (multi-factor authentication)");
            default -> malformed("an answer to a login that begins with %d".formatted(header));
        };
    }

    private Turn switched(ByteBuf payload, int sequence, List<SessionAction> out) {
        return switch (AuthSwitch.decode(payload)) {
            case Decoded.Complete<AuthSwitch>(AuthSwitch wish, int _) -> {
                Optional<AuthMethod> method = AuthMethod.named(wish.plugin());
                if (method.isEmpty()) {
                    yield unsupported(wish.plugin());
                }
                if (wish.nonce().readableBytes() < AuthMethod.NONCE_LENGTH) {
                    yield malformed("a nonce of %d bytes".formatted(wish.nonce().readableBytes()));
                }
                ByteBuf nonce = wish.nonce().copy();
                send(sequence, method.get().token(user.password(), nonce), out);
                yield going(new Phase.Token(method.get(), nonce));
            }
            case Decoded.Incomplete<AuthSwitch> _ -> malformed("a change of method that is cut");
            case Decoded.Malformed<AuthSwitch>(int _, String reason) -> malformed(reason);
        };
    }

    private Turn moreData(ByteBuf payload, int sequence, List<SessionAction> out) {
        ByteBuf data = payload.slice(payload.readerIndex() + 1, payload.readableBytes() - 1);
        return switch (phase) {
            case Phase.Token(AuthMethod method, ByteBuf nonce)
                    when method == AuthMethod.CACHING_SHA2 && data.readableBytes() == 1 ->
                    switch (data.getByte(0)) {
                        case AuthExchange.FAST_AUTH_SUCCESS -> going(new Phase.Outcome());
                        case AuthExchange.FULL_AUTH_NEEDED -> full(nonce, sequence, out);
                        default -> malformed("an unknown step of caching_sha2_password");
                    };
            case Phase.Key(ByteBuf nonce) -> sealed(data, nonce, sequence, out);
            case Phase.Greeting(),
                    Phase.Method(),
                    Phase.Token _,
                    Phase.Outcome(),
                    Phase.SetNames _,
                    Phase.Over() ->
                    malformed("a step that the login method does not have");
        };
    }

    private Turn full(ByteBuf nonce, int sequence, List<SessionAction> out) {
        if (tls) {
            send(sequence, Unpooled.wrappedBuffer(PasswordSeal.clear(user.password())), out);
            return going(new Phase.Outcome());
        }
        send(sequence, Unpooled.wrappedBuffer(new byte[] {AuthExchange.KEY_REQUEST}), out);
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

    private Turn accepted(List<SessionAction> out) {
        Collation result = collation.result();
        ServerSide target =
                new ServerSide(
                        greeting.version(), greeting.threadId(), agreed, result, serverDefault());
        String note =
                result.name().equals(captured.server().collation().name())
                        ? ""
                        : ", with %s for %s"
                                .formatted(result.name(), captured.server().collation().name());
        note += TargetCapabilities.missing(captured, greeting.capabilities());
        if (!collation.setNames()) {
            return over(new Progress.Accepted(target, note, afterReset()));
        }
        ByteBuf query = Unpooled.buffer();
        query.writeByte(COM_QUERY);
        if (agreed.has(Capabilities.QUERY_ATTRIBUTES)) {
            // No attributes, in one set of them.
            query.writeByte(0).writeByte(1);
        }
        query.writeCharSequence(collation.statement(), StandardCharsets.US_ASCII);
        send(0, query, out);
        out.add(new SessionAction.Injected("set-names"));
        return going(new Phase.SetNames(target, note));
    }

    private Collation serverDefault() {
        return Collations.of(greeting.version(), greeting.collation());
    }

    /** A collation that the login could only come near to is not kept by any server. */
    private Optional<String> afterReset() {
        Collation left = greeting.version().isMariaDb() ? collation.atLogin() : serverDefault();
        return Collations.forTarget(captured.server().afterReset(), greeting.version())
                .filter(choice -> !choice.result().name().equals(left.name()))
                .map(Collations.Choice::statement);
    }

    private Turn refused(ByteBuf payload) {
        return switch (ErrorPacket.decode(payload)) {
            case Decoded.Complete<ErrorPacket>(ErrorPacket error, int _) ->
                    phase instanceof Phase.SetNames
                            ? failed(
                                    "collation",
                                    "the target refused %s: %s"
                                            .formatted(collation.statement(), error))
                            : over(new Progress.Refused(error));
            case Decoded.Incomplete<ErrorPacket> _ -> malformed("an error that is cut");
            case Decoded.Malformed<ErrorPacket>(int _, String reason) -> malformed(reason);
        };
    }

    private Turn unsupported(String method) {
        return failed(
                "login-method",
                ("login method %s of '%s' on the target is not supported yet: map the user, by"
                                + " mysql.users, to one with caching_sha2_password or"
                                + " mysql_native_password")
                        .formatted(method, user.name()));
    }

    private static void send(int sequence, ByteBuf payload, List<SessionAction> out) {
        out.add(SessionAction.Send.plumbing(Packet.encoded(sequence & 0xFF, payload)));
    }

    private static Turn going(Phase next) {
        return new Turn(next, new Progress.Going());
    }

    private static Turn malformed(String reason) {
        return failed("target-malformed", "the target's login: " + reason);
    }

    private static Turn failed(String reason, String detail) {
        return over(new Progress.Failed(reason, detail));
    }

    private static Turn over(Progress progress) {
        return new Turn(new Phase.Over(), progress);
    }

    private static byte[] attribute(String name, String value) {
        ByteBuf out = Unpooled.buffer();
        LengthEncoded.encode(out, name.getBytes(StandardCharsets.US_ASCII));
        LengthEncoded.encode(out, value.getBytes(StandardCharsets.US_ASCII));
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }
}
