package dev.understudy.mysql.join;

import dev.understudy.mysql.wire.ServerVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Asks the online server what its open sessions are: the process list, and performance_schema where
 * it is on. Reads only, and only of the sessions that wait. Blocks; used by one thread at a time.
 */
public final class SnapshotReader implements AutoCloseable {
    /** Sessions that are asked for at a time; the others come next. */
    static final int MAX_CLIENTS = 500;

    /** Bytes of user variables of one session; one with more is joined without them. */
    static final int MAX_VARIABLE_BYTES = 1 << 16;

    /** Looks that are left out behind failed ones, at most. */
    static final int MAX_LEFT_OUT = 63;

    private static final int OLDEST_MAJOR = 8;

    private static final int UNKNOWN_TABLE = 1146;
    private static final int UNKNOWN_COLUMN = 1054;

    private static final Set<String> ALWAYS_READ =
            Set.of(
                    "character_set_client",
                    "character_set_results",
                    "collation_connection",
                    "last_insert_id");

    /** Of another session they say nothing, or nothing that can be given to another. */
    private static final Set<String> NEVER_READ =
            Set.of(
                    "character_set_connection",
                    "character_set_database",
                    "collation_database",
                    "pseudo_thread_id",
                    "timestamp");

    private final JoinSettings.Account account;
    private final JoinLevel least;
    private final OpenSessions sessions;
    private final NameResolver names;
    private Optional<ServerConnection> connection = Optional.empty();
    private boolean performanceSchema;
    private int failures;
    private int leftOut;
    private Optional<ServerVersion> version = Optional.empty();

    /** Looks names up; tests have their own. */
    interface NameResolver {
        InetAddress[] addressesOf(String name) throws UnknownHostException;
    }

    /** A row of the process list that is one of those asked for. */
    private record Listed(
            long id,
            String user,
            String database,
            Optional<Long> thread,
            InetSocketAddress client) {}

    /** Reads for the sessions that wait. */
    public SnapshotReader(JoinSettings.Account account, JoinLevel least, OpenSessions sessions) {
        this(account, least, sessions, InetAddress::getAllByName);
    }

    SnapshotReader(
            JoinSettings.Account account,
            JoinLevel least,
            OpenSessions sessions,
            NameResolver names) {
        this.account = account;
        this.least = least;
        this.sessions = sessions;
        this.names = names;
    }

    /**
     * Looks once, where any session waits.
     *
     * @return what the user should know
     */
    public List<String> look() {
        Collection<InetSocketAddress> waiting = sessions.waiting();
        if (waiting.isEmpty() || leftOut > 0) {
            leftOut = Math.max(0, leftOut - 1);
            return List.of();
        }
        List<InetSocketAddress> asked =
                waiting.stream().filter(client -> sessions.of(client).isEmpty()).toList();
        // Those that a reading did not suit are read again behind those that have none.
        List<InetSocketAddress> clients = new ArrayList<>(asked);
        waiting.stream().filter(client -> sessions.of(client).isPresent()).forEach(clients::add);
        return look(clients.subList(0, Math.min(MAX_CLIENTS, clients.size())));
    }

    /** Whether the online server lets itself be asked: nothing, or what is missing. */
    public Optional<String> trial() {
        try {
            connect();
            mayLook();
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(explained(e));
        } finally {
            // The capture, which begins later, would find it open.
            close();
        }
    }

    private List<String> look(List<InetSocketAddress> clients) {
        List<String> warnings = new ArrayList<>();
        try {
            connect();
            long before = now();
            long clock = serverClock();
            mayLook();
            List<Listed> listed = listed(clients, warnings);
            Map<Listed, OpenSession> found = new LinkedHashMap<>();
            if (!listed.isEmpty()) {
                found.putAll(state(listed, warnings));
            }
            long clockAfter = serverClock();
            long after = now();
            Map<InetSocketAddress, OpenSession> timed = new HashMap<>();
            found.forEach(
                    (row, session) ->
                            timed.put(
                                    row.client(),
                                    // Packets may have been stamped by either host's clock.
                                    between(
                                            session,
                                            Math.min(before, clock),
                                            Math.max(after, clockAfter))));
            sessions.found(timed);
            failures = 0;
        } catch (SQLException e) {
            leftOut = pause(++failures);
            if (e.getErrorCode() == 0 || !connected()) {
                close();
            }
            String why = explained(e);
            sessions.failed(why);
            warnings.add("open sessions cannot be read: " + why);
        }
        return warnings;
    }

