package dev.understudy.mysql;

import dev.understudy.mysql.command.Bystander;
import dev.understudy.mysql.join.JoinLevel;
import dev.understudy.mysql.join.JoinSettings;
import dev.understudy.mysql.join.OpenSession;
import dev.understudy.mysql.join.OpenSessions;
import dev.understudy.mysql.login.OnlineLogin;
import dev.understudy.mysql.sql.SessionEffect;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.ForReaders;
import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.mysql.wire.ServerVersion;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A session that was open before the capture saw it, until its copy begins: at the first proven
 * command outside of a transaction before which its state is known.
 */
final class MidwayPhase {
    /** How far the stamps of a capture and the clock of a reading may be apart. */
    static final long CLOCK_MARGIN_NANOS = 20_000_000;

    /** Clients that have UPDATE count the rows it found, unless told otherwise. */
    private static final Set<String> FOUND_ROWS_CLIENTS =
            Set.of("MySQL Connector/J", "MariaDB Connector/J", "Node-MySQL-2");

    /** What an online server's version is taken for where nobody tells it. */
    private static final ServerVersion ANY_VERSION = ServerVersion.parse("8.0.0");

    /**
     * What the copy of a session begins with.
     *
     * @param capabilities of client and server, as far as bytes show them
     * @param status of the last captured answer
     * @param later what has changed since the state was read
     */
    record Beginning(
            OpenSession state,
            Capabilities capabilities,
            int status,
            List<Bystander.Change> later) {
        /** The login that the client will have made. */
        OnlineLogin login() {
            return OnlineLogin.ofOpen(
                    state.version(),
                    state.connectionId(),
                    FOUND_ROWS_CLIENTS.contains(state.clientName())
                            ? capabilities.with(Capabilities.FOUND_ROWS)
                            : capabilities,
                    state.variables().getOrDefault("collation_connection", ""),
                    state.user(),
                    state.database(),
                    status);
        }
    }

    private final JoinSettings settings;
    private final OpenSessions sessions;
    private final InetSocketAddress client;
    private final Bystander bystander;
    private long firstSeen = Long.MIN_VALUE;
    private String waitsFor = "no command could be proven: is it compressed or encrypted?";
    private Optional<Beginning> beginning = Optional.empty();
    private boolean over;

    MidwayPhase(
            JoinSettings settings,
            OpenSessions sessions,
            InetSocketAddress client,
            int maxPacketBytes) {
        this.settings = settings;
        this.sessions = sessions;
        this.client = client;
        this.bystander = new Bystander(maxPacketBytes);
    }

    /** What to begin with, once that is known; the command that it begins with was left unread. */
    Optional<Beginning> beginning() {
        return beginning;
    }

    boolean isOver() {
        return over;
    }

    void on(SessionEvent event, List<SessionAction> out) {
        if (settings.level() == JoinLevel.WAIT) {
            leaveOut(
                    "the connection was open before the capture began, so its user and state are not known: let it connect anew, or set mysql.snapshot",
                    out);
            return;
        }
        switch (event) {
            case SessionEvent.Captured captured -> read(captured, out);
            case SessionEvent.CapturedGap gap -> bystander.gap(gap.timeNanos());
            case SessionEvent.CapturedEnd _ ->
                    leaveOut("it ended before it could be joined: " + waitsFor, out);
            case SessionEvent.CapturedTlsFailed _,
                    SessionEvent.TargetUp _,
                    SessionEvent.Target _,
                    SessionEvent.TargetEnd _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Expired _,
                    SessionEvent.Wakeup _ -> {}
        }
    }

    private void read(SessionEvent.Captured captured, List<SessionAction> out) {
        long now = captured.times().at(captured.offset());
        if (firstSeen == Long.MIN_VALUE) {
            firstSeen = now;
            if (!sessions.await(client)) {
                leaveOut("too many sessions wait to be joined", out);
                return;
            }
        }
        if (bystander.read(captured, this::begins)) {
            sessions.forget(client);
        } else if (now - firstSeen > settings.patience().toNanos()) {
            leaveOut(
                    "it could not be joined within %d s (mysql.join-patience): %s"
                            .formatted(settings.patience().toSeconds(), waitsFor),
                    out);
        }
    }

