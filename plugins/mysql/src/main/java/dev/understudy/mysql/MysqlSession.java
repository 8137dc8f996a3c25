package dev.understudy.mysql;

import dev.understudy.mysql.command.CommandPhase;
import dev.understudy.mysql.compression.Compression;
import dev.understudy.mysql.join.OpenSessions;
import dev.understudy.mysql.join.Restoring;
import dev.understudy.mysql.login.LoginAttempts;
import dev.understudy.mysql.login.OnlineLogin;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.session.Filters;
import dev.understudy.protocol.session.Unread;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One copied connection: a login, then the commands have the word, until one of them is a login
 * again. The first login is the request with ordinal 0.
 */
final class MysqlSession implements ProtocolSession {
    /** How long a login on the target may take, TCP and TLS included. */
    static final Duration MAX_LOGIN = Duration.ofSeconds(30);

    /** Between two looks at how others fare with the same user. */
    static final Duration WAIT_ROUND = Duration.ofMillis(20);

    /** Looks before a session tries by itself; in time, 5 s. */
    static final int MAX_WAIT_ROUNDS = 250;

    /** The reason of the hold while the target is logged in to. */
    static final String LOGIN_HOLD = "login";

    private sealed interface Phase {
        /** The captured connection was open before the capture saw it. */
        record Midway(MidwayPhase midway) implements Phase {}

        /** A login is being followed, or made. */
        record Login(LoginPhase login) implements Phase {}

        /** It is being joined: logged in on the target, and given the state it has. */
        record Joining(LoginPhase login, MidwayPhase.Beginning beginning) implements Phase {}

        /** Both sides are logged in. */
        record Commands(LoginPhase.Seated seated) implements Phase {}

        /** Nothing that follows is of interest. */
        record Over() implements Phase {}
    }

    private final MysqlSettings settings;
    private final LoginAttempts attempts;
    private final SessionContext context;
    private final String threads;
    private final OpenSessions open;
    private Phase phase;
    private final boolean requestsOnly;
    private boolean announced;

    /** The name that others know the target's thread by, while it is there. */
    private Optional<String> thread = Optional.empty();

    private Optional<Compression> compression = Optional.empty();

    MysqlSession(
            SessionContext context,
            MysqlSettings settings,
            LoginAttempts attempts,
            OpenSessions open) {
        this.context = context;
        this.open = open;
        this.settings = settings;
        this.attempts = attempts;
        this.requestsOnly = context.requestsOnly();
        // Production's threads are known by what its server said.
        this.threads = requestsOnly ? "" : threadsOf(context);
        phase =
                context.joinedMidway()
                        ? new Phase.Midway(
                                new MidwayPhase(
                                        settings.join(),
                                        open,
                                        context.client(),
                                        settings.commands().maxPacketBytes()))
                        : login(Optional.empty());
    }

    private static String threadsOf(SessionContext context) {
        return "mysql-thread "
                + context.server().getHostString()
                + ":"
                + context.server().getPort()
                + " ";
    }

    private Filters.Who who(OnlineLogin login) {
        return Filters.Who.of(context).as(login.user());
    }

    private Phase login(Optional<LoginPhase.Seated> before) {
        return new Phase.Login(new LoginPhase(settings, attempts, context, before));
    }

    /** What the captured side compresses with, once all that it said in plain was read. */
    Optional<Compression> compression() {
        return compression;
    }

    @Override
    public List<SessionAction> on(SessionEvent event) {
        List<SessionAction> out = new ArrayList<>();
        switch (phase) {
            case Phase.Midway(MidwayPhase midway) -> midway(midway, event, out);
            case Phase.Joining(LoginPhase login, MidwayPhase.Beginning beginning) ->
                    joining(login, beginning, event, out);
            case Phase.Login(LoginPhase login) -> login(login, event, out);
            case Phase.Commands(LoginPhase.Seated seated) -> commands(seated, event, out);
            case Phase.Over() -> {}
        }
        if (phase instanceof Phase.Over) {
            Unread.passOver(event);
        }
        takeThreadBack(event, out);
        return out;
    }

    /**
     * Behind the end of a connection to the target its thread may become another's there, as after
     * a restart: nobody is to be killed in its place. Behind the end of this session core sees to
     * that.
     */
    private void takeThreadBack(SessionEvent event, List<SessionAction> out) {
        boolean ended =
                event instanceof SessionEvent.TargetEnd
                        || out.stream().anyMatch(SessionAction.Close.class::isInstance);
        if (ended && thread.isPresent()) {
            out.add(new SessionAction.Withdraw(thread.get()));
            thread = Optional.empty();
        }
    }