    /**
     * A server that does not answer is not asked every time: looks to leave out.
     *
     * @param failures in a row
     */
    static int pause(int failures) {
        return (int) Math.min(MAX_LEFT_OUT, (1L << Math.min(failures - 1, 62)) - 1);
    }

    /** Why a server of this version is not asked, if it is not. */
    static Optional<String> tooOld(ServerVersion version) {
        return version.isMariaDb() || version.isAtLeast(OLDEST_MAJOR, 0, 0)
                ? Optional.empty()
                : Optional.of(
                        "the online server is %s: mysql.snapshot needs MySQL 8.0 or later, or MariaDB; leave it out, and set mysql.join: wait or default"
                                .formatted(version.text()));
    }

    private static OpenSession between(OpenSession s, long from, long to) {
        return new OpenSession(
                s.level(),
                s.connectionId(),
                s.version(),
                s.user(),
                s.database(),
                s.clientName(),
                s.variables(),
                s.userVariables(),
                s.statements(),
                s.obstacle(),
                s.lacks(),
                from,
                to);
    }

    private static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    private long serverClock() throws SQLException {
        long[] micros = new long[1];
        query(
                "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)",
                row -> micros[0] = row.getLong(1));
        return micros[0] * 1000;
    }

    private void connect() throws SQLException {
        if (connected()) {
            return;
        }
        close();
        connection = Optional.of(ServerConnection.toOnline(account));
        query(
                "SELECT VERSION(), @@performance_schema",
                row -> {
                    version = Optional.of(ServerVersion.parse(row.getString(1)));
                    performanceSchema = row.getBoolean(2);
                });
        Optional<String> refused = version.flatMap(SnapshotReader::tooOld);
        if (refused.isPresent()) {
            close();
            throw new SQLException(refused.get());
        }
    }

    private boolean connected() {
        return connection.map(ServerConnection::isValid).orElse(false);
    }

    /** Without the right to see others the process list is short, and says nothing of it. */
    private void mayLook() throws SQLException {
        query("SELECT COUNT(*) FROM information_schema.INNODB_TRX", _ -> {});
    }

    private List<Listed> listed(List<InetSocketAddress> clients, List<String> warnings)
            throws SQLException {
        Set<Integer> ports =
                clients.stream()
                        .map(InetSocketAddress::getPort)
                        .collect(Collectors.toCollection(TreeSet::new));
        String wanted =
                "WHERE SUBSTRING_INDEX(p.HOST, ':', -1) IN (%s)"
                        .formatted(
                                ports.stream()
                                        .map(port -> "'" + port + "'")
                                        .collect(Collectors.joining(",")));
        List<Listed> found = new ArrayList<>();
        Set<String> unresolved = new TreeSet<>();
        ServerConnection.Rows take =
                row ->
                        client(row.getString(3), clients, unresolved)
                                .ifPresent(client -> found.add(listedOf(row, client)));
        boolean mySql = !version.orElseThrow().isMariaDb();
        try {
            query(listing(mySql) + wanted, take);
        } catch (SQLException e) {
            if (!mySql || e.getErrorCode() != UNKNOWN_TABLE) {
                throw e;
            }
            // MySQL before 8.0.22.
            query(listing(false) + wanted, take);
        }
        if (!unresolved.isEmpty()) {
            warnings.add(
                    "the online server lists clients by names that are not those of the captured addresses (%s): set skip_name_resolve there, or make the names known here"
                            .formatted(
                                    unresolved.stream()
                                            .limit(5)
                                            .collect(Collectors.joining(", "))));
        }
        return found;
    }

