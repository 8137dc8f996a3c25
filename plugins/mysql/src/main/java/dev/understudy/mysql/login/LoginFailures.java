package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.ErrorPacket;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts what the target refuses, so that a wrong password costs a few logins and not thousands:
 * servers answer many failures with delays, and then by blocking the host. Shared by the sessions
 * of a copy, from several threads.
 */
public final class LoginFailures {
    /** Users that are counted at a time; one more is let through uncounted. */
    static final int MAX_USERS = 10_000;

    /** Errors that speak of the server's load or of a database, and so not of the account. */
    private static final Set<Integer> NOT_THE_ACCOUNT =
            Set.of(1040, 1041, 1044, 1049, 1203, 1226, 3032, 1927);

    private record Count(int refusals, ErrorPacket first) {}

    private final int limit;
    private final Map<String, Count> counts = new ConcurrentHashMap<>();

    /**
     * @param limit refusals of one user in a row after which it is not tried again, at least 1
     */
    public LoginFailures(int limit) {
        this.limit = limit;
    }

    /** The first refusal of a target user that is not to be tried any more. */
    public Optional<ErrorPacket> stopped(String targetUser) {
        Count count = counts.get(targetUser);
        return count != null && count.refusals() >= limit
                ? Optional.of(count.first())
                : Optional.empty();
    }

    /** The target has refused this user. */
    public void refused(String targetUser, ErrorPacket error) {
        if (NOT_THE_ACCOUNT.contains(error.number())
                || (counts.size() >= MAX_USERS && !counts.containsKey(targetUser))) {
            return;
        }
        counts.merge(
                targetUser,
                new Count(1, error),
                (before, _) -> new Count(before.refusals() + 1, before.first()));
    }

    /** The target has let this user in. */
    public void accepted(String targetUser) {
        counts.remove(targetUser);
    }
}
