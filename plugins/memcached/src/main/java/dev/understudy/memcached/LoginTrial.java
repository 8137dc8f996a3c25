package dev.understudy.memcached;

import dev.understudy.memcached.MemcachedSettings.LoginMode;
import dev.understudy.memcached.MemcachedSettings.TargetUser;
import dev.understudy.memcached.MemcachedSettings.TextAuth;
import dev.understudy.memcached.command.Answers.Found;
import dev.understudy.memcached.command.OpenRequests;
import dev.understudy.memcached.trial.TrialConnection;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Logs each user of the configuration in on the target once, by the same steps as in a run: SASL
 * where the target speaks binary, else in text. Blocks; for {@link
 * dev.understudy.protocol.Protocol#examine} alone.
 */
final class LoginTrial {
    /** Users that are tried; a configuration names a handful. */
    static final int MAX_USERS = 50;

    private final Shared shared;
    private final InetSocketAddress target;

    LoginTrial(Shared shared, InetSocketAddress target) {
        this.shared = shared;
        this.target = target;
    }

    /** How one login went. */
    private sealed interface Tried {
        record In() implements Tried {}

        /** The target wants no login in this dialect. */
        record NotWanted() implements Tried {}

        record Refused(String why) implements Tried {}

        /** It does not speak this dialect, or not to us. */
        record Silent(String why) implements Tried {}
    }

    /** What stops a run, and what a user should know. */
    Preparation all() {
        MemcachedSettings settings = shared.settings();
        if (settings.login() == LoginMode.NEVER || settings.users().isEmpty()) {
            return Preparation.nothing();
        }
        List<String> problems = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        int tried = 0;
        for (Map.Entry<String, TargetUser> user : new TreeMap<>(settings.users()).entrySet()) {
            if (user.getValue().name().equals(MemcachedSettings.ANY_USER)) {
                warnings.add(
                        "memcached.users.\"*\" bears each client's own name, so no login of it was"
                                + " tried");
            } else if (tried++ < MAX_USERS) {
                tell(user.getKey(), user.getValue(), problems, warnings);
            }
        }
        if (tried > MAX_USERS) {
            warnings.add("%d of %d users were tried".formatted(MAX_USERS, tried));
        }
        return new Preparation(problems, warnings);
    }

    private void tell(
            String captured, TargetUser user, List<String> problems, List<String> warnings) {
        switch (tried(user)) {
            case Tried.In() -> {}
            case Tried.NotWanted() ->
                    warnings.add(
                            ("the target %s asks '%s' for no login: set memcached.login: never if"
                                            + " that is meant")
                                    .formatted(shown(), user.name()));
            case Tried.Refused(String why) ->
                    problems.add(
                            ("the target %s refused the login of '%s' (%s): set"
                                            + " memcached.users.%s.password")
                                    .formatted(shown(), user.name(), why, captured));
            case Tried.Silent(String why) ->
                    problems.add(
                            ("no login of '%s' could be tried on the target %s: it %s: is it a"
                                            + " memcached?")
                                    .formatted(user.name(), shown(), why));
        }
    }

    private String shown() {
        return target.getHostString() + ":" + target.getPort();
    }

    private Tried tried(TargetUser user) {
        Tried sasl =
                shared.settings().textAuth() == TextAuth.YES
                        ? new Tried.NotWanted()
                        : attempt(user, true);
        boolean settled = sasl instanceof Tried.In || sasl instanceof Tried.Refused;
        return settled || shared.settings().textAuth() == TextAuth.NO ? sasl : text(user, sasl);
    }

    /** A server with a login in text ends a binary connection, one without knows no SASL. */
    private Tried text(TargetUser user, Tried sasl) {
        Tried text = attempt(user, false);
        return text instanceof Tried.Silent && sasl instanceof Tried.Silent ? sasl : text;
    }

    private Tried attempt(TargetUser user, boolean binary) {
        OpenRequests open = new OpenRequests();
        TextDialect text = new TextDialect(open, shared.settings());
        TargetLogin login =
                binary ? new SaslTargetLogin(user, shared) : new TextTargetLogin(user, open);
        List<SessionAction> out = new ArrayList<>();
        try (TrialConnection connection = TrialConnection.open(target, false)) {
            ByteBuf unread = Unpooled.buffer();
            login.begin(out);
            int requests = 0;
            while (true) {
                requests += send(connection, out);
                connection.read(unread);
                for (Login.Step step = step(login, binary, text, unread, out);
                        !(step instanceof Login.Step.More) || !out.isEmpty();
                        step = step(login, binary, text, unread, out)) {
                    if (!(step instanceof Login.Step.More)) {
                        return tried(step, requests);
                    }
                    requests += send(connection, out);
                }
            }
        } catch (IOException e) {
            return new Tried.Silent(
                    e.getMessage() == null ? "does not answer" : "says: " + e.getMessage());
        }
    }

    private static int send(TrialConnection connection, List<SessionAction> out)
            throws IOException {
        int sent = 0;
        for (SessionAction action : out) {
            if (action instanceof SessionAction.Send(int _, ByteBuf bytes, long _)) {
                connection.send(bytes);
                sent++;
            }
        }
        out.clear();
        return sent;
    }

    private static Login.Step step(
            TargetLogin login,
            boolean binary,
            TextDialect text,
            ByteBuf unread,
            List<SessionAction> out) {
        if (binary) {
            return unread.isReadable() ? login.on(unread, out) : new Login.Step.More();
        }
        return switch (text.answers(Side.TARGET).next(unread)) {
            case Found.Nothing() -> new Login.Step.More();
            case Found.Broken(String reason, String detail) ->
                    new Login.Step.Failed(reason, detail);
            case Found.Whole(var _, var _, var answer) -> login.on(answer, out);
        };
    }

    /** One request alone was the question whether a login is wanted. */
    private static Tried tried(Login.Step step, int requests) {
        return switch (step) {
            case Login.Step.More() -> throw new IllegalStateException("not at its end");
            case Login.Step.Done() -> requests > 1 ? new Tried.In() : new Tried.NotWanted();
            case Login.Step.Refused(String _, String why) -> new Tried.Refused(why);
            case Login.Step.Failed(String reason, String why) ->
                    reason.equals("login-refused") && requests > 1
                            ? new Tried.Refused(why)
                            : new Tried.Silent(why);
        };
    }
}
