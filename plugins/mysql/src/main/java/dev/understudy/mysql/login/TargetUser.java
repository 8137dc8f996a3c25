package dev.understudy.mysql.login;

import dev.understudy.protocol.Secret;
import java.util.List;
import java.util.Optional;

/**
 * Who a captured user is on the target.
 *
 * @param name on the target
 * @param password on the target; empty where {@code hash} takes its place
 * @param hash what both servers store for a password that nobody here knows; or none
 * @param oldPassword whether a token of {@code mysql_old_password} may be made
 * @param onlinePasswords the one in production, to be checked against captured tokens; or none
 */
public record TargetUser(
        String name,
        Secret password,
        Optional<Secret> hash,
        boolean oldPassword,
        List<Secret> onlinePasswords) {
    public TargetUser {
        onlinePasswords = List.copyOf(onlinePasswords);
    }

    /** The same by another name. */
    TargetUser named(String other) {
        return new TargetUser(other, password, hash, oldPassword, onlinePasswords);
    }
}