    /** The process list, by performance_schema's own table or by the older one. */
    private String listing(boolean ofPerformanceSchema) {
        if (!performanceSchema) {
            return "SELECT p.ID, p.USER, p.HOST, p.DB, NULL FROM information_schema.PROCESSLIST p ";
        }
        return "SELECT p.ID, p.USER, p.HOST, p.DB, t.THREAD_ID FROM "
                + (ofPerformanceSchema
                        ? "performance_schema.processlist"
                        : "information_schema.PROCESSLIST")
                + " p LEFT JOIN performance_schema.threads t ON t.PROCESSLIST_ID = p.ID ";
    }

    /** Wrapped so that the row is read at once. */
    private static Listed listedOf(ResultSet row, InetSocketAddress client) {
        try {
            long thread = row.getLong(5);
            boolean noThread = row.wasNull();
            return new Listed(
                    row.getLong(1),
                    row.getString(2),
                    Optional.ofNullable(row.getString(4)).orElse(""),
                    noThread ? Optional.empty() : Optional.of(thread),
                    client);
        } catch (SQLException e) {
            throw new IllegalStateException("a row of the process list cannot be read", e);
        }
    }

    /** Which of the clients a row's {@code host:port} is; its host may be a name. */
    private Optional<InetSocketAddress> client(
            String listed, List<InetSocketAddress> clients, Set<String> unresolved) {
        int colon = listed.lastIndexOf(':');
        String host = listed.substring(0, colon);
        String port = listed.substring(colon + 1);
        List<InetSocketAddress> samePort =
                clients.stream().filter(c -> String.valueOf(c.getPort()).equals(port)).toList();
        for (InetSocketAddress client : samePort) {
            if (client.getAddress().getHostAddress().equals(host)) {
                return Optional.of(client);
            }
        }
        try {
            // Of an address in digits nothing is looked up.
            List<InetAddress> addresses = Arrays.asList(names.addressesOf(host));
            Optional<InetSocketAddress> named =
                    samePort.stream().filter(c -> addresses.contains(c.getAddress())).findFirst();
            if (named.isEmpty() && !host.matches("[0-9a-fA-F:.]+")) {
                unresolved.add(host);
            }
            return named;
        } catch (UnknownHostException _) {
            unresolved.add(host);
            return Optional.empty();
        }
    }

