package dev.understudy.mysql.sql;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What kind of statement it is, by the keyword that opens it. */
public enum StatementClass {
    /** It reads rows, or asks about the server. */
    READ,
    /** It changes rows, or reads them to change them. */
    WRITE,
    /** It changes what there is: tables, indexes, routines. */
    DDL,
    /** It begins and ends transactions. */
    TRANSACTION,
    /** It concerns its session alone. */
    SESSION,
    /** It runs a stored procedure, which may do any of these. */
    CALL,
    /** All the rest. */
    OTHER;

    private String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The class that a user calls so. */
    public static Optional<StatementClass> of(String word) {
        return Arrays.stream(values()).filter(each -> each.word().equals(word)).findFirst();
    }

    /** All words, for a message. */
    public static String words() {
        return Arrays.stream(values()).map(StatementClass::word).collect(Collectors.joining(", "));
    }

    /** Of a statement that this keyword, in upper case, opens. */
    static StatementClass openedBy(String keyword) {
        return switch (keyword) {
            case "SELECT", "VALUES", "TABLE", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN" -> READ;
            case "HANDLER", "DO", "CHECKSUM", "HELP" -> READ;
            case "INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "IMPORT" -> WRITE;
            case "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE" -> DDL;
            case "BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE" -> TRANSACTION;
            case "SET", "USE", "DEALLOCATE" -> SESSION;
            case "CALL" -> CALL;
            default -> OTHER;
        };
    }
}
