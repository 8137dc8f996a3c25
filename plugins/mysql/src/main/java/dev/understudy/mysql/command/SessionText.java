package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Rule;
import dev.understudy.mysql.sql.SqlDialect;
import dev.understudy.mysql.sql.SqlDialect.Encoding;
import dev.understudy.mysql.sql.SqlText;
import dev.understudy.mysql.wire.Collation;
import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.mysql.wire.ServerSide;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How the texts of a session are to be read: the character set and SQL mode that its client chose,
 * and the statements that it prepared by text and that were kept from the target.
 */
final class SessionText {
    /** Names of statements prepared by text that are remembered as refused. */
    static final int MAX_REFUSED_NAMES = 1024;

    /** The server says so in the status of every answer. */
    private static final int STATUS_NO_BACKSLASH_ESCAPES = 0x0200;

    /** Ids of big5, sjis, gbk, cp932 and gb18030 collations. */
    private static final Set<Integer> AMBIGUOUS_IDS =
            Set.of(1, 84, 13, 88, 28, 87, 95, 96, 248, 249, 250);

    /** MariaDB's collations that do not pad have the number of their like and this. */
    private static final int NO_PAD = 1024;

    private final CommandSettings settings;
    private final HeldBack heldBack = new HeldBack();
    private final KnownTexts known = new KnownTexts();
    private final Encoding afterReset;
    private final Encoding serverDefault;
    private final Map<String, String> refusedNames = new HashMap<>();
    private Encoding encoding;
    private Optional<Boolean> backslashEscapes = Optional.empty();
    private StatementFilter.Sender sender = new StatementFilter.Sender("", "");

    SessionText(CommandSettings settings, ServerSide captured) {
        this.settings = settings;
        this.encoding = encodingOf(captured.collation());
        this.afterReset = encodingOf(captured.afterReset());
        this.serverDefault = encodingOf(captured.serverDefault());
    }

    /** A collation that no table knows is none of those that MySQL had before there were tables. */
    private static Encoding encodingOf(Collation collation) {
        if (collation.isKnown()) {
            return Encoding.of(collation.charset());
        }
        boolean ambiguous =
                AMBIGUOUS_IDS.contains(collation.id())
                        || AMBIGUOUS_IDS.contains(collation.id() - NO_PAD);
        return ambiguous ? Encoding.AMBIGUOUS : Encoding.UTF8;
    }

    /**
     * A text and what is to become of it.
     *
     * @param refusedBy the rule, by its id, that keeps it from the target
     */
    record Reading(SqlText text, Optional<String> refusedBy) {}

    /** Whose session it is. */
    void sentBy(String user, String database) {
        sender = new StatementFilter.Sender(user, database);
    }

    /** The default database is another one. */
    void database(String name) {
        sender = new StatementFilter.Sender(sender.user(), name);
    }

    /** Whether a transaction was kept back, so that nothing is sent until production ends it. */
    boolean isTransactionHeldBack() {
        return heldBack.isTransaction() && !settings.rules().allows(Rule.DEPENDS);
    }

    /** Reads the text of a request, which the client has now sent. */
    Reading read(byte[] payload, int from) {
        SqlDialect dialect = new SqlDialect(backslashEscapes.orElse(true), encoding);
        SqlText text = known.read(payload, from, dialect);
        Optional<String> refusedBy = refusal(text);
        if (refusedBy.isEmpty() && backslashEscapes.isEmpty() && hasBackslash(payload, from)) {
            // No answer has told the mode yet: it has to be harmless either way.
            SqlText other =
                    SqlText.read(payload, from, payload.length, new SqlDialect(false, encoding));
            refusedBy = refusal(other);
        }
        if (refusedBy.isEmpty()) {
            refusedBy =
                    text.executes().stream()
                            .filter(refusedNames::containsKey)
                            .findFirst()
                            .map(refusedNames::get);
        }
        if (refusedBy.isEmpty() || refusedBy.get().equals(Rule.KILL.id())) {
            // A KILL may go after all, by its thread; but not past a filter.
            Optional<String> byRule = refusedBy;
            refusedBy = filtered(text, payload, from, dialect).or(() -> byRule);
        }
        boolean depends =
                refusedBy.isEmpty()
                        && !settings.rules().allows(Rule.DEPENDS)
                        && heldBack.isNeededBy(text, payload, from, dialect);
        return new Reading(text, depends ? Optional.of(Rule.DEPENDS.id()) : refusedBy);
    }

    private Optional<String> refusal(SqlText text) {
        return text.refusal(settings.rules()).map(refusal -> refusal.rule().id());
    }

    private Optional<String> filtered(SqlText text, byte[] payload, int from, SqlDialect dialect) {
        for (StatementFilter filter : settings.deny()) {
            if (filter.picks(sender, text, payload, from, dialect, true)) {
                return Optional.of("deny-" + filter.name());
            }
        }
        boolean sent =
                settings.only().isEmpty()
                        || text.steersSession()
                        || settings.only().stream()
                                .anyMatch(
                                        filter ->
                                                filter.picks(
                                                        sender, text, payload, from, dialect,
                                                        false));
        return sent ? Optional.empty() : Optional.of("not-in-only");
    }

    /** Takes over what a text that was sent by the client does to those that follow. */
    void follow(Reading reading) {
        if (reading.refusedBy().isPresent()) {
            heldBack.refused(reading.text().leaves());
        } else {
            heldBack.sent(reading.text().leaves());
        }
        reading.text().leaves().newDatabase().ifPresent(this::database);
        for (String name : reading.text().prepares()) {
            reading.refusedBy()
                    .ifPresentOrElse(
                            rule -> refusedNames.put(name, rule), () -> refusedNames.remove(name));
        }
        reading.text()
                .clientCharset()
                .ifPresent(
                        charset ->
                                encoding =
                                        charset.equals("default")
                                                ? serverDefault
                                                : Encoding.of(charset));
    }

    /** The client speaks this character set. */
    void speaks(String charset) {
        encoding = Encoding.of(charset);
    }

    /** Whether more refused statements are remembered than there is room for. */
    boolean isFull() {
        return refusedNames.size() > MAX_REFUSED_NAMES || heldBack.isFull();
    }

    /** The status of an answer of the captured side. */
    void serverSaid(int status) {
        backslashEscapes = Optional.of((status & STATUS_NO_BACKSLASH_ESCAPES) == 0);
        if ((status & OkPacket.STATUS_IN_TRANSACTION) == 0) {
            heldBack.noTransaction();
        }
    }

    /** COM_RESET_CONNECTION. */
    void reset() {
        refusedNames.clear();
        heldBack.clear();
        encoding = afterReset;
    }

    private static boolean hasBackslash(byte[] text, int from) {
        for (int i = from; i < text.length; i++) {
            if (text[i] == '\\') {
                return true;
            }
        }
        return false;
    }
}
