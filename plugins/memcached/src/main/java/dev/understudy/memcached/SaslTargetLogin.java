package dev.understudy.memcached;

import dev.understudy.memcached.MemcachedSettings.TargetUser;
import dev.understudy.memcached.binary.BinaryHeader;
import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.sasl.SaslLogin;
import dev.understudy.memcached.sasl.SaslMechanism;
import dev.understudy.memcached.sasl.SaslMechanism.Offer;
import dev.understudy.memcached.sasl.SaslStep;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** A SASL login: asks what the target offers, and takes the best of what is allowed. */
final class SaslTargetLogin implements TargetLogin {
    private static final BinaryLimits LIMITS =
            new BinaryLimits(BinaryLimits.MAX_KEY_BYTES, 16 * 1024);

    private final TargetUser user;
    private final Shared shared;
    private Optional<Offer> offer = Optional.empty();
    private Optional<SaslLogin> login = Optional.empty();

    SaslTargetLogin(TargetUser user, Shared shared) {
        this.user = user;
        this.shared = shared;
    }

    @Override
    public void begin(List<SessionAction> out) {
        out.add(SessionAction.Send.plumbing(BinaryPacket.request(Opcode.SASL_LIST, 0).encoded()));
    }

    @Override
    public boolean reads(ByteBuf bytes) {
        if (bytes.readableBytes() < 2) {
            return true;
        }
        return Opcode.of(bytes.getUnsignedByte(bytes.readerIndex() + 1))
                .filter(
                        opcode ->
                                opcode == Opcode.SASL_LIST
                                        || opcode == Opcode.SASL_AUTH
                                        || opcode == Opcode.SASL_STEP)
                .isPresent();
    }

    @Override
    public Login.Step on(ByteBuf bytes, List<SessionAction> out) {
        return switch (BinaryPacket.decode(bytes, Magic.ANSWER, LIMITS)) {
            case Decoded.Incomplete<BinaryPacket> _ -> new Login.Step.More();
            case Decoded.Malformed<BinaryPacket>(int _, String reason) ->
                    new Login.Step.Failed("target-malformed", "the target's login: " + reason);
            case Decoded.Complete<BinaryPacket>(BinaryPacket packet, int length) -> {
                byte[] value = ByteBufUtil.getBytes(packet.value());
                bytes.skipBytes(length);
                yield login.isEmpty()
                        ? offered(packet.header(), value, out)
                        : answered(login.get(), packet.header(), value, out);
            }
        };
    }

    @Override
    public Login.Step on(Answer answer, List<SessionAction> out) {
        throw new IllegalStateException("its packets are told by their operation");
    }

    private Login.Step offered(BinaryHeader header, byte[] value, List<SessionAction> out) {
        if (!header.is(Status.SUCCESS)) {
            return new Login.Step.Failed(
                    "login-refused", "the target knows no SASL: set memcached.login: never");
        }
        String list = new String(value, StandardCharsets.US_ASCII);
        offer = SaslMechanism.best(list, shared.settings().mechanisms());
        if (offer.isEmpty()) {
            return new Login.Step.Failed(
                    "login-refused",
                    "the target offers no mechanism that may be used: look at memcached.mechanisms");
        }
        try {
            SaslLogin own =
                    SaslLogin.of(
                            offer.get().mechanism(),
                            user.name(),
                            user.password(),
                            shared.scramKeys(),
                            shared.nonces());
            login = Optional.of(own);
            send(Opcode.SASL_AUTH, Unpooled.wrappedBuffer(own.first()), out);
            return new Login.Step.More();
        } catch (IllegalArgumentException e) {
            return new Login.Step.Failed("login-refused", e.getMessage());
        }
    }

    private Login.Step answered(
            SaslLogin own, BinaryHeader header, byte[] value, List<SessionAction> out) {
        if (header.is(Status.SUCCESS)) {
            return own.onSuccess(value) instanceof SaslStep.Failed(String reason)
                    ? new Login.Step.Failed("login-refused", "the target's proof: " + reason)
                    : new Login.Step.Done();
        }
        if (!header.is(Status.AUTH_CONTINUE)) {
            return new Login.Step.Refused(
                    user.name(),
                    header.knownStatus()
                            .map(Status::name)
                            .orElse("status " + header.vbucketOrStatus()));
        }
        return switch (own.onContinue(value)) {
            case SaslStep.Send(ByteBuf message) -> {
                send(Opcode.SASL_STEP, message, out);
                yield new Login.Step.More();
            }
            case SaslStep.Done() -> new Login.Step.More();
            case SaslStep.Failed(String reason) ->
                    new Login.Step.Failed("login-refused", "the target's login: " + reason);
        };
    }

    private void send(Opcode opcode, ByteBuf value, List<SessionAction> out) {
        ByteBuf name = Unpooled.copiedBuffer(offer.orElseThrow().name(), StandardCharsets.US_ASCII);
        out.add(
                SessionAction.Send.plumbing(
                        BinaryPacket.request(opcode.code(), 0, name, value).encoded()));
    }
}
