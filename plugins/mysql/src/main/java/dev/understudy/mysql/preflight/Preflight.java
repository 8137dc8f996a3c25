package dev.understudy.mysql.preflight;

import dev.understudy.mysql.join.JoinSettings;
import dev.understudy.mysql.join.ServerConnection;
import dev.understudy.mysql.login.LoginSettings;
import dev.understudy.mysql.login.TargetUser;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Holds the two servers against each other, and says what each difference will do. */
public final class Preflight {
    /** Differences of tables and columns that are named; the others are counted. */
    static final int MAX_NAMED = 50;

    /** For both servers together, from connecting on: less than a run gives to a plugin. */
    private static final Duration LIMIT = Duration.ofSeconds(15);

    /**
     * A setting whose every difference tells.
     *
     * @param effect of a difference
     * @param names it goes by, the first one for the user
     * @param lackedAs the value that a server without this setting acts by; empty where that is not
     *     known, and nothing can be said of a server that lacks it
     */
    private record Setting(String effect, List<String> names, Optional<String> lackedAs) {
        Setting(String effect, String... names) {
            this(effect, List.of(names), Optional.empty());
        }

        Setting lackedAs(String value) {
            return new Setting(effect, names, Optional.of(value));
        }

        /** What it is on either server, be that the same or not; empty where one is not known. */
        Optional<Difference> between(ServerFacts online, ServerFacts target) {
            return of(online)
                    .flatMap(
                            here ->
                                    of(target)
                                            .map(
                                                    there ->
                                                            new Difference(
                                                                    names.getFirst(),
                                                                    here,
                                                                    there,
                                                                    effect)));
        }

        private Optional<String> of(ServerFacts server) {
            return names.stream()
                    .filter(server.variables()::containsKey)
                    .findFirst()
                    .map(server.variables()::get)
                    // A scheduler that cannot be switched on does as little as one that is off.
                    .map(value -> value.equals("DISABLED") ? "OFF" : value)
                    .or(this::lackedAs);
        }
    }

    private static final List<Setting> SETTINGS =
            List.of(
                    new Setting("expect the differences of versions, see docs/mysql.md", "version"),
                    new Setting(
                            "statements may be refused there, or store and return other values",
                            "sql_mode"),
                    new Setting("NOW() and TIMESTAMP columns show other times", "time_zone"),
                    new Setting(
                            "NOW() and TIMESTAMP columns show other times, where time_zone is SYSTEM",
                            "system_time_zone"),
                    new Setting(
                            "transactions see, and lock, other rows",
                            "transaction_isolation",
                            "tx_isolation"),
                    new Setting(
                            "names written in another case are found on one server only",
                            "lower_case_table_names"),
                    new Setting(
                            "texts and tables without a character set of their own get another",
                            "character_set_server"),
                    new Setting(
                            "texts and tables without a collation of their own sort and compare otherwise",
                            "collation_server"),
                    new Setting("sessions begin in another mode", "autocommit"),
                    new Setting("generated keys have other steps", "auto_increment_increment"),
                    new Setting("generated keys begin elsewhere", "auto_increment_offset"),
                    new Setting("long GROUP_CONCAT is cut elsewhere", "group_concat_max_len"),
                    new Setting(
                                    "columns TIMESTAMP without a default get another",
                                    "explicit_defaults_for_timestamp")
                            .lackedAs("OFF"),
                    new Setting("tables without a key are refused", "sql_require_primary_key")
                            .lackedAs("OFF"),
                    new Setting("LOAD DATA LOCAL is refused on one server", "local_infile"),
                    new Setting("writes are refused on one server", "read_only"),
                    new Setting(
                            "events change the data of one server only, or of both twice",
                            "event_scheduler"));

    /** Settings of which the target needs at least as much. */
    private static final List<Setting> AT_LEAST =
            List.of(
                    new Setting("sessions past it are refused with error 1040", "max_connections"),
                    new Setting(
                            "larger statements and values fail there with error 1153",
                            "max_allowed_packet"),
                    new Setting(
                            "prepares past it fail there with error 1461",
                            "max_prepared_stmt_count"));

    private Preflight() {}

    /** Reads both servers. */
    public static Comparison of(
            JoinSettings.Account account, LoginSettings users, InetSocketAddress target) {
        Optional<TargetUser> user =
                users.users().values().stream()
                        .filter(
                                candidate ->
                                        candidate.hash().isEmpty() && !candidate.name().equals("*"))
                        .min(Comparator.comparing(TargetUser::name));
        return user.map(
                        known ->
                                within(
                                        LIMIT,
                                        new FutureTask<>(
                                                () ->
                                                        read(
                                                                account,
                                                                known,
                                                                target,
                                                                users.targetTls()))))
                .orElseGet(
                        () ->
                                Comparison.notMade(
                                        "mysql.users names nobody with a password to look at the target with"));
    }

