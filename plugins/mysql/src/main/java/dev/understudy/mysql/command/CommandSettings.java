package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.RunContext;
import java.util.Set;

/**
 * What the user decided about commands.
 *
 * @param rules the statements that are not sent
 * @param maxPacketBytes of one request, and of one packet of an answer (a row); what is larger
 *     leaves the session out as {@code too-large}
 * @param replyKeepBytes of each answer, this much is kept to show the first difference
 * @param maxLocalFileBytes of one file of LOAD DATA LOCAL; none of it is kept, but a file without
 *     end would never let its session go on
 * @param figures what all sessions count into
 */
public record CommandSettings(
        StatementRules rules,
        int maxPacketBytes,
        int replyKeepBytes,
        long maxLocalFileBytes,
        Figures figures) {
    /** The names in section {@code mysql} that are read here. */
    public static final Set<String> NAMES = Set.of("allow", "max-packet", "max-local-file");

    /** The default of {@code mysql.max-local-file}, in bytes. */
    public static final long DEFAULT_LOCAL_FILE_BYTES = 1L << 30;

    /** The most that {@code mysql.max-local-file} may be, in bytes. */
    public static final long MOST_LOCAL_FILE_BYTES = 1L << 40;

    /** The most that {@code mysql.max-packet} may be, in bytes: a buffer has to hold it. */
    public static final int MAX_PACKET_BYTES = 1 << 30;

    /** The least, in bytes. */
    public static final int LEAST_PACKET_BYTES = 1 << 16;

    /** As given, and everything else by default. */
    CommandSettings(StatementRules rules, int maxPacketBytes, int replyKeepBytes) {
        this(rules, maxPacketBytes, replyKeepBytes, DEFAULT_LOCAL_FILE_BYTES, new Figures());
    }

    /** Reads {@code mysql.allow} (rules) and {@code mysql.max-packet} (bytes). */
    public static CommandSettings of(RunContext run) {
        return new CommandSettings(
                StatementRules.allowing(run.settings().texts("allow")),
                run.settings()
                        .number("max-packet", LEAST_PACKET_BYTES, MAX_PACKET_BYTES)
                        .map(Math::toIntExact)
                        .orElse(Packet.DEFAULT_MAX_PAYLOAD_BYTES),
                run.replyKeepBytes(),
                run.settings()
                        .number("max-local-file", 0, MOST_LOCAL_FILE_BYTES)
                        .orElse(DEFAULT_LOCAL_FILE_BYTES),
                new Figures());
    }
}
