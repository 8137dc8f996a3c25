package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.ErrorPacket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sees to it that a wrong password costs a few logins and not thousands: servers answer many
 * failures with delays, and then by blocking the host. A user that the target has not let in yet is
 * tried by as many sessions at once as may be refused; the others wait for how those fare.
 *
 * <p>Shared by the sessions of a copy, from several threads.
 */
public final class LoginAttempts {
    /** Users that are counted at a time; one more is let through uncounted. */
    static final int MAX_USERS = 10_000;

    /** Errors that speak of the server's load or of a database, and so not of the account. */
    private static final Set<Integer> NOT_THE_ACCOUNT =
            Set.of(1040, 1041, 1044, 1049, 1203, 1226, 1927, 3032);

    private final int limit;
    private final Map<String, Account> accounts = new ConcurrentHashMap<>();

    /** What a session that wants to log in is to do. */
    public enum Admission {
        /** Try; the outcome must be told. */
        TRY,
        /** Ask again a little later. */
        WAIT,
        /** Leave it: this user was refused often enough. */
        STOP
    }

    private final class Account {
        private boolean proven;
        private int trying;
        private int refusals;
        private final List<ErrorPacket> first = new ArrayList<>(1);

        private synchronized Admission admit() {
            if (refusals >= limit) {
                return Admission.STOP;
            }
            if (!proven && refusals + trying >= limit) {
                return Admission.WAIT;
            }
            trying++;
            return Admission.TRY;
        }

        private synchronized void ended() {
            trying = Math.max(0, trying - 1);
        }

        private synchronized void accepted() {
            ended();
            proven = true;
            refusals = 0;
            first.clear();
        }

        private synchronized void refused(ErrorPacket error) {
            ended();
            proven = false;
            refusals++;
            if (first.isEmpty()) {
                first.add(error);
            }
        }

        private synchronized Optional<ErrorPacket> firstRefusal() {
            return first.stream().findFirst();
        }
    }

    /**
     * @param limit refusals of one user in a row after which it is not tried again, at least 1
     */
    public LoginAttempts(int limit) {
        this.limit = limit;
    }

    /** Asks for a try of this target user. */
    public Admission admit(String targetUser) {
        if (accounts.size() >= MAX_USERS && !accounts.containsKey(targetUser)) {
            return Admission.TRY;
        }
        return accounts.computeIfAbsent(targetUser, _ -> new Account()).admit();
    }

    /** The first of the refusals that stand against a user. */
    public Optional<ErrorPacket> firstRefusal(String targetUser) {
        return account(targetUser).flatMap(Account::firstRefusal);
    }

    /** A try came to nothing that speaks of the user. */
    public void abandoned(String targetUser) {
        account(targetUser).ifPresent(Account::ended);
    }

    /** A try ended with a refusal. */
    public void refused(String targetUser, ErrorPacket error) {
        if (NOT_THE_ACCOUNT.contains(error.number())) {
            abandoned(targetUser);
        } else {
            account(targetUser).ifPresent(account -> account.refused(error));
        }
    }

    /** A try was let in. */
    public void accepted(String targetUser) {
        account(targetUser).ifPresent(Account::accepted);
    }

    private Optional<Account> account(String targetUser) {
        return Optional.ofNullable(accounts.get(targetUser));
    }
}
