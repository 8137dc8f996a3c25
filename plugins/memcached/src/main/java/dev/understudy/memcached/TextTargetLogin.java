package dev.understudy.memcached;

import dev.understudy.memcached.MemcachedSettings.TargetUser;
import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.OpenRequests;
import dev.understudy.memcached.command.Pending;
import dev.understudy.memcached.command.Shape;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * The login of memcached's {@code -Y}: a {@code set} whose value is the user and the password. A
 * server without it would store that value as an item for everybody to read, so it is asked first
 * whether it wants a login at all. Both are requests like any other: what the target still owes
 * comes before their answers.
 */
final class TextTargetLogin implements TargetLogin {
    /** A key that nobody else uses. */
    private static final String KEY = "understudy-login";

    private final TargetUser user;
    private final OpenRequests open;
    private boolean sent;

    TextTargetLogin(TargetUser user, OpenRequests open) {
        this.user = user;
        this.open = open;
    }

    @Override
    public void begin(List<SessionAction> out) {
        ask(
                new Shape.Items(),
                Unpooled.copiedBuffer("get " + KEY + "\r\n", StandardCharsets.US_ASCII),
                out);
    }

    private void ask(Shape shape, ByteBuf bytes, List<SessionAction> out) {
        Ask ask = Ask.loud(Kind.LOGIN, "login", List.of(KEY), 0, shape);
        open.add(Side.TARGET, Pending.untold(ask, SessionAction.NO_ORDINAL));
        out.add(SessionAction.Send.plumbing(bytes));
    }

    @Override
    public boolean reads(ByteBuf bytes) {
        return false;
    }

    @Override
    public Login.Step on(ByteBuf bytes, List<SessionAction> out) {
        throw new IllegalStateException("its answers are told by their place");
    }

    @Override
    public Login.Step on(Answer answer, List<SessionAction> out) {
        if (sent) {
            return answer instanceof Answer.Status(String word, String _, long _)
                            && word.equals("STORED")
                    ? new Login.Step.Done()
                    : new Login.Step.Refused(user.name(), word(answer));
        }
        if (!(answer instanceof Answer.Failed(String type, String _))) {
            return new Login.Step.Done();
        }
        if (!type.equals("CLIENT_ERROR")) {
            return new Login.Step.Failed(
                    "target-malformed", "the target's first answer is " + type + ", none to a get");
        }
        sent = true;
        byte[] secret =
                (user.name() + " " + user.password().reveal()).getBytes(StandardCharsets.UTF_8);
        ByteBuf login = Unpooled.buffer(secret.length + 64);
        login.writeCharSequence(
                "set " + KEY + " 0 0 " + secret.length + "\r\n", StandardCharsets.US_ASCII);
        login.writeBytes(secret).writeByte('\r').writeByte('\n');
        ask(new Shape.Words(Set.of("STORED", "NOT_STORED")), login, out);
        return new Login.Step.More();
    }

    private static String word(Answer answer) {
        return answer instanceof Answer.Failed(String type, String _) ? type : answer.describe();
    }
}
