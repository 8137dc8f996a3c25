package dev.understudy.memcached.sasl;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.understudy.protocol.Secret;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;

/**
 * SCRAM without channel binding (RFC 5802, section 5). The server's proof comes with its success in
 * Couchbase, and in memcached with Cyrus SASL as one more challenge, to be answered by nothing.
 */
final class ScramLogin implements SaslLogin {
    /**
     * Rounds that a server may ask for. Fewer would give the password away to who can try; more
     * would stop an event loop for longer than a tenth of a second.
     */
    static final int MIN_ITERATIONS = 1_000;

    static final int MAX_ITERATIONS = 200_000;

    /** Bytes of a server's message. */
    static final int MAX_MESSAGE_BYTES = 4096;

    private static final String NO_BINDING = "n,,";

    private sealed interface Phase {
        record First() implements Phase {}

        record Proving(ByteBuf signature) implements Phase {}

        record Proven() implements Phase {}

        record Over() implements Phase {}
    }

    private final SaslMechanism mechanism;
    private final String user;
    private final Secret password;
    private final ScramKeys keys;
    private final String nonce;
    private final String bare;
    private Phase phase = new Phase.First();

    ScramLogin(
            SaslMechanism mechanism, String user, Secret password, ScramKeys keys, String nonce) {
        if (user.isEmpty()) {
            throw new IllegalArgumentException("a user's name is empty");
        }
        this.mechanism = mechanism;
        this.user = SaslPrep.prepared(user, "the user's name");
        this.password =
                new Secret(SaslPrep.prepared(password.reveal(), "the password of '" + user + "'"));
        this.keys = keys;
        this.nonce = nonce;
        this.bare = "n=" + this.user.replace("=", "=3D").replace(",", "=2C") + ",r=" + nonce;
    }

    @Override
    public byte[] first() {
        return (NO_BINDING + bare).getBytes(UTF_8);
    }

    @Override
    public SaslStep onContinue(byte[] message) {
        return switch (phase) {
            case Phase.First() -> answered(message);
            case Phase.Proving(ByteBuf signature) ->
                    proves(message, signature) instanceof SaslStep.Failed failed
                            ? failed
                            : new SaslStep.Send(Unpooled.EMPTY_BUFFER);
            case Phase.Proven(), Phase.Over() -> failed("the server asks for more than SCRAM has");
        };
    }

    @Override
    public SaslStep onSuccess(byte[] message) {
        return switch (phase) {
            case Phase.First(), Phase.Over() ->
                    failed("the server said yes before it had a proof of the password");
            case Phase.Proving(ByteBuf signature) -> proves(message, signature);
            case Phase.Proven() -> new SaslStep.Done();
        };
    }

    private SaslStep answered(byte[] message) {
        if (message.length > MAX_MESSAGE_BYTES) {
            return failed("its first message has " + message.length + " bytes");
        }
        String serverFirst = new String(message, UTF_8);
        String[] parts = serverFirst.split(",", -1);
        if (parts.length < 3
                || !parts[0].startsWith("r=")
                || !parts[1].startsWith("s=")
                || !parts[2].startsWith("i=")) {
            return failed("its first message is none of SCRAM's");
        }
        String joined = parts[0].substring(2);
        if (!joined.startsWith(nonce) || joined.length() == nonce.length()) {
            return failed("its nonce does not go on from ours");
        }
        Optional<byte[]> salt = base64(parts[1].substring(2));
        if (salt.isEmpty() || salt.get().length == 0) {
            return failed("its salt is no base64, or empty");
        }
        int iterations = iterations(parts[2].substring(2));
        if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
            return failed(
                    "it asks for '%s' rounds, not one of %d to %d"
                            .formatted(parts[2].substring(2), MIN_ITERATIONS, MAX_ITERATIONS));
        }
        byte[] salted = keys.salted(mechanism, user, password, salt.get(), iterations);
        String binding = Base64.getEncoder().encodeToString(NO_BINDING.getBytes(UTF_8));
        String withoutProof = "c=" + binding + ",r=" + joined;
        String authMessage = bare + "," + serverFirst + "," + withoutProof;
        phase =
                new Phase.Proving(
                        Unpooled.wrappedBuffer(Scram.signature(mechanism, salted, authMessage)));
        String proof =
                Base64.getEncoder().encodeToString(Scram.proof(mechanism, salted, authMessage));
        return new SaslStep.Send(Unpooled.copiedBuffer(withoutProof + ",p=" + proof, UTF_8));
    }

    private SaslStep proves(byte[] message, ByteBuf signature) {
        String serverFinal = message.length > MAX_MESSAGE_BYTES ? "" : new String(message, UTF_8);
        if (serverFinal.startsWith("e=")) {
            return failed("it says " + shown(serverFinal.substring(2)));
        }
        Optional<byte[]> claimed =
                serverFinal.startsWith("v=")
                        ? base64(serverFinal.substring(2).split(",", 2)[0])
                        : Optional.empty();
        if (claimed.isEmpty()
                || !MessageDigest.isEqual(claimed.get(), ByteBufUtil.getBytes(signature))) {
            return failed("it did not prove that it knows the password");
        }
        phase = new Phase.Proven();
        return new SaslStep.Done();
    }

    private SaslStep.Failed failed(String reason) {
        phase = new Phase.Over();
        return new SaslStep.Failed(reason);
    }

    /** The number, or -1 where it is none of at most nine digits. */
    private static int iterations(String text) {
        return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
    }

    private static Optional<byte[]> base64(String text) {
        try {
            return Optional.of(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static String shown(String error) {
        return error.length() <= 64 && error.matches("[a-z0-9.-]+") ? error : "no";
    }
}
