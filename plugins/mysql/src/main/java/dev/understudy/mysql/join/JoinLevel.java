package dev.understudy.mysql.join;

import java.util.Locale;

/** How much is known of a session that is joined, from most to least. */
public enum JoinLevel {
    /** All that the online server tells: user, database, variables, statements. */
    SNAPSHOT,
    /** User and database from the online server; of the rest what was seen since. */
    OBSERVED,
    /** User and database from the configuration; of the rest what was seen since. */
    DEFAULT,
    /** Nothing is joined. */
    WAIT;

    /** As the setting and the report spell it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
