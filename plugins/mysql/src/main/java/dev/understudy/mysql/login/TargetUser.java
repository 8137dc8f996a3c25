package dev.understudy.mysql.login;

import dev.understudy.protocol.Secret;
import java.util.List;

/**
 * Who a captured user is on the target.
 *
 * @param name on the target
 * @param password on the target
 * @param onlinePasswords the one in production, to be checked against captured tokens; or none
 */
public record TargetUser(String name, Secret password, List<Secret> onlinePasswords) {
    public TargetUser {
        onlinePasswords = List.copyOf(onlinePasswords);
    }
}
