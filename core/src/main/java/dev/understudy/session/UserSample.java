package dev.understudy.session;

import java.util.Optional;

/**
 * A sample of users, as it was when a connection began: the same for all its copies, whatever is
 * changed until its user is known.
 *
 * @param part of the share that counts, 0..1
 */
record UserSample(Sample sample, double part) {
    /** A session that connects to the target and has not told its user is none of the sample's. */
    static final String NO_USER = "no-user";

    /** Why the sessions of a user are not copied; empty where they are. */
    Optional<String> refuses(String user) {
        if (!sample.takes(user)) {
            return Optional.of("sample");
        }
        return sample.takes(user, part) ? Optional.empty() : Optional.of("ramp");
    }
}
