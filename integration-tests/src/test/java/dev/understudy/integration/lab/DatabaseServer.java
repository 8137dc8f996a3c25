package dev.understudy.integration.lab;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A real MySQL or MariaDB on loopback, with its general log on and root's password {@code root}.
 */
public final class DatabaseServer implements AutoCloseable {
    /** The lab's tree of MariaDB 10.11. */
    public static final String MARIADB_10 = "mariadb1011";

    /** The lab's tree of MariaDB 11.8. */
    public static final String MARIADB_11 = "mariadb118";

    /** The lab's tree of MySQL 9. */
    public static final String MYSQL_9 = "mysql97";

    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final String LOG = "/var/lib/mysql/general.log";

    private final String name;
    private final String tree;
    private final String host;
    private final Map<String, String> environment;
    private final List<String> options;
    private final int port;

    private DatabaseServer(
            String tree, String host, Map<String, String> environment, List<String> options) {
        this.name = "it-%d-%d".formatted(ProcessHandle.current().pid(), NUMBERS.incrementAndGet());
        this.tree = tree;
        this.host = host;
        this.environment = environment;
        this.options = options;
        startAt(0);
        this.port = Integer.parseInt(where().get(2));
    }

    /** Starts one on a free port; returns when it takes clients. */
    public static DatabaseServer start(String tree, String... options) {
        return new DatabaseServer(tree, "127.0.0.1", Map.of(), List.of(options));
    }

    /** Starts one in a network namespace, on an address that is there. */
    public static DatabaseServer startIn(
            String namespace, String host, String tree, String... options) {
        return new DatabaseServer(
                tree, host, Map.of("LAB_NETNS", namespace, "LAB_BIND", host), List.of(options));
    }

    private void startAt(int wantedPort) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Project.lab("server.sh"),
                                "start",
                                name,
                                tree,
                                String.valueOf(wantedPort)));
        command.add("--general-log=1");
        command.add("--general-log-file=" + LOG);
        if (tree.equals(MYSQL_9)) {
            // Else it logs only what it could parse, with passwords made unreadable.
            command.add("--log-raw=1");
        }
        command.addAll(options);
        Shell.run(environment, command);
    }

    /** Tree, address, port, namespace, pid. */
    private List<String> where() {
        return Splitter.on(CharMatcher.whitespace())
                .omitEmptyStrings()
                .splitToList(Shell.run(Project.lab("server.sh"), "where", name));
    }

    /** Sends it a signal: {@code STOP}, {@code CONT}. */
    public void signal(String signal) {
        Shell.run("kill", "-" + signal, where().get(4));
    }

    /** Kills it (SIGKILL), and waits until it is gone. */
    public void kill() {
        ProcessHandle process = ProcessHandle.of(Long.parseLong(where().get(4))).orElseThrow();
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Starts it anew at its port, without data, after it was killed. */
    public void startAgain() {
        startAt(port);
    }

    /** Whether it is Oracle's. */
    public boolean isMySql() {
        return tree.equals(MYSQL_9);
    }

    /** The lab's tree it was started from. */
    public String tree() {
        return tree;
    }

    /** 1..65535. */
    public int port() {
        return port;
    }

    /** As Understudy's options want it. */
    public String address() {
        return host + ":" + port;
    }

    /** Runs SQL as root, and gives the rows: columns by tab, rows by line end. */
    public String sql(String... statements) {
        return Shell.run(
                Stream.concat(
                                Stream.of(Project.lab("server.sh"), "sql", name, "-Nse"),
                                Stream.of(String.join(";", statements)))
                        .toArray(String[]::new));
    }

    /** What its sessions asked, by its own account. */
    public GeneralLog generalLog() {
        sql("flush general logs");
        return GeneralLog.read(
                Path.of(Shell.run(Project.lab("server.sh"), "path", name, LOG).strip()));
    }

    @Override
    public void close() {
        Shell.run(Project.lab("server.sh"), "stop", name);
    }
}
