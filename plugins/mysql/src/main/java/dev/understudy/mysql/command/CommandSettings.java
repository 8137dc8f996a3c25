package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.session.Filters;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

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
 * @param filters what is not sent besides; what steers a session needs no entry of {@code only}
 * @param align what writes are given from production
 * @param commitOrder whether what locks waits for production's own answer
 * @param strictness how closely answers are compared
 */
public record CommandSettings(
        StatementRules rules,
        int maxPacketBytes,
        int replyKeepBytes,
        long maxLocalFileBytes,
        Figures figures,
        Filters<StatementKeys.Said> filters,
        Set<Align> align,
        boolean commitOrder,
        Strictness strictness) {
    /** The names in section {@code mysql} that are read here. */
    public static final Set<String> NAMES =
            Set.of(
                    "allow",
                    "deny",
                    "only",
                    "read-only",
                    "align",
                    "max-packet",
                    "max-local-file",
                    "metadata",
                    "float-tolerance");

    /** The default of {@code mysql.max-local-file}, in bytes. */
    public static final long DEFAULT_LOCAL_FILE_BYTES = 1L << 30;

    /** The most that {@code mysql.max-local-file} may be, in bytes. */
    public static final long MOST_LOCAL_FILE_BYTES = 1L << 40;

    /** The most that {@code mysql.max-packet} may be, in bytes: a buffer has to hold it. */
    public static final int MAX_PACKET_BYTES = 1 << 30;

    private static final Pattern COMMA = Pattern.compile(",");

    /** The most that {@code mysql.float-tolerance} may be, as a part of a value. */
    private static final double MOST_FLOAT_TOLERANCE = 0.1;

    /** The least, in bytes. */
    public static final int LEAST_PACKET_BYTES = 1 << 16;

    /** As given, and everything else by default. */
    CommandSettings(StatementRules rules, int maxPacketBytes, int replyKeepBytes) {
        this(rules, maxPacketBytes, replyKeepBytes, DEFAULT_LOCAL_FILE_BYTES, new Figures());
    }

    /** As given, and no filters. */
    CommandSettings(
            StatementRules rules,
            int maxPacketBytes,
            int replyKeepBytes,
            long maxLocalFileBytes,
            Figures figures) {
        this(
                rules,
                maxPacketBytes,
                replyKeepBytes,
                maxLocalFileBytes,
                figures,
                Filters.none(),
                Set.of(),
                false,
                Strictness.USUAL);
    }

    /** Reads what stands in section {@code mysql} under {@link #NAMES}. */
    public static CommandSettings of(RunContext run) {
        StatementRules rules = StatementRules.allowing(run.settings().texts("allow"));
        boolean readOnly = run.settings().flag("read-only").orElse(false);
        Set<Align> align = align(run.settings().texts("align"));
        return new CommandSettings(
                readOnly ? rules.readOnly() : rules,
                run.settings()
                        .number("max-packet", LEAST_PACKET_BYTES, MAX_PACKET_BYTES)
                        .map(Math::toIntExact)
                        .orElse(Packet.DEFAULT_MAX_PAYLOAD_BYTES),
                run.replyKeepBytes(),
                run.settings()
                        .number("max-local-file", 0, MOST_LOCAL_FILE_BYTES)
                        .orElse(DEFAULT_LOCAL_FILE_BYTES),
                new Figures(),
                StatementKeys.read(run.settings()),
                align,
                run.commitOrder(),
                new Strictness(
                        run.settings()
                                .text("float-tolerance")
                                .map(CommandSettings::share)
                                .orElse(0.0),
                        align.contains(Align.INSERT_ID),
                        run.settings()
                                .text("metadata")
                                .map(CommandSettings::metadata)
                                .orElse(Strictness.Metadata.NOTE)));
    }

    private static Set<Align> align(List<String> words) {
        Set<Align> wanted = EnumSet.noneOf(Align.class);
        COMMA.splitAsStream(String.join(",", words))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .forEach(word -> wanted.add(alignBy(word)));
        return wanted;
    }

    private static Align alignBy(String word) {
        return Arrays.stream(Align.values())
                .filter(each -> each.word().equals(word))
                .findFirst()
                .orElseThrow(
                        () ->
                                new SettingsException(
                                        "mysql.align has no '%s': insert-id and timestamp are known"
                                                .formatted(word)));
    }

    private static Strictness.Metadata metadata(String word) {
        return Arrays.stream(Strictness.Metadata.values())
                .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(word))
                .findFirst()
                .orElseThrow(
                        () ->
                                new SettingsException(
                                        "mysql.metadata must be note, compare or ignore, not '%s'"
                                                .formatted(word)));
    }

    private static double share(String text) {
        try {
            double share = Double.parseDouble(text);
            if (share >= 0 && share <= MOST_FLOAT_TOLERANCE) {
                return share;
            }
        } catch (NumberFormatException _) {
            // Told below.
        }
        throw new SettingsException(
                "mysql.float-tolerance must be a number from 0 to %s, not '%s'"
                        .formatted(MOST_FLOAT_TOLERANCE, text));
    }
}
