package dev.understudy.memcached.couchbase;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.sasl.SaslLogin;
import dev.understudy.memcached.sasl.SaslMechanism;
import dev.understudy.memcached.sasl.SaslStep;
import dev.understudy.memcached.sasl.ScramKeys;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * How a connection to a data node begins: HELLO, SASL, SELECT_BUCKET, GET_CLUSTER_CONFIG. A pure
 * state machine: packets in, bytes to send out.
 *
 * @see "Couchbase kv_engine, docs/BinaryProtocol.md and docs/sasl.md"
 */
final class NodeLogin {
    /** Couchbase's own operations. */
    static final int HELLO = 0x1f;

    static final int SELECT_BUCKET = 0x89;
    static final int GET_CLUSTER_CONFIG = 0xb5;

    /**
     * The features asked for: errors beyond memcached's, and choosing a bucket. Each other one
     * would change what answers look like: their order, their extras, their data type.
     */
    private static final short XERROR = 0x07;

    private static final short FEATURE_SELECT_BUCKET = 0x08;

    /** What the nodes show as the client's name. */
    private static final String AGENT = "understudy";

    /** What the login came to after a packet. */
    sealed interface Progress {
        /** Send this; the login goes on. */
        record Going(ByteBuf send) implements Progress {}

        /** Requests may be sent; the map as the node tells it, where it tells one. */
        record Ready(Optional<ByteBuf> map) implements Progress {}

        /**
         * The node does not let us in.
         *
         * @param detail for the reader of a report; no secret
         */
        record Refused(String detail) implements Progress {}
    }

    private sealed interface Phase {
        record Hello() implements Phase {}

        record Mechanisms() implements Phase {}

        record Authenticating(SaslLogin login, String mechanism) implements Phase {}

        record Selecting() implements Phase {}

        record Asking() implements Phase {}

        record Over() implements Phase {}
    }

    private final CouchbaseUser user;
    private final Set<SaslMechanism> mechanisms;
    private final ScramKeys keys;
    private final Supplier<String> nonces;
    private Phase phase = new Phase.Hello();

    NodeLogin(
            CouchbaseUser user,
            Set<SaslMechanism> mechanisms,
            ScramKeys keys,
            Supplier<String> nonces) {
        this.user = user;
        this.mechanisms = EnumSet.copyOf(mechanisms);
        this.keys = keys;
        this.nonces = nonces;
    }

    /** The first bytes on a new connection. */
    ByteBuf first() {
        ByteBuf features = Unpooled.buffer(4);
        features.writeShort(XERROR).writeShort(FEATURE_SELECT_BUCKET);
        return request(HELLO, AGENT, features);
    }

    /** Takes the answer to what was sent last. */
    Progress on(BinaryPacket answer) {
        int due = opcodeDue();
        if (answer.header().opcode() != due) {
            return refused(
                    "answers operation 0x%02x with 0x%02x"
                            .formatted(due, answer.header().opcode()));
        }
        return switch (phase) {
            case Phase.Hello() -> greeted(answer);
            case Phase.Mechanisms() -> offered(answer);
            case Phase.Authenticating(SaslLogin login, String name) ->
                    challenged(login, name, answer);
            case Phase.Selecting() -> selected(answer);
            case Phase.Asking() -> told(answer);
            case Phase.Over() -> refused("answers what was not asked");
        };
    }

    private int opcodeDue() {
        return switch (phase) {
            case Phase.Hello() -> HELLO;
            case Phase.Mechanisms() -> Opcode.SASL_LIST.code();
            case Phase.Authenticating(SaslLogin _, String _) -> authOpcode;
            case Phase.Selecting() -> SELECT_BUCKET;
            case Phase.Asking() -> GET_CLUSTER_CONFIG;
            case Phase.Over() -> -1;
        };
    }

    private int authOpcode = Opcode.SASL_AUTH.code();

    private Progress greeted(BinaryPacket answer) {
        if (!answer.header().is(Status.SUCCESS)) {
            return refused("is no Couchbase: it answers HELLO with " + status(answer));
        }
        phase = new Phase.Mechanisms();
        return new Progress.Going(request(Opcode.SASL_LIST.code(), "", Unpooled.EMPTY_BUFFER));
    }

    private Progress offered(BinaryPacket answer) {
        String list = answer.value().toString(UTF_8);
        Optional<SaslMechanism.Offer> best = SaslMechanism.best(list, mechanisms);
        if (best.isEmpty()) {
            return refused(
                    "offers no way to log in that is allowed: '%s', not one of %s"
                            .formatted(printable(list), mechanisms));
        }
        SaslLogin login =
                SaslLogin.of(best.get().mechanism(), user.name(), user.password(), keys, nonces);
        phase = new Phase.Authenticating(login, best.get().name());
        return new Progress.Going(
                request(
                        Opcode.SASL_AUTH.code(),
                        best.get().name(),
                        Unpooled.wrappedBuffer(login.first())));
    }

    private Progress challenged(SaslLogin login, String mechanism, BinaryPacket answer) {
        byte[] message = ByteBufUtil.getBytes(answer.value());
        SaslStep step;
        if (answer.header().is(Status.AUTH_CONTINUE)) {
            step = login.onContinue(message);
        } else if (answer.header().is(Status.SUCCESS)) {
            step = login.onSuccess(message);
        } else {
            return refused(
                    "refuses the login of '%s' by %s with %s"
                            .formatted(user.name(), mechanism, status(answer)));
        }
        return switch (step) {
            case SaslStep.Send(ByteBuf send) -> {
                authOpcode = Opcode.SASL_STEP.code();
                yield new Progress.Going(request(authOpcode, mechanism, send));
            }
            case SaslStep.Done() -> {
                phase = new Phase.Selecting();
                yield new Progress.Going(
                        request(SELECT_BUCKET, user.bucket(), Unpooled.EMPTY_BUFFER));
            }
            case SaslStep.Failed(String reason) ->
                    refused(
                            "breaks off the login of '%s' by %s: %s"
                                    .formatted(user.name(), mechanism, reason));
        };
    }

    private Progress selected(BinaryPacket answer) {
        if (!answer.header().is(Status.SUCCESS)) {
            return refused(
                    "does not give '%s' the bucket '%s': %s"
                            .formatted(user.name(), user.bucket(), status(answer)));
        }
        phase = new Phase.Asking();
        return new Progress.Going(request(GET_CLUSTER_CONFIG, "", Unpooled.EMPTY_BUFFER));
    }

    private Progress told(BinaryPacket answer) {
        phase = new Phase.Over();
        return new Progress.Ready(
                answer.header().is(Status.SUCCESS) && answer.value().isReadable()
                        ? Optional.of(answer.value())
                        : Optional.empty());
    }

    private Progress refused(String detail) {
        phase = new Phase.Over();
        return new Progress.Refused(detail);
    }

    private static String status(BinaryPacket answer) {
        int code = answer.header().vbucketOrStatus();
        return answer.header()
                .knownStatus()
                .map(Status::name)
                .orElseGet(() -> "status 0x%02x".formatted(code));
    }

    private static String printable(String text) {
        String shown = text.replaceAll("[^ -~]", ".").strip();
        return shown.length() <= 200 ? shown : shown.substring(0, 200);
    }

    /** A request of the login; its answers come in order, so opaques are not needed. */
    static ByteBuf request(int opcode, String key, ByteBuf value) {
        return BinaryPacket.request(opcode, 0, Unpooled.copiedBuffer(key, UTF_8), value).encoded();
    }
}
