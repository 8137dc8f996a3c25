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
 * send. The method that the target's greeting prefers is tried at once.
 */
public final class TargetLogin {
    /** The longest payload a server may send during a login, in bytes. */
    public static final int MAX_PAYLOAD_BYTES = 64 * 1024;

    /** Packets of the target in one login; the longest honest one takes seven. */
    static final int MAX_PACKETS = 16;

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

        /** The login, or change of user, was sent. */
        record Proof(Authentication authentication) implements Phase {}

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
            case Phase.Proof(Authentication authentication) ->
                    switch (authentication.on(header, payload, sequence, out)) {
                        case Authentication.Step.Going() -> going(phase);
                        case Authentication.Step.Accepted() -> accepted(out);
                        case Authentication.Step.Failed(String reason, String detail) ->
                                failed(reason, detail);
                    };
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
        if (!chooseCollation()) {
            return noCollation();
        }
        agreed = TargetCapabilities.of(captured, greeting.capabilities(), tls);
        Authentication authentication = authentication();
        HandshakeResponse response =
                response(
                        authentication.begin(
                                agreed.has(Capabilities.PLUGIN_AUTH)
                                        ? greeting.plugin()
                                        : AuthMethod.NATIVE_PASSWORD.plugin(),
                                greeting.nonce()));
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
        return going(new Phase.Proof(authentication));
    }

    /**
     * Makes another login on the connection of this one, which is over: COM_CHANGE_USER. The target
     * names the method, with a nonce of its own where it makes one.
     *
     * @param out takes what is to be sent at once
     */
    public TargetLogin change(OnlineLogin to, TargetUser as, List<SessionAction> out) {
        TargetLogin next = new TargetLogin(to, as, tls);
        next.greeting = greeting;
        next.agreed = agreed;
        if (next.chooseCollation()) {
            ByteBuf bytes = Unpooled.buffer();
            ChangeUser.encode(next.response(Authentication.unknown()), bytes);
            send(0, bytes, out);
            next.phase = new Phase.Proof(next.authentication());
        }
        return next;
    }

    /** Why {@link #change} has sent nothing; empty where it has. */
    public Optional<Progress.Failed> unchanged() {
        return phase instanceof Phase.Greeting
                        && noCollation().progress() instanceof Progress.Failed failed
                ? Optional.of(failed)
                : Optional.empty();
    }

    private Authentication authentication() {
        return new Authentication(user, captured.nativeKey(user), tls);
    }

    private boolean chooseCollation() {
        Optional<Collations.Choice> choice =
                Collations.forTarget(captured.server().collation(), greeting.version());
        choice.ifPresent(known -> collation = known);
        return choice.isPresent();
    }

    private Turn noCollation() {
        return failed(
                "collation",
                "the target %s knows no character set of collation %d (%s)"
                        .formatted(
                                greeting.version().text(),
                                captured.server().collation().id(),
                                captured.server().collation().name()));
    }

    private HandshakeResponse response(Authentication.First first) {
        HandshakeResponse asked = captured.response();
        return new HandshakeResponse(
                agreed,
                asked.maxPacket(),
                collation.atLogin().id(),
                user.name(),
                first.token(),
                asked.database(),
                first.plugin(),
                Unpooled.wrappedBuffer(
                        asked.attributes().duplicate(), Unpooled.wrappedBuffer(OWN_ATTRIBUTE)));
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
