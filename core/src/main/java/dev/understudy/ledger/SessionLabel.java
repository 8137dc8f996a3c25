package dev.understudy.ledger;

import java.util.Objects;

/**
 * How the report names a session.
 *
 * @param id unique in the run, from 1, in the order of capture
 * @param client the captured client, as {@code 192.0.2.7:40312}
 */
public record SessionLabel(long id, String client) {
    public SessionLabel {
        Objects.requireNonNull(client, "client");
    }

    @Override
    public String toString() {
        return "session " + id + " of " + client;
    }
}
