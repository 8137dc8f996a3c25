package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Collation;
import dev.understudy.mysql.wire.ErrorPacket;
import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.mysql.wire.ServerVersion;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Follows the login of a captured client through all its exchanges, from the greeting to OK or ERR.
 *
 * <p>Whose turn it is decides what bytes mean: a client may send its first command right behind its
 * login, and that must be left for later.
 */
public final class CapturedLogin {
    /** Packets of one login, both ways; a login of today's methods takes at most ten. */
    static final int MAX_PACKETS = 64;

    private static final String FALLBACK_PLUGIN = "mysql_native_password";

    /** What a packet led to. */
    public sealed interface Step {
        /** The login goes on. */
        record Going() implements Step {}

        /** The server refused the connection before any login. */
        record NotGreeted() implements Step {}

        /** The client asks for TLS: all that follows, both ways, is inside, its login first. */
        record Tls() implements Step {}

        /** The client's login was read. */
        record Asked(String user, String database) implements Step {}

        /** The server let the client in. */
        record Accepted(OnlineLogin login) implements Step {}

        /** The server refused. */
        record Refused(ErrorPacket error) implements Step {}

        /**
         * The client's login was read, and the capture has no answer to it: taken for accepted,
         * with what the client asked for.
         */
        record Unanswered(OnlineLogin login) implements Step {}

        /** What follows could only be read with what the server said. */
        record Unreadable(String reason, String detail) implements Step {}

        /** Not what a login looks like. */
        record Malformed(String reason) implements Step {}
    }

    private sealed interface Phase {
        record Unstarted() implements Phase {}

        /** The client's login comes, and the server's greeting before it is not in the capture. */
        record Ungreeted() implements Phase {}

        record Greeted() implements Phase {}

        /** The client's login comes inside TLS. */
        record Encrypted() implements Phase {}

        /** The client is about to send COM_CHANGE_USER, and nothing else. */
        record Changing() implements Phase {}

        /** The login was sent; only the server may go on. */
        record ServersTurn() implements Phase {}

        /**
         * The server asked for more, and may as well say how it ends.
         *
         * @param token whether for a token, and not for a later step of the method
         */
        record ClientsTurn(boolean token) implements Phase {}

        record Over() implements Phase {}
    }

    private record Turn(Phase next, Step step) {}

    private Phase phase = new Phase.Unstarted();
    private boolean requestsOnly;
    private boolean isGreeted;
    private Greeting greeting;
    private HandshakeResponse response;
    private OnlineLogin.Challenge challenge;
    private int packets;

    /** A login of which the capture shows what the client says, and nothing else. */
    public static CapturedLogin ofRequestsOnly() {
        CapturedLogin login = new CapturedLogin();
        login.requestsOnly = true;
        login.phase = new Phase.Ungreeted();
        return login;
    }

    /** A login that nobody saw, of a connection that is open; a change of user may follow. */
    public static CapturedLogin ofOpen(OnlineLogin open) {
        CapturedLogin unseen = new CapturedLogin();
        ServerSide server = open.server();
        unseen.greeting =
                new Greeting(
                        server.version(),
                        server.threadId(),
                        Unpooled.EMPTY_BUFFER,
                        server.capabilities(),
                        server.serverDefault().id(),
                        open.status(),
                        "");
        unseen.isGreeted = true;
        unseen.response = open.response();
        unseen.challenge = open.challenge();
        unseen.phase = new Phase.Over();
        return unseen;
    }

    /**
     * Follows the change of user that comes next on the connection of this login, which is over.
     */
    public CapturedLogin change() {
        CapturedLogin next = new CapturedLogin();
        next.greeting = greeting;
        next.isGreeted = true;
        next.response = response;
        next.challenge = challenge;
        next.phase = new Phase.Changing();
        next.requestsOnly = requestsOnly;
        return next;
    }

    /** Whether the next packet of this direction belongs to the login. */
    public boolean reads(Direction direction) {
        return switch (phase) {
            case Phase.Unstarted() -> direction == Direction.FROM_SERVER;
            case Phase.Greeted(), Phase.Encrypted() -> true;
            case Phase.Ungreeted(), Phase.Changing() -> direction == Direction.FROM_CLIENT;
            case Phase.ServersTurn() -> direction == Direction.FROM_SERVER;
            case Phase.ClientsTurn _ -> true;
            case Phase.Over() -> false;
        };
    }

