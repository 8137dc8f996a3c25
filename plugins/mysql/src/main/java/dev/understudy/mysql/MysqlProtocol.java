package dev.understudy.mysql;

import dev.understudy.mysql.command.CommandSettings;
import dev.understudy.mysql.command.Replies;
import dev.understudy.mysql.command.Strictness;
import dev.understudy.mysql.compression.DecompressedSession;
import dev.understudy.mysql.join.JoinSettings;
import dev.understudy.mysql.join.OpenSessions;
import dev.understudy.mysql.join.OwnSocketFactory;
import dev.understudy.mysql.join.SnapshotReader;
import dev.understudy.mysql.login.Collations;
import dev.understudy.mysql.login.LoginAttempts;
import dev.understudy.mysql.login.LoginReply;
import dev.understudy.mysql.login.LoginSettings;
import dev.understudy.mysql.login.LoginTrial;
import dev.understudy.mysql.login.TargetUser;
import dev.understudy.mysql.preflight.Comparison;
import dev.understudy.mysql.preflight.Preflight;
import dev.understudy.protocol.Conclusion;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.Table;
import dev.understudy.protocol.Verdict;
import dev.understudy.protocol.session.Unread;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.pf4j.Extension;

/** MySQL 5.5 to 9, MariaDB, and what speaks like them. */
@Extension
public final class MysqlProtocol implements Protocol {
    private static final int USUAL_PORT = 3306;

    /** Users that are tried at most. */
    private static final int MAX_TRIALS = 20;

    private record Shared(
            MysqlSettings settings,
            LoginAttempts attempts,
            OpenSessions open,
            Optional<SnapshotReader> reader,
            Comparison servers) {}

    private volatile Optional<Shared> shared = Optional.empty();

    @Override
    public String name() {
        return "mysql";
    }

    @Override
    public Set<Integer> usualPorts() {
        return Set.of(USUAL_PORT);
    }

    @Override
    public boolean knowsUsers() {
        return true;
    }

    @Override
    public Detection detect(Direction direction, ByteBuf firstBytes) {
        return switch (direction) {
            case FROM_SERVER -> FirstBytes.ofServer(firstBytes);
            case FROM_CLIENT -> FirstBytes.ofClient(firstBytes);
        };
    }

    @Override
    public Preparation prepare(RunContext run) {
        return prepare(run, Comparison::summary);
    }

    private Preparation prepare(RunContext run, Function<Comparison, List<String>> told) {
        MysqlSettings settings;
        try {
            settings = MysqlSettings.of(run);
        } catch (SettingsException e) {
            return new Preparation(List.of(e.getMessage()), List.of());
        }
        OpenSessions open = new OpenSessions();
        Optional<SnapshotReader> reader =
                settings.join()
                        .account()
                        .map(account -> new SnapshotReader(account, settings.join().level(), open));
        Optional<String> trouble = reader.flatMap(SnapshotReader::trial);
        Comparison servers =
                settings.join()
                        .account()
                        .filter(_ -> trouble.isEmpty())
                        .map(account -> Preflight.of(account, settings.login(), run.target()))
                        .orElse(Comparison.NONE);
        shared =
                Optional.of(
                        new Shared(
                                settings,
                                new LoginAttempts(settings.login().failureLimit()),
                                open,
                                reader,
                                servers));
        List<String> warnings = new ArrayList<>();
        trouble.ifPresent(
                why ->
                        warnings.add(
                                "open sessions cannot be read, nor the servers compared: " + why));
        warnings.addAll(told.apply(servers));
        if (settings.login().users().isEmpty()) {
            warnings.add(
                    "mysql.users is empty, so no session can log in on the target: set"
                            + " mysql.users.<name>.password for each user, or for \"*\"");
        }
        List<String> allowed = run.settings().texts("allow");
        if (!allowed.isEmpty()) {
            warnings.add(
                    "mysql.allow sends to the target what is skipped by default: "
                            + String.join(", ", allowed));
        }
        if (settings.commands().rules().isReadOnly()) {
            warnings.add(
                    "mysql.read-only keeps back what may write as far as its text shows; the accounts of mysql.users should have no right to write either, for what stored functions do");
        }
        return new Preparation(List.of(), warnings);
    }