    private Map<Listed, OpenSession> state(List<Listed> listed, List<String> warnings)
            throws SQLException {
        Map<Long, Listed> byThread = new HashMap<>();
        listed.forEach(row -> row.thread().ifPresent(thread -> byThread.put(thread, row)));
        Map<Listed, Map<String, String>> variables = new HashMap<>();
        Map<Listed, Map<String, Optional<String>>> userVariables = new HashMap<>();
        Map<Listed, List<OpenSession.Statement>> statements = new HashMap<>();
        Map<Listed, String> obstacles = new HashMap<>();
        Map<Listed, String> lacks = new HashMap<>();
        Map<Listed, String> clientNames = new HashMap<>();
        boolean whole = !byThread.isEmpty() && variables(byThread, variables);
        if (whole) {
            String threads = in(byThread.keySet());
            Set<Listed> large = withLargeVariables(byThread);
            large.forEach(
                    row ->
                            lacks.put(
                                    row,
                                    "user variables not restored: more than %d bytes in one session"
                                            .formatted(MAX_VARIABLE_BYTES)));
            query(
                    "SELECT THREAD_ID, VARIABLE_NAME, LEFT(VARIABLE_VALUE, %d)"
                                    .formatted(MAX_VARIABLE_BYTES + 1)
                            + " FROM performance_schema.user_variables_by_thread WHERE THREAD_ID IN "
                            + in(
                                    byThread.entrySet().stream()
                                            .filter(entry -> !large.contains(entry.getValue()))
                                            .map(Map.Entry::getKey)
                                            .collect(
                                                    Collectors.toCollection(
                                                            SnapshotReader::noThread))),
                    row ->
                            userVariables
                                    .computeIfAbsent(
                                            byThread.get(row.getLong(1)),
                                            _ -> new LinkedHashMap<>())
                                    .put(
                                            row.getString(2),
                                            Optional.ofNullable(row.getBytes(3))
                                                    .map(
                                                            bytes ->
                                                                    new String(
                                                                            bytes,
                                                                            StandardCharsets
                                                                                    .UTF_8))));
            query(
                    "SELECT OWNER_THREAD_ID, STATEMENT_ID, STATEMENT_NAME, SQL_TEXT"
                            + " FROM performance_schema.prepared_statements_instances"
                            + " WHERE OWNER_THREAD_ID IN "
                            + threads
                            + " ORDER BY STATEMENT_ID",
                    row ->
                            statements
                                    .computeIfAbsent(
                                            byThread.get(row.getLong(1)), _ -> new ArrayList<>())
                                    .add(
                                            new OpenSession.Statement(
                                                    row.getLong(2),
                                                    Optional.ofNullable(row.getString(3)),
                                                    row.getString(4))));
            obstacles(listed, byThread, obstacles);
            Map<Long, Listed> byId =
                    listed.stream().collect(Collectors.toMap(Listed::id, row -> row));
            query(
                    "SELECT PROCESSLIST_ID, ATTR_VALUE FROM performance_schema.session_connect_attrs"
                            + " WHERE ATTR_NAME = '_client_name' AND PROCESSLIST_ID IN "
                            + in(byId.keySet()),
                    row -> clientNames.put(byId.get(row.getLong(1)), row.getString(2)));
        } else if (least == JoinLevel.SNAPSHOT) {
            warnings.add(
                    "the online server's performance_schema is off, or does not show the variables of its sessions: with mysql.join: observed user and database are taken from its process list, and the rest is what is seen since");
        }
        Map<Listed, OpenSession> found = new LinkedHashMap<>();
        for (Listed row : listed) {
            boolean complete = whole && variables.containsKey(row);
            found.put(
                    row,
                    new OpenSession(
                            complete ? JoinLevel.SNAPSHOT : JoinLevel.OBSERVED,
                            row.id(),
                            version.orElseThrow(),
                            row.user(),
                            row.database(),
                            clientNames.getOrDefault(row, ""),
                            variables.getOrDefault(row, Map.of()),
                            userVariables.getOrDefault(row, Map.of()),
                            statements.getOrDefault(row, List.of()),
                            Optional.ofNullable(obstacles.get(row)),
                            Optional.ofNullable(lacks.get(row)).stream().toList(),
                            0,
                            0));
        }
        return found;
    }

    /** Those whose user variables are too many bytes to be read. */
    private Set<Listed> withLargeVariables(Map<Long, Listed> byThread) throws SQLException {
        Set<Listed> large = new HashSet<>();
        query(
                "SELECT THREAD_ID FROM performance_schema.user_variables_by_thread"
                        + " WHERE THREAD_ID IN "
                        + in(byThread.keySet())
                        + " GROUP BY THREAD_ID HAVING SUM(LENGTH(VARIABLE_VALUE)) > "
                        + MAX_VARIABLE_BYTES,
                row -> large.add(byThread.get(row.getLong(1))));
        return large;
    }

