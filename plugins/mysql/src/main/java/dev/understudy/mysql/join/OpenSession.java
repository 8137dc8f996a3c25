package dev.understudy.mysql.join;

import dev.understudy.mysql.wire.ServerVersion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of a session that was open before the capture began.
 *
 * @param level how much that is; never {@code wait}
 * @param connectionId at the online server, as KILL takes it; 0 where not known
 * @param database empty for none
 * @param clientName {@code _client_name} of its connection attributes; empty where not known
 * @param variables of the session that differ from the server's, and its character sets
 * @param userVariables by name, as text; empty for NULL
 * @param obstacle what it has that no other session can be given, as a temporary table
 * @param lacks what was not read of it, each with the reason
 * @param fromNanos the state was read after this time, nanoseconds since the epoch
 * @param toNanos and before this one
 */
public record OpenSession(
        JoinLevel level,
        long connectionId,
        ServerVersion version,
        String user,
        String database,
        String clientName,
        Map<String, String> variables,
        Map<String, Optional<String>> userVariables,
        List<Statement> statements,
        Optional<String> obstacle,
        List<String> lacks,
        long fromNanos,
        long toNanos) {
    /** The same with what the status of its last answer says, where its variables were not read. */
    public OpenSession withoutAutocommit() {
        Map<String, String> more = new HashMap<>(variables);
        more.putIfAbsent("autocommit", "0");
        return new OpenSession(
                level,
                connectionId,
                version,
                user,
                database,
                clientName,
                more,
                userVariables,
                statements,
                obstacle,
                lacks,
                fromNanos,
                toNanos);
    }

    /**
     * A statement that it has prepared.
     *
     * @param id on the wire
     * @param name where it was prepared by text
     * @param sql as far as the server keeps it
     */
    public record Statement(long id, Optional<String> name, String sql) {
        /** Bytes of a text that performance_schema keeps: one as long as this may have been cut. */
        static final int KEPT_BYTES = 1024;

        /** Whether this is the whole text. */
        public boolean isWhole() {
            return sql.getBytes(java.nio.charset.StandardCharsets.UTF_8).length < KEPT_BYTES;
        }
    }
}
