package dev.understudy.integration.lab;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A MariaDB as the online server and another server as the target, with the same data, the same
 * user and another password. On the target every session begins with statements of the server's own
 * ({@code init_connect}), so that no statement id there agrees with production's by chance.
 */
public final class Rehearsed implements AutoCloseable {
    /** The user of both servers. */
    public static final String USER = "app";

    private static final String DATABASE = "app";
    static final String ONLINE_PASSWORD = "online-pw";
    static final String TARGET_PASSWORD = "target-pw, not the same";
    private static final List<String> SHIFT =
            List.of("prepare shift from 'select ''shift'' '", "deallocate prepare shift");

    private final DatabaseServer online;
    private final DatabaseServer target;
    private final Path config;

    private Rehearsed(DatabaseServer online, DatabaseServer target, Path config) {
        this.online = online;
        this.target = target;
        this.config = config;
    }

    /** Starts both, and fills them. */
    public static Rehearsed start(String onlineTree, String targetTree) {
        DatabaseServer online = DatabaseServer.start(onlineTree);
        DatabaseServer target =
                DatabaseServer.start(
                        targetTree,
                        "--init-connect="
                                + String.join(";", SHIFT)
                                + ";"
                                + String.join(";", SHIFT));
        fill(online, ONLINE_PASSWORD);
        fill(target, TARGET_PASSWORD);
        try {
            Path config = Files.createTempFile("understudy-it", ".yaml");
            Files.writeString(
                    config,
                    """
                    mysql:
                      users:
                        app: { password: "${env:TARGET_PASSWORD}" }
                    """);
            return new Rehearsed(online, target, config);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the target again, after it was killed, with the data it had at first. */
    public void startTargetAgain() {
        target.startAgain();
        fill(target, TARGET_PASSWORD);
    }

    /** The passwords that no output may hold. */
    public static List<String> passwords() {
        return List.of(ONLINE_PASSWORD, TARGET_PASSWORD);
    }

    private static void fill(DatabaseServer server, String password) {
        server.sql(
                "create database if not exists app character set utf8mb4",
                "use app",
                "create table item (id int primary key, name varchar(50), price decimal(10,2), born"
                        + " date)",
                "insert into item values (1,'item 1',1.50,'2001-01-01'),(2,'item"
                        + " 2',2.50,'2002-02-02'),(3,'größe',3.75,null),(4,'item"
                        + " 4',null,'2004-04-04'),(5,'item 5',5,'2005-05-05')",
                "create table note (id int auto_increment primary key, text varchar(200), amount"
                        + " decimal(10,2))",
                "insert into note (text, amount) values ('first', 1)",
                "create user app@'%' identified by '" + password + "'",
                "grant all on app.* to app@'%'");
    }

    /** The online server. */
    public DatabaseServer online() {
        return online;
    }

    /** The target server. */
    public DatabaseServer target() {
        return target;
    }

    /** Clients of the online server. */
    public Clients clients() {
        return new Clients(online.port(), USER, ONLINE_PASSWORD, DATABASE);
    }

    /** The same clients at the target, for what must be there before the copy. */
    public Clients clientsOfTarget() {
        return new Clients(target.port(), USER, TARGET_PASSWORD, DATABASE);
    }

    /** Starts a copy to another target or of other users, and waits until it captures. */
    public Understudy copyTo(String targetAddress, Path otherConfig, String... further) {
        return Understudy.start(
                        secrets(),
                        arguments(List.of("copy", "-i", "lo"), targetAddress, otherConfig, further))
                .awaitCapturing();
    }

    /** Starts a replay in causal order with another configuration. */
    public Understudy replayTo(Path recording, Path otherConfig) {
        return Understudy.start(
                secrets(),
                arguments(List.of("replay", recording.toString()), target.address(), otherConfig));
    }

    /** Starts a copy off the loopback interface, and waits until it captures. */
    public Understudy copy(String... further) {
        return Understudy.start(secrets(), arguments(List.of("copy", "-i", "lo"), further))
                .awaitCapturing();
    }

    /** Replays a recording to its end. */
    public Understudy.Ended replay(Path recording, String... further) {
        try (Understudy run =
                Understudy.start(
                        secrets(), arguments(List.of("replay", recording.toString()), further))) {
            return run.ended();
        }
    }

    /** Replays what comes from standard input to its end. */
    public Understudy.Ended replayPiped(Path recording, String... further) {
        try (Understudy run =
                Understudy.start(
                        secrets(), arguments(List.of("replay", "-"), further), recording)) {
            return run.ended();
        }
    }

    private List<String> arguments(List<String> command, String... further) {
        return arguments(command, target.address(), config, further);
    }

    private List<String> arguments(
            List<String> command, String targetAddress, Path withConfig, String... further) {
        List<String> arguments = new ArrayList<>(command);
        arguments.addAll(
                List.of(
                        "--online",
                        online.address(),
                        "--target",
                        targetAddress,
                        "--protocol",
                        "mysql",
                        "--config",
                        withConfig.toString()));
        arguments.addAll(Arrays.asList(further));
        return arguments;
    }

    private static Map<String, String> secrets() {
        return Map.of("TARGET_PASSWORD", TARGET_PASSWORD);
    }

    /**
     * What each session of the user executed on a server, sessions in a fixed order: without what
     * the target's own {@code init_connect} did, statements of one text each for itself (as MySQL
     * logs them), and each prepared text once (MySQL logs it again where it prepares anew).
     */
    public static List<List<String>> executed(DatabaseServer server, int fromSession) {
        return server.generalLog().sessionsOf(USER).stream()
                .skip(fromSession)
                .map(session -> comparable(session.statements()))
                .sorted((a, b) -> a.toString().compareTo(b.toString()))
                .toList();
    }

    private static List<String> comparable(List<String> logged) {
        List<String> statements = new ArrayList<>();
        for (String line : logged) {
            if (line.contains("shift")
                    || (line.startsWith("Prepare") && statements.contains(line))) {
                continue;
            }
            if (line.startsWith("Query\t")) {
                Splitter.on(';')
                        .trimResults()
                        .omitEmptyStrings()
                        .split(line.substring("Query\t".length()))
                        .forEach(one -> statements.add("Query\t" + one));
            } else {
                statements.add(line);
            }
        }
        return statements;
    }

    /** Sessions of the user so far. */
    public static int sessions(DatabaseServer server) {
        return server.generalLog().sessionsOf(USER).size();
    }

    @Override
    public void close() {
        online.close();
        target.close();
    }
}
