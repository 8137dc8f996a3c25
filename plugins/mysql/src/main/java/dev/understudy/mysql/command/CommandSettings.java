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
 */
public record CommandSettings(StatementRules rules, int maxPacketBytes, int replyKeepBytes) {
    /** The names in section {@code mysql} that are read here. */
    public static final Set<String> NAMES = Set.of("allow", "max-packet");

    /** The most that {@code mysql.max-packet} may be, in bytes: a buffer has to hold it. */
    public static final int MAX_PACKET_BYTES = 1 << 30;

    /** The least, in bytes. */
    public static final int LEAST_PACKET_BYTES = 1 << 16;

    /** Reads {@code mysql.allow} (rules) and {@code mysql.max-packet} (bytes). */
    public static CommandSettings of(RunContext run) {
        return new CommandSettings(
                StatementRules.allowing(run.settings().texts("allow")),
                run.settings()
                        .number("max-packet", LEAST_PACKET_BYTES, MAX_PACKET_BYTES)
                        .map(Math::toIntExact)
                        .orElse(Packet.DEFAULT_MAX_PAYLOAD_BYTES),
                run.replyKeepBytes());
    }
}