    private void midway(MidwayPhase midway, SessionEvent event, List<SessionAction> out) {
        if (requestsOnly) {
            phase = new Phase.Over();
            out.add(
                    new SessionAction.LeaveOut(
                            "joined-midway",
                            "the connection was open before the capture began, and requests alone do not show its state"));
            return;
        }
        midway.on(event, out);
        if (midway.isOver()) {
            phase = new Phase.Over();
        }
        midway.beginning()
                .ifPresent(
                        beginning -> {
                            LoginPhase login =
                                    LoginPhase.ofOpen(
                                            settings, attempts, context, beginning.login(), out);
                            phase =
                                    login.isOver()
                                            ? new Phase.Over()
                                            : new Phase.Joining(login, beginning);
                        });
    }

    private void joining(
            LoginPhase login,
            MidwayPhase.Beginning beginning,
            SessionEvent event,
            List<SessionAction> out) {
        login.on(event, out);
        announceThread(login, out);
        if (login.isOver()) {
            phase = new Phase.Over();
        }
        login.seated()
                .ifPresent(
                        seated -> {
                            seated.commands()
                                    .begin(
                                            threads,
                                            who(beginning.login()),
                                            beginning.login().database(),
                                            out);
                            new Restoring(seated.commands(), out)
                                    .restore(
                                            beginning.state(),
                                            beginning.login().server().collation(),
                                            beginning.later())
                                    .forEach(open::count);
                            open.count("joined at level " + beginning.state().level().word());
                            phase = new Phase.Commands(seated);
                            login.ends().forEach(end -> commands(seated, end, out));
                        });
    }

    private void login(LoginPhase login, SessionEvent event, List<SessionAction> out) {
        login.on(event, out);
        login.acceptedOnline()
                .map(OnlineLogin::server)
                .ifPresent(server -> compression = Compression.agreed(server.capabilities()));
        announceThread(login, out);
        if (login.isOver()) {
            phase = new Phase.Over();
        }
        login.seated()
                .ifPresent(
                        seated -> {
                            phase = new Phase.Commands(seated);
                            login.acceptedOnline()
                                    .ifPresent(
                                            online ->
                                                    seated.commands()
                                                            .begin(
                                                                    threads,
                                                                    who(online),
                                                                    online.database(),
                                                                    out));
                            login.ends().forEach(end -> commands(seated, end, out));
                        });
    }

    /** Whoever kills this connection in production waits until it is known on the target. */
    private void announceThread(LoginPhase login, List<SessionAction> out) {
        if (!requestsOnly && !announced && login.acceptedOnline().isPresent() && !login.isOver()) {
            announced = true;
            String name = threads + login.acceptedOnline().get().server().threadId();
            thread = Optional.of(name);
            // In front of what may publish it.
            out.addFirst(new SessionAction.Announce(name));
        }
    }

    private void commands(LoginPhase.Seated seated, SessionEvent event, List<SessionAction> out) {
        CommandPhase commands = seated.commands();
        if (event instanceof SessionEvent.CapturedGap gap) {
            out.add(new SessionAction.LeaveOut("gap", describe(gap)));
            phase = new Phase.Over();
            return;
        }
        int start = event instanceof SessionEvent.Captured it ? it.bytes().readerIndex() : 0;
        commands.on(event, out);
        if (commands.isOver()) {
            phase = new Phase.Over();
        } else if (commands.loginBegins() && event instanceof SessionEvent.Captured captured) {
            phase = login(Optional.of(seated));
            on(rest(captured, start), out);
        }
    }

    private void on(SessionEvent.Captured rest, List<SessionAction> out) {
        if (phase instanceof Phase.Login(LoginPhase login)) {
            login(login, rest, out);
        }
    }

    /** What is left of an event that was read from this index on. */
    private static SessionEvent.Captured rest(SessionEvent.Captured event, int start) {
        ByteBuf bytes = event.bytes();
        long offset = event.offset() + bytes.readerIndex() - start;
        return new SessionEvent.Captured(event.direction(), bytes, offset, event.times());
    }

    /** A gap for the reader. */
    static String describe(SessionEvent.CapturedGap gap) {
        return "the capture lacks %d bytes of %s at byte %d"
                .formatted(gap.length(), sender(gap.direction()), gap.offset());
    }

    /** A direction for the reader, by who sends. */
    static String sender(Direction direction) {
        return switch (direction) {
            case FROM_CLIENT -> "the client";
            case FROM_SERVER -> "the server";
        };
    }
}