    static Comparison within(Duration limit, FutureTask<Comparison> reading) {
        Thread.ofVirtual().name("mysql-preflight").start(reading);
        try {
            return reading.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            return Comparison.notMade(
                    "the servers took more than %d ms to answer".formatted(limit.toMillis()));
        } catch (ExecutionException e) {
            return Comparison.notMade(String.valueOf(e.getCause().getMessage()));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return Comparison.notMade("it was interrupted");
        } finally {
            // A thread that still waits for a server is let go, with its sockets.
            reading.cancel(true);
        }
    }

    private static Comparison read(
            JoinSettings.Account account, TargetUser user, InetSocketAddress target, boolean tls)
            throws SQLException {
        List<String> names =
                Stream.of(SETTINGS, AT_LEAST)
                        .flatMap(List::stream)
                        .flatMap(setting -> setting.names().stream())
                        .toList();
        ServerFacts online;
        try (ServerConnection connection = ServerConnection.toOnline(account)) {
            online = ServerFacts.of(connection, names);
        } catch (SQLException e) {
            throw new SQLException(
                    "the online server, as '%s': %s".formatted(account.user(), e.getMessage()), e);
        }
        try (ServerConnection connection =
                ServerConnection.toTarget(target, user.name(), user.password(), tls)) {
            return between(online, ServerFacts.of(connection, names));
        } catch (SQLException e) {
            throw new SQLException(
                    "the target, as '%s': %s".formatted(user.name(), e.getMessage()), e);
        }
    }

    static Comparison between(ServerFacts online, ServerFacts target) {
        List<Difference> found = new ArrayList<>();
        for (Setting setting : SETTINGS) {
            setting.between(online, target)
                    .filter(pair -> !pair.online().equalsIgnoreCase(pair.target()))
                    .ifPresent(found::add);
        }
        for (Setting setting : AT_LEAST) {
            setting.between(online, target)
                    .filter(pair -> isNumber(pair.online()) && isNumber(pair.target()))
                    .filter(pair -> Long.parseLong(pair.target()) < Long.parseLong(pair.online()))
                    .ifPresent(found::add);
        }
        Optional<String> obstacle = obstacle(online, target);
        if (obstacle.isPresent()) {
            return new Comparison(
                    found, List.of("tables and columns were not compared: " + obstacle.get()));
        }
        List<Difference> tables = tables(online, target);
        found.addAll(tables.subList(0, Math.min(MAX_NAMED, tables.size())));
        return new Comparison(
                found,
                tables.size() <= MAX_NAMED
                        ? List.of()
                        : List.of(
                                "%d more tables and columns differ"
                                        .formatted(tables.size() - MAX_NAMED)));
    }

    private static boolean isNumber(String value) {
        return value.matches("\\d{1,18}");
    }

    /** What keeps tables from being compared. */
    private static Optional<String> obstacle(ServerFacts online, ServerFacts target) {
        if (!online.columnsUnread().isEmpty()) {
            return Optional.of("online, " + online.columnsUnread());
        }
        if (!target.columnsUnread().isEmpty()) {
            return Optional.of("on the target, " + target.columnsUnread());
        }
        return online.columns().isEmpty()
                ? Optional.of(
                        "none is seen online, GRANT SELECT on the schemas there to the account of mysql.snapshot")
                : Optional.empty();
    }

    private static List<Difference> tables(ServerFacts online, ServerFacts target) {
        List<Difference> all = new ArrayList<>();
        online.columns()
                .forEach(
                        (table, columns) -> {
                            Map<String, String> there = target.columns().get(table);
                            if (there == null) {
                                all.add(
                                        new Difference(
                                                "table " + table,
                                                "there",
                                                "not seen",
                                                "statements about it fail there with error 1146 or 1142"));
                            } else {
                                columns(table, columns, there, all);
                            }
                        });
        return all;
    }

    private static void columns(
            String table,
            Map<String, String> here,
            Map<String, String> there,
            List<Difference> all) {
        here.forEach(
                (name, described) -> {
                    String other = there.getOrDefault(name, "not there");
                    if (!described.equals(other)) {
                        all.add(
                                new Difference(
                                        "column %s.%s".formatted(table, name),
                                        described,
                                        other,
                                        "values may be stored, sorted and shown otherwise"));
                    }
                });
        there.forEach(
                (name, described) -> {
                    if (!here.containsKey(name)) {
                        all.add(
                                new Difference(
                                        "column %s.%s".formatted(table, name),
                                        "not there",
                                        described,
                                        "SELECT * and INSERT without names differ"));
                    }
                });
    }
}