    /**
     * As {@link #prepare}, with each difference named; and logs each user in on the target once.
     */
    @Override
    public Preparation examine(RunContext run) {
        Preparation prepared = prepare(run, Comparison::lines);
        List<String> warnings = new ArrayList<>(prepared.warnings());
        shared.ifPresent(known -> warnings.addAll(refusedUsers(run, known.settings().login())));
        return new Preparation(prepared.problems(), warnings);
    }

    /** Reads the state of the sessions that wait to be joined. */
    @Override
    public Preparation refresh(RunContext run) {
        return new Preparation(
                List.of(),
                shared.flatMap(Shared::reader).map(SnapshotReader::look).orElse(List.of()));
    }

    @Override
    public Duration refreshInterval() {
        return shared.flatMap(known -> known.settings().join().account())
                .map(JoinSettings.Account::interval)
                .orElseGet(Protocol.super::refreshInterval);
    }

    /** Tells what commands came to, and how sessions that were open already were joined. */
    @Override
    public Conclusion conclude(RunContext run) {
        shared.flatMap(Shared::reader).ifPresent(SnapshotReader::close);
        List<Table> tables = new ArrayList<>();
        shared.ifPresent(
                known -> {
                    tables.addAll(known.settings().commands().figures().tables());
                    tables.addAll(known.open().tables());
                    tables.addAll(known.servers().tables());
                });
        return new Conclusion(tables, List.of());
    }

    /** Tries each user once. */
    private static List<String> refusedUsers(RunContext run, LoginSettings login) {
        LoginTrial trial = new LoginTrial(run.target(), login.targetTls());
        List<String> refused = new ArrayList<>();
        try {
            for (TargetUser user :
                    login.users().entrySet().stream()
                            .filter(e -> e.getValue().hash().isEmpty())
                            .map(Map.Entry::getValue)
                            .distinct()
                            .limit(MAX_TRIALS)
                            .toList()) {
                trial.refusal(user)
                        .ifPresent(
                                why ->
                                        refused.add(
                                                "the target refuses the login of '%s' (%s): its sessions will be left out"
                                                        .formatted(user.name(), why)));
            }
        } catch (IOException _) {
            // Whether the target can be reached is core's to tell.
        }
        return refused;
    }

    @Override
    public ProtocolSession open(SessionContext session) {
        Shared run =
                shared.orElseThrow(() -> new IllegalStateException("open comes after prepare"));
        if (run.reader().isPresent() && OwnSocketFactory.isOwn(session.client())) {
            // Our own connection to the online server is no part of what is rehearsed.
            return event -> {
                Unread.passOver(event);
                return List.of();
            };
        }
        return run.settings().commands().filters().open(session, () -> copy(session, run));
    }

    private static ProtocolSession copy(SessionContext session, Shared run) {
        MysqlSession plain = new MysqlSession(session, run.settings(), run.attempts(), run.open());
        return new DecompressedSession(
                plain, plain::compression, run.settings().commands().maxPacketBytes());
    }

    /**
     * The verdict hangs on the answers alone; beside it, what the report has a table of is counted.
     */
    @Override
    public Verdict compare(Exchange exchange, Optional<Reply> control) {
        if (exchange.online() instanceof LoginReply online
                && exchange.target() instanceof LoginReply target) {
            return compareLogins(online, target);
        }
        Optional<CommandSettings> settings = shared.map(known -> known.settings().commands());
        Strictness strictness = settings.map(CommandSettings::strictness).orElse(Strictness.USUAL);
        Verdict verdict = Replies.compare(exchange, control, strictness);
        if (verdict instanceof Verdict.Same && strictness.metadata() == Strictness.Metadata.NOTE) {
            settings.ifPresent(known -> known.figures().sameValues(exchange, Collations::describe));
        }
        return verdict;
    }

    private static Verdict compareLogins(LoginReply online, LoginReply target) {
        boolean same =
                switch (online) {
                    case LoginReply.Accepted _ -> target instanceof LoginReply.Accepted;
                    case LoginReply.Refused refused ->
                            target instanceof LoginReply.Refused(var error)
                                    && error.number() == refused.error().number();
                };
        return same
                ? new Verdict.Same()
                : new Verdict.Different(
                        online instanceof LoginReply.Accepted
                                ? "error-appeared"
                                : target instanceof LoginReply.Accepted
                                        ? "error-gone"
                                        : "error-changed",
                        online.describe(),
                        target.describe());
    }
}
