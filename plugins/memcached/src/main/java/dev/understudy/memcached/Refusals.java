package dev.understudy.memcached;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sees to it that a wrong password costs a few logins and not thousands. Shared by the sessions of
 * a copy, from several threads.
 */
final class Refusals {
    /** Users that are counted at a time; one more is tried uncounted. */
    static final int MAX_USERS = 10_000;

    private final int limit;
    private final Map<String, Integer> inARow = new ConcurrentHashMap<>();

    /**
     * Counts up to a limit.
     *
     * @param limit refusals of one user in a row after which it is not tried again, at least 1
     */
    Refusals(int limit) {
        this.limit = limit;
    }

    /** Whether this target user was refused often enough. */
    boolean enough(String user) {
        return inARow.getOrDefault(user, 0) >= limit;
    }

    void refused(String user) {
        if (inARow.size() < MAX_USERS || inARow.containsKey(user)) {
            inARow.merge(user, 1, Integer::sum);
        }
    }

    void accepted(String user) {
        inARow.remove(user);
    }
}
