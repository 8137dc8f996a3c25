package dev.understudy.mysql.wire;

/**
 * What a side of a connection can do, as bits. The low 32 are MySQL's; MariaDB's extended ones are
 * the high 32.
 *
 * @see "MySQL protocol manual, Capabilities Flags; MariaDB knowledge base, Connection"
 */
public record Capabilities(long bits) {
    public static final long LONG_PASSWORD = 1;
    public static final long FOUND_ROWS = 1 << 1;
    public static final long LONG_FLAG = 1 << 2;
    public static final long CONNECT_WITH_DB = 1 << 3;
    public static final long NO_SCHEMA = 1 << 4;
    public static final long COMPRESS = 1 << 5;
    public static final long ODBC = 1 << 6;
    public static final long LOCAL_FILES = 1 << 7;
    public static final long IGNORE_SPACE = 1 << 8;
    public static final long PROTOCOL_41 = 1 << 9;
    public static final long INTERACTIVE = 1 << 10;
    public static final long SSL = 1 << 11;
    public static final long IGNORE_SIGPIPE = 1 << 12;
    public static final long TRANSACTIONS = 1 << 13;
    public static final long RESERVED = 1 << 14;
    public static final long SECURE_CONNECTION = 1 << 15;
    public static final long MULTI_STATEMENTS = 1 << 16;
    public static final long MULTI_RESULTS = 1 << 17;
    public static final long PS_MULTI_RESULTS = 1 << 18;
    public static final long PLUGIN_AUTH = 1 << 19;
    public static final long CONNECT_ATTRS = 1 << 20;
    public static final long PLUGIN_AUTH_LENENC_CLIENT_DATA = 1 << 21;
    public static final long CAN_HANDLE_EXPIRED_PASSWORDS = 1 << 22;
    public static final long SESSION_TRACK = 1 << 23;
    public static final long DEPRECATE_EOF = 1 << 24;
    public static final long OPTIONAL_RESULTSET_METADATA = 1 << 25;
    public static final long ZSTD_COMPRESSION = 1 << 26;
    public static final long QUERY_ATTRIBUTES = 1 << 27;
    public static final long MULTI_FACTOR_AUTHENTICATION = 1 << 28;
    public static final long SSL_VERIFY_SERVER_CERT = 1 << 30;
    public static final long REMEMBER_OPTIONS = 1L << 31;

    /** MariaDB: ERR packets with error 0xFFFF are progress reports. */
    public static final long MARIADB_PROGRESS = 1L << 32;

    public static final long MARIADB_COM_MULTI = 1L << 33;
    public static final long MARIADB_STMT_BULK_OPERATIONS = 1L << 34;

    /** MariaDB: one more length-encoded string in each column definition. */
    public static final long MARIADB_EXTENDED_METADATA = 1L << 35;

    /** MariaDB: column definitions may be left out when a statement is executed again. */
    public static final long MARIADB_CACHE_METADATA = 1L << 36;

    public static final long MARIADB_BULK_UNIT_RESULTS = 1L << 37;

    /** No capability at all. */
    public static final Capabilities NONE = new Capabilities(0);

    /** Whether all of these flags are set. */
    public boolean has(long flags) {
        return (bits & flags) == flags;
    }

    /** What both have. */
    public Capabilities and(Capabilities other) {
        return new Capabilities(bits & other.bits);
    }

    /** These and the given flags. */
    public Capabilities with(long flags) {
        return new Capabilities(bits | flags);
    }

    /** These but for the given flags. */
    public Capabilities without(long flags) {
        return new Capabilities(bits & ~flags);
    }

    /** MySQL's own 32 bits. */
    public int basic() {
        return (int) bits;
    }

    /** MariaDB's extended 32 bits. */
    public int extended() {
        return (int) (bits >>> 32);
    }

    @Override
    public String toString() {
        return "Capabilities[0x%x]".formatted(bits);
    }
}
