package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Rule;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The commands of the protocol that are known, by their first byte, and what is done with each.
 *
 * @see "MySQL protocol manual, Command Phase; MariaDB knowledge base, Text and Binary Protocol"
 */
enum Command {
    COM_QUIT(0x01, new Treatment.Silent()),
    COM_INIT_DB(0x02, new Treatment.Named("USE", AnswerKind.TEXT)),
    COM_QUERY(0x03, new Treatment.Sql()),
    COM_FIELD_LIST(0x04, new Treatment.Named("SHOW COLUMNS FROM", AnswerKind.FIELD_LIST)),
    COM_CREATE_DB(0x05, new Treatment.Named("CREATE DATABASE", AnswerKind.TEXT)),
    COM_DROP_DB(0x06, new Treatment.Named("DROP DATABASE", AnswerKind.TEXT)),
    COM_REFRESH(0x07, new Treatment.Ruled(Rule.SERVER_WIDE, "FLUSH")),
    COM_SHUTDOWN(0x08, new Treatment.Ruled(Rule.SHUTDOWN, "SHUTDOWN")),
    COM_STATISTICS(0x09, new Treatment.Plain(AnswerKind.STATISTICS)),
    COM_PROCESS_INFO(0x0A, new Treatment.Named("SHOW PROCESSLIST", AnswerKind.TEXT)),
    COM_PROCESS_KILL(0x0C, new Treatment.Kill()),
    COM_DEBUG(0x0D, new Treatment.Ruled(Rule.SERVER_WIDE, "DEBUG")),
    COM_PING(0x0E, new Treatment.Plain(AnswerKind.TEXT)),
    COM_CHANGE_USER(0x11, new Treatment.Login()),
    COM_BINLOG_DUMP(0x12, new Treatment.Leave("replication")),
    COM_TABLE_DUMP(0x13, new Treatment.Leave("replication")),
    COM_CONNECT_OUT(0x14, new Treatment.Leave("replication")),
    COM_REGISTER_SLAVE(0x15, new Treatment.Leave("replication")),
    COM_STMT_PREPARE(0x16, new Treatment.Prepare()),
    COM_STMT_EXECUTE(0x17, new Treatment.Statement()),
    COM_STMT_SEND_LONG_DATA(0x18, new Treatment.Statement()),
    COM_STMT_CLOSE(0x19, new Treatment.Statement()),
    COM_STMT_RESET(0x1A, new Treatment.Statement()),
    COM_SET_OPTION(0x1B, new Treatment.Plain(AnswerKind.TEXT)),
    COM_STMT_FETCH(0x1C, new Treatment.Statement()),
    COM_BINLOG_DUMP_GTID(0x1E, new Treatment.Leave("replication")),
    COM_RESET_CONNECTION(0x1F, new Treatment.Plain(AnswerKind.TEXT)),
    COM_CLONE(0x20, new Treatment.Leave("replication")),
    COM_SUBSCRIBE_GROUP_REPLICATION_STREAM(0x21, new Treatment.Leave("replication")),
    COM_STMT_BULK_EXECUTE(0xFA, new Treatment.Statement());

    /** What is done with a command. */
    sealed interface Treatment {
        /** Sent as it is. */
        record Plain(AnswerKind answer) implements Treatment {}

        /** Sent as it is; nobody answers. */
        record Silent() implements Treatment {}

        /** Its text is looked at, and re-encoded by the target's capabilities. */
        record Sql() implements Treatment {}

        /** Its text is looked at; the answer brings a statement id. */
        record Prepare() implements Treatment {}

        /** It opens with a statement id, which the target knows by another number. */
        record Statement() implements Treatment {}

        /** It is a login: read, and made on the target, by who makes logins. */
        record Login() implements Treatment {}

        /** It names a thread, which the target knows by another number. */
        record Kill() implements Treatment {}

        /**
         * It says what this SQL says of the name that it carries: looked at as that, sent as it is.
         */
        record Named(String sql, AnswerKind answer) implements Treatment {}

        /** Not sent, unless the rule is allowed; filters take it for this SQL. */
        record Ruled(Rule rule, String sql) implements Treatment {}

        /** Copying ends here; what a command means that is not built yet must not be guessed. */
        record Leave(String reason) implements Treatment {}
    }

    private final int code;

    // Records of enums and text: as immutable as the checker would like them annotated.
    @SuppressWarnings("ImmutableEnumChecker")
    private final Treatment treatment;

    Command(int code, Treatment treatment) {
        this.code = code;
        this.treatment = treatment;
    }

    /** The command of this first byte, 0..255. */
    static Optional<Command> of(int code) {
        return Arrays.stream(values()).filter(command -> command.code == code).findFirst();
    }

    int code() {
        return code;
    }

    Treatment treatment() {
        return treatment;
    }

    /** The name that a payload holds behind its command byte; of several the first. */
    static byte[] name(byte[] payload) {
        int end = 1;
        while (end < payload.length && payload[end] != 0) {
            end++;
        }
        return Arrays.copyOfRange(payload, 1, end);
    }

    /**
     * What a command says about a name, as SQL; the name is quoted, whatever is in it.
     *
     * @param name in a character set in which no byte of a character of several looks like a
     *     backtick, or else a text that is not to be read
     */
    static byte[] asSql(String sql, byte[] name) {
        if (name.length == 0) {
            return sql.getBytes(StandardCharsets.US_ASCII);
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream(sql.length() + 2 * name.length + 3);
        text.writeBytes((sql + " `").getBytes(StandardCharsets.US_ASCII));
        for (byte part : name) {
            text.write(part);
            if (part == '`') {
                text.write('`');
            }
        }
        text.write('`');
        return text.toByteArray();
    }

    /** Whether it changes more than its session, without any text that would say so. */
    boolean changesServer() {
        return switch (this) {
            case COM_CREATE_DB,
                    COM_DROP_DB,
                    COM_REFRESH,
                    COM_SHUTDOWN,
                    COM_PROCESS_KILL,
                    COM_DEBUG ->
                    true;
            default -> false;
        };
    }

    /** Whether the server answers this command. */
    boolean isAnswered() {
        return switch (this) {
            case COM_QUIT, COM_STMT_SEND_LONG_DATA, COM_STMT_CLOSE -> false;
            default -> true;
        };
    }
}