    /** Whether the server shows the variables of its sessions at all. */
    private boolean variables(
            Map<Long, Listed> byThread, Map<Listed, Map<String, String>> variables)
            throws SQLException {
        String always =
                ALWAYS_READ.stream()
                        .map(name -> "'" + name + "'")
                        .collect(Collectors.joining(",", "(", ")"));
        String never =
                NEVER_READ.stream()
                        .map(name -> "'" + name + "'")
                        .collect(Collectors.joining(",", "(", ")"));
        try {
            query(
                    "SELECT v.THREAD_ID, v.VARIABLE_NAME, v.VARIABLE_VALUE"
                            + " FROM performance_schema.variables_by_thread v"
                            + " LEFT JOIN performance_schema.global_variables g"
                            + " ON g.VARIABLE_NAME = v.VARIABLE_NAME"
                            + " WHERE v.THREAD_ID IN "
                            + in(byThread.keySet())
                            + " AND v.VARIABLE_NAME NOT IN "
                            + never
                            + " AND (v.VARIABLE_NAME IN "
                            + always
                            + " OR g.VARIABLE_NAME IS NOT NULL"
                            + " AND NOT v.VARIABLE_VALUE <=> g.VARIABLE_VALUE)",
                    row ->
                            variables
                                    .computeIfAbsent(
                                            byThread.get(row.getLong(1)),
                                            _ -> new LinkedHashMap<>())
                                    .put(
                                            row.getString(2),
                                            Optional.ofNullable(row.getString(3)).orElse("")));
            return !variables.isEmpty();
        } catch (SQLException e) {
            if (e.getErrorCode() == UNKNOWN_TABLE || e.getErrorCode() == UNKNOWN_COLUMN) {
                return false;
            }
            throw e;
        }
    }

    private void obstacles(
            List<Listed> listed, Map<Long, Listed> byThread, Map<Listed, String> obstacles)
            throws SQLException {
        query(
                "SELECT OWNER_THREAD_ID, OBJECT_TYPE FROM performance_schema.metadata_locks"
                        + " WHERE OWNER_THREAD_ID IN "
                        + in(byThread.keySet())
                        + " AND (OBJECT_TYPE = 'USER LEVEL LOCK' OR LOCK_TYPE IN"
                        + " ('SHARED_NO_READ_WRITE', 'SHARED_READ_ONLY'))",
                row ->
                        obstacles.put(
                                byThread.get(row.getLong(1)),
                                row.getString(2).equals("TABLE")
                                        ? "it holds LOCK TABLES"
                                        : "it holds GET_LOCK"));
        Map<Long, Listed> byId = listed.stream().collect(Collectors.toMap(Listed::id, row -> row));
        try {
            query(
                    "SELECT ID FROM information_schema.INNODB_SESSION_TEMP_TABLESPACES"
                            + " WHERE PURPOSE = 'USER' AND ID IN "
                            + in(byId.keySet()),
                    row -> obstacles.put(byId.get(row.getLong(1)), "it has a temporary table"));
        } catch (SQLException e) {
            if (e.getErrorCode() != 1109 && e.getErrorCode() != UNKNOWN_TABLE) {
                throw e;
            }
            // Before 8.0.13: not known.
        }
    }

    /** No thread has the id 0; an empty list is no SQL. */
    private static Set<Long> noThread() {
        return new HashSet<>(Set.of(0L));
    }

    private static String in(Set<Long> ids) {
        return ids.stream().map(String::valueOf).collect(Collectors.joining(",", "(", ")"));
    }

    private void query(String sql, ServerConnection.Rows rows) throws SQLException {
        connection.orElseThrow().query(sql, rows);
    }

    /** With what to do next. */
    private String explained(SQLException e) {
        String who = "'%s' at %s:%d".formatted(account.user(), account.host(), account.port());
        return switch (e.getErrorCode()) {
            case 1227 -> "the account %s lacks PROCESS: GRANT PROCESS ON *.* TO it".formatted(who);
            case 1142, 1143 ->
                    "the account %s may not read performance_schema: GRANT SELECT ON performance_schema.* TO it (%s)"
                            .formatted(who, e.getMessage());
            case 1044, 1045 ->
                    "the login of %s was refused: set mysql.snapshot.user and .password (%s)"
                            .formatted(who, e.getMessage());
            default -> "%s: %s".formatted(who, e.getMessage());
        };
    }

    @Override
    public void close() {
        connection.ifPresent(ServerConnection::close);
        connection = Optional.empty();
    }
}