    /** Whether the server has greeted, so that this can be nothing but MySQL. */
    public boolean isGreeted() {
        return isGreeted;
    }

    /** Takes a packet of a direction that {@link #reads}. */
    public Step on(Direction direction, Packet packet) {
        if (++packets > MAX_PACKETS) {
            return over(new Step.Malformed("a login of more than " + MAX_PACKETS + " packets"))
                    .step();
        }
        Turn turn =
                direction == Direction.FROM_SERVER
                        ? onServer(packet.payload())
                        : onClient(packet.payload());
        phase = turn.next();
        return turn.step();
    }

    private Turn onServer(ByteBuf payload) {
        int header = payload.isReadable() ? payload.getUnsignedByte(payload.readerIndex()) : -1;
        if (header == ErrorPacket.HEADER) {
            return refused(payload);
        }
        return switch (phase) {
            case Phase.Unstarted() -> greeted(payload);
            case Phase.Ungreeted(), Phase.Greeted(), Phase.Encrypted(), Phase.Changing() ->
                    malformed("a packet of the server before any login");
            case Phase.ServersTurn(), Phase.ClientsTurn _ -> answered(header, payload);
            case Phase.Over() -> malformed("a packet after the login");
        };
    }

    private Turn greeted(ByteBuf payload) {
        return switch (Greeting.decode(payload)) {
            case Decoded.Complete<Greeting>(Greeting message, int _) -> {
                greeting = message;
                isGreeted = true;
                yield new Turn(new Phase.Greeted(), new Step.Going());
            }
            case Decoded.Incomplete<Greeting> _ -> malformed("a greeting that is cut");
            case Decoded.Malformed<Greeting>(int _, String reason) -> malformed(reason);
        };
    }

    private Turn refused(ByteBuf payload) {
        return switch (ErrorPacket.decode(payload)) {
            case Decoded.Complete<ErrorPacket>(ErrorPacket error, int _) ->
                    over(
                            phase instanceof Phase.ServersTurn || phase instanceof Phase.ClientsTurn
                                    ? new Step.Refused(error)
                                    : new Step.NotGreeted());
            case Decoded.Incomplete<ErrorPacket> _ -> malformed("an error that is cut");
            case Decoded.Malformed<ErrorPacket>(int _, String reason) -> malformed(reason);
        };
    }

    private Turn answered(int header, ByteBuf payload) {
        return switch (header) {
            case OkPacket.HEADER -> accepted(payload);
            case AuthSwitch.HEADER -> switched(payload);
            case AuthExchange.MORE_DATA ->
                    new Turn(
                            isFastSuccess(payload)
                                    ? new Phase.ServersTurn()
                                    : new Phase.ClientsTurn(false),
                            new Step.Going());
            // The token seen so far is for the first factor, and has done its work.
            case AuthExchange.NEXT_FACTOR ->
                    new Turn(new Phase.ClientsTurn(false), new Step.Going());
            default -> malformed("an answer to a login that begins with %d".formatted(header));
        };
    }

    private Turn accepted(ByteBuf payload) {
        return switch (OkPacket.decode(payload, agreed())) {
            case Decoded.Complete<OkPacket>(OkPacket ok, int _) ->
                    over(new Step.Accepted(login(ok.status())));
            case Decoded.Incomplete<OkPacket> _ -> malformed("an OK that is cut");
            case Decoded.Malformed<OkPacket>(int _, String reason) -> malformed(reason);
        };
    }

    private Turn switched(ByteBuf payload) {
        return switch (AuthSwitch.decode(payload)) {
            case Decoded.Complete<AuthSwitch>(AuthSwitch wish, int _) -> {
                challenge =
                        new OnlineLogin.Challenge(
                                wish.plugin(), wish.nonce().copy(), Unpooled.EMPTY_BUFFER);
                yield new Turn(new Phase.ClientsTurn(true), new Step.Going());
            }
            case Decoded.Incomplete<AuthSwitch> _ -> malformed("a change of method that is cut");
            case Decoded.Malformed<AuthSwitch>(int _, String reason) -> malformed(reason);
        };
    }

    private static boolean isFastSuccess(ByteBuf payload) {
        return payload.readableBytes() == 2
                && payload.getByte(payload.readerIndex() + 1) == AuthExchange.FAST_AUTH_SUCCESS;
    }

