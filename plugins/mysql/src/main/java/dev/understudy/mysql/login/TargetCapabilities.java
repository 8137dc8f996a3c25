package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Capabilities;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What to agree on with the target: what gives statements their meaning as in production, what
 * shapes the bytes as suits us. The commands are encoded anew, and each side is decoded by its own.
 */
final class TargetCapabilities {
    private record Flag(long bit, String name) {}

    /** Taken over: with or without them the same statement does, or answers, something else. */
    private static final List<Flag> MEANING =
            List.of(
                    new Flag(Capabilities.FOUND_ROWS, "FOUND_ROWS"),
                    new Flag(Capabilities.NO_SCHEMA, "NO_SCHEMA"),
                    new Flag(Capabilities.ODBC, "ODBC"),
                    new Flag(Capabilities.LOCAL_FILES, "LOCAL_FILES"),
                    new Flag(Capabilities.IGNORE_SPACE, "IGNORE_SPACE"),
                    new Flag(Capabilities.INTERACTIVE, "INTERACTIVE"),
                    new Flag(Capabilities.MULTI_STATEMENTS, "MULTI_STATEMENTS"),
                    new Flag(Capabilities.MULTI_RESULTS, "MULTI_RESULTS"),
                    new Flag(Capabilities.PS_MULTI_RESULTS, "PS_MULTI_RESULTS"),
                    new Flag(
                            Capabilities.CAN_HANDLE_EXPIRED_PASSWORDS,
                            "CAN_HANDLE_EXPIRED_PASSWORDS"),
                    new Flag(Capabilities.QUERY_ATTRIBUTES, "QUERY_ATTRIBUTES"));

    private static final long MEANING_BITS =
            MEANING.stream().mapToLong(Flag::bit).reduce(0, (all, bit) -> all | bit);

    /** MariaDB's, with which a bulk execute need not be taken apart. */
    private static final long BULK =
            Capabilities.MARIADB_STMT_BULK_OPERATIONS | Capabilities.MARIADB_BULK_UNIT_RESULTS;

    /** Ours to choose; not SESSION_TRACK, which only makes every OK longer. */
    private static final long OURS =
            Capabilities.LONG_FLAG
                    | Capabilities.TRANSACTIONS
                    | Capabilities.PLUGIN_AUTH
                    | Capabilities.PLUGIN_AUTH_LENENC_CLIENT_DATA
                    | Capabilities.CONNECT_ATTRS
                    | Capabilities.DEPRECATE_EOF;

    /** Asked for whether or not it is offered: LONG_PASSWORD says that no extended ones follow. */
    private static final long ALWAYS =
            Capabilities.LONG_PASSWORD | Capabilities.PROTOCOL_41 | Capabilities.SECURE_CONNECTION;

    private TargetCapabilities() {}

    static Capabilities of(OnlineLogin captured, Capabilities target, boolean tls) {
        Capabilities wanted = new Capabilities(meaning(captured) | OURS | bulk(captured));
        if (captured.response().database().isReadable()) {
            wanted = wanted.with(Capabilities.CONNECT_WITH_DB);
        }
        if (tls) {
            wanted = wanted.with(Capabilities.SSL);
        }
        Capabilities agreed = wanted.and(target).with(ALWAYS);
        return agreed.extended() == 0 ? agreed : agreed.without(Capabilities.LONG_PASSWORD);
    }

    /** For a reader: what production's client had and the target lacks; empty for nothing. */
    static String missing(OnlineLogin captured, Capabilities target) {
        String names =
                MEANING.stream()
                        .filter(flag -> (meaning(captured) & ~target.bits() & flag.bit()) != 0)
                        .map(Flag::name)
                        .collect(Collectors.joining(" and "));
        return names.isEmpty() ? "" : ", without " + names;
    }

    private static long bulk(OnlineLogin captured) {
        return captured.server().capabilities().bits() & BULK;
    }

    private static long meaning(OnlineLogin captured) {
        return captured.server().capabilities().bits() & MEANING_BITS;
    }
}
