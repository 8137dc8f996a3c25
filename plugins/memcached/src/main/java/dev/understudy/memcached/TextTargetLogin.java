package dev.understudy.memcached;

import dev.understudy.memcached.MemcachedSettings.TargetUser;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The login of memcached's {@code -Y}: a {@code set} whose value is the user and the password. A
 * server without it would store that value as an item for everybody to read, so it is asked first
 * whether it wants a login at all.
 */
final class TextTargetLogin implements TargetLogin {
    private static final String PROBE = "get understudy-login\r\n";
    private static final int MAX_LINE_BYTES = 2048;

    private final TargetUser user;
    private boolean sent;

    TextTargetLogin(TargetUser user) {
        this.user = user;
    }

    @Override
    public ByteBuf first() {
        return Unpooled.copiedBuffer(PROBE, StandardCharsets.US_ASCII);
    }

    @Override
    public boolean reads(ByteBuf bytes) {
        return true;
    }

    @Override
    public Login.Step on(ByteBuf bytes, List<SessionAction> out) {
        int length = bytes.bytesBefore((byte) '\n');
        if (length < 0) {
            return bytes.readableBytes() > MAX_LINE_BYTES
                    ? new Login.Step.Failed("target-malformed", "the login's answer has no end")
                    : new Login.Step.More();
        }
        String line =
                bytes.readCharSequence(length + 1, StandardCharsets.ISO_8859_1).toString().strip();
        if (sent) {
            return line.equals("STORED")
                    ? new Login.Step.Done()
                    : new Login.Step.Refused(user.name(), line.split(" ", 2)[0]);
        }
        if (!line.startsWith("CLIENT_ERROR")) {
            return line.equals("END")
                    ? new Login.Step.Done()
                    : new Login.Step.Failed(
                            "target-malformed", "the target's first answer is none to a get");
        }
        sent = true;
        byte[] secret =
                (user.name() + " " + user.password().reveal()).getBytes(StandardCharsets.UTF_8);
        ByteBuf login = Unpooled.buffer(secret.length + 64);
        login.writeCharSequence(
                "set understudy-login 0 0 " + secret.length + "\r\n", StandardCharsets.US_ASCII);
        out.add(
                SessionAction.Send.plumbing(
                        login.writeBytes(secret).writeByte('\r').writeByte('\n')));
        return new Login.Step.More();
    }
}