    private void leaveOut(String detail, List<SessionAction> out) {
        if (!over) {
            over = true;
            if (firstSeen != Long.MIN_VALUE) {
                sessions.forget(client);
                sessions.count("not joined");
            }
            out.add(new SessionAction.LeaveOut("joined-midway", ForReaders.line(detail)));
        }
    }

    /** Whether the copy begins with the command whose first byte was captured at this time. */
    private boolean begins(long timeNanos) {
        Optional<Capabilities> capabilities = bystander.capabilities();
        if (capabilities.isEmpty()) {
            return waitFor("no rows and no text were seen that would show what it agreed on");
        }
        if (!bystander.isOutsideOfTransaction()) {
            return waitFor("a transaction is open, or may be");
        }
        Optional<OpenSession> state =
                settings.account().isPresent() ? read(timeNanos) : Optional.of(byConfiguration());
        state.ifPresent(
                known ->
                        beginning =
                                Optional.of(
                                        new Beginning(
                                                autocommitting(known),
                                                capabilities.get(),
                                                bystander.status().orElseThrow(),
                                                laterThan(known.toNanos()))));
        return state.isPresent();
    }

    /** What every answer of the server says need not be read from its tables. */
    private OpenSession autocommitting(OpenSession state) {
        boolean on =
                bystander
                        .status()
                        .filter(bits -> (bits & OkPacket.STATUS_AUTOCOMMIT) != 0)
                        .isPresent();
        return on ? state : state.withoutAutocommit();
    }

    private boolean waitFor(String what) {
        waitsFor = what;
        return false;
    }

    private OpenSession byConfiguration() {
        return new OpenSession(
                JoinLevel.DEFAULT,
                0,
                ANY_VERSION,
                settings.user(),
                settings.database(),
                "",
                Map.of(),
                Map.of(),
                List.of(),
                Optional.empty(),
                List.of(),
                bystander.knownSince() - 1,
                bystander.knownSince() - 1);
    }

    /** What the online server told, if that still holds at this time. */
    private Optional<OpenSession> read(long timeNanos) {
        Optional<OpenSession> last = sessions.of(client);
        if (last.isEmpty()) {
            waitFor(sessions.trouble());
            return Optional.empty();
        }
        OpenSession state = last.get();
        long from = state.fromNanos() - CLOCK_MARGIN_NANOS;
        long to = state.toNanos() + CLOCK_MARGIN_NANOS;
        if (state.level().compareTo(settings.level()) > 0) {
            waitFor("its variables cannot be read (mysql.join: observed does without them)");
        } else if (state.obstacle().isPresent()) {
            waitFor(state.obstacle().get() + ", which the target has not");
        } else if (from <= bystander.knownSince() || to > timeNanos || changedBetween(from, to)) {
            waitFor("its state may have changed since, or while, it was read");
        } else if (executesMoreThanData(state, from)) {
            waitFor("a statement that changes its state was executed");
        } else {
            return last;
        }
        return Optional.empty();
    }

    private boolean changedBetween(long from, long to) {
        return bystander.changes().stream()
                .anyMatch(change -> change.toNanos() >= from && change.fromNanos() <= to);
    }

    /** Whether a statement was executed since of which it is not known that it changes no state. */
    private boolean executesMoreThanData(OpenSession state, long from) {
        Map<Long, byte[]> texts = new HashMap<>();
        state.statements().stream()
                .filter(statement -> statement.name().isEmpty() && statement.isWhole())
                .forEach(
                        statement ->
                                texts.put(
                                        statement.id(),
                                        statement.sql().getBytes(StandardCharsets.UTF_8)));
        for (Bystander.Change change : bystander.changes()) {
            if (change instanceof Bystander.Change.Prepared prepared) {
                texts.put(prepared.id(), prepared.sql());
            }
        }
        return state.level() == JoinLevel.SNAPSHOT
                && bystander.executedSince(from).stream()
                        .map(id -> texts.getOrDefault(id, new byte[0]))
                        .anyMatch(sql -> SessionEffect.of(sql, 0) != SessionEffect.NONE);
    }

    private List<Bystander.Change> laterThan(long timeNanos) {
        return bystander.changes().stream()
                .filter(change -> change.fromNanos() > timeNanos)
                .toList();
    }
}
