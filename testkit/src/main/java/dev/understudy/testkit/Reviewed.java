package dev.understudy.testkit;

import dev.understudy.ledger.Group;

/**
 * A difference that somebody has looked at and found to be in order.
 *
 * @param kind of the difference, as the report names it: {@code warnings}, {@code content}
 * @param statement stands somewhere in the fingerprint of the statements that it is about
 * @param why for whoever reads the test
 */
public record Reviewed(String kind, String statement, String why) {
    boolean covers(Group group, String foundKind) {
        return kind.equals(foundKind) && group.fingerprint().contains(statement);
    }
}