    private Turn onClient(ByteBuf payload) {
        return switch (phase) {
            case Phase.Greeted() ->
                    HandshakeResponse.isSslRequest(payload)
                                    && greeting.capabilities().has(Capabilities.SSL)
                            ? new Turn(new Phase.Encrypted(), new Step.Tls())
                            : login(HandshakeResponse.decode(payload), greeting.nonce());
            case Phase.Ungreeted() -> ungreeted(payload);
            case Phase.Encrypted() -> login(HandshakeResponse.decode(payload), greeting.nonce());
            case Phase.Changing() -> login(ChangeUser.decode(payload, response), challenge.nonce());
            case Phase.ClientsTurn(boolean token) -> {
                if (token) {
                    challenge = challenge.answered(kept(challenge.plugin(), payload).copy());
                }
                yield new Turn(new Phase.ServersTurn(), new Step.Going());
            }
            case Phase.Unstarted(), Phase.ServersTurn(), Phase.Over() ->
                    malformed("a packet of the client out of turn");
        };
    }

    /** The server is taken to have agreed to all that the client asks for. */
    private Turn ungreeted(ByteBuf payload) {
        if (HandshakeResponse.isSslRequest(payload)) {
            return over(
                    new Step.Unreadable(
                            "tls",
                            "the client asks for TLS, whose keys need what the server says"));
        }
        if (HandshakeResponse.decode(payload)
                instanceof Decoded.Complete<HandshakeResponse>(HandshakeResponse message, int _)) {
            Capabilities asked = message.capabilities();
            if (asked.has(Capabilities.COMPRESS) || asked.has(Capabilities.ZSTD_COMPRESSION)) {
                return over(
                        new Step.Unreadable(
                                "compression",
                                "the client asks for compression, and whether the server agreed is not in the capture"));
            }
            greeting =
                    new Greeting(
                            // MariaDB's clients leave it out where they have found a MariaDB.
                            ServerVersion.parse(
                                    asked.has(Capabilities.LONG_PASSWORD)
                                            ? "8.4.0"
                                            : "10.6.0-MariaDB"),
                            0,
                            Unpooled.EMPTY_BUFFER,
                            asked,
                            message.collation(),
                            0,
                            "");
            isGreeted = true;
            challenge = new OnlineLogin.Challenge("", Unpooled.EMPTY_BUFFER, Unpooled.EMPTY_BUFFER);
        }
        return login(HandshakeResponse.decode(payload), Unpooled.EMPTY_BUFFER);
    }

    private Turn login(Decoded<HandshakeResponse> decoded, ByteBuf nonce) {
        return switch (decoded) {
            case Decoded.Complete<HandshakeResponse>(HandshakeResponse message, int _) -> {
                response = message.withoutToken();
                if (requestsOnly) {
                    yield over(new Step.Unanswered(login(0)));
                }
                String plugin = message.plugin().isEmpty() ? FALLBACK_PLUGIN : message.plugin();
                challenge = new OnlineLogin.Challenge(plugin, nonce, kept(plugin, message.token()));
                yield new Turn(
                        new Phase.ServersTurn(),
                        new Step.Asked(message.user(), message.databaseText()));
            }
            case Decoded.Incomplete<HandshakeResponse> _ -> malformed("a login that is cut");
            case Decoded.Malformed<HandshakeResponse>(int _, String reason) -> malformed(reason);
        };
    }

    /** What others than these methods send may be a password in clear, inside TLS. */
    private static ByteBuf kept(String plugin, ByteBuf token) {
        return AuthMethod.named(plugin).isPresent() ? token : Unpooled.EMPTY_BUFFER;
    }

    private Capabilities agreed() {
        return response.capabilities().and(greeting.capabilities());
    }

    private OnlineLogin login(int status) {
        Collation asked = Collations.of(greeting.version(), response.collation());
        // What a server does not know becomes its own default, which its greeting names.
        Collation serverDefault = Collations.of(greeting.version(), greeting.collation());
        Collation collation = asked.isKnown() ? asked : serverDefault;
        return new OnlineLogin(
                new ServerSide(
                        greeting.version(),
                        greeting.threadId(),
                        agreed(),
                        collation,
                        serverDefault),
                response,
                challenge,
                status);
    }

    private static Turn malformed(String reason) {
        return over(new Step.Malformed(reason));
    }

    private static Turn over(Step step) {
        return new Turn(new Phase.Over(), step);
    }
}
