package dev.understudy.integration.lab;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Connections that go on asking, each at an even pace and of a row of its own: what one is answered
 * depends on no other.
 */
public final class Traffic implements AutoCloseable {
    private static final long MAX_SECONDS = 60;

    private final List<Connection> connections = new ArrayList<>();
    private final List<SQLException> failures = new ArrayList<>();
    private final ScheduledExecutorService clients;
    private long asked;

    private Traffic(int count) {
        clients = Executors.newScheduledThreadPool(count);
    }

    /**
     * Opens connections and begins to ask.
     *
     * @param period between two questions of one connection
     */
    public static Traffic start(Clients of, int connections, Duration period) {
        Traffic traffic = new Traffic(connections);
        try {
            for (int row = 1; row <= connections; row++) {
                Connection connection = of.open();
                traffic.connections.add(connection);
                Asking asking = traffic.new Asking(connection, row);
                traffic.clients.scheduleAtFixedRate(
                        asking::next, 0, period.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (SQLException e) {
            traffic.close();
            throw new AssertionError(e);
        }
        return traffic;
    }

    private final class Asking {
        private final Connection connection;
        private final int row;
        private int turn;

        private Asking(Connection connection, int row) {
            this.connection = connection;
            this.row = row;
        }

        private void next() {
            turn++;
            try (Statement statement = connection.createStatement()) {
                if (turn % 2 == 1) {
                    statement.executeUpdate(
                            "update item set price = %d where id = %d".formatted(turn, row));
                } else {
                    try (ResultSet rows =
                            statement.executeQuery("select * from item where id = " + row)) {
                        rows.next();
                    }
                }
                count();
            } catch (SQLException e) {
                failed(e);
            }
        }
    }

    private synchronized void count() {
        asked++;
        notifyAll();
    }

    private synchronized void failed(SQLException e) {
        failures.add(e);
        notifyAll();
    }

    /** Waits until so many more questions were answered. */
    public synchronized Traffic awaitMore(int questions) {
        long until = asked + questions;
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
        while (asked < until) {
            long leftMillis = TimeUnit.NANOSECONDS.toMillis(giveUp - System.nanoTime());
            if (leftMillis <= 0 || !failures.isEmpty()) {
                throw new AssertionError("%d of %d: %s".formatted(asked, until, failures));
            }
            try {
                wait(leftMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
        return this;
    }

    /** Lets each connection have its last answer, and closes it. */
    @Override
    public void close() {
        clients.shutdown();
        try {
            if (!clients.awaitTermination(MAX_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("a question without an answer");
            }
            for (Connection connection : connections) {
                connection.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.toString());
        }
    }
}
