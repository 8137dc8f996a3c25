package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Leaves;
import dev.understudy.mysql.sql.Rule;
import dev.understudy.mysql.sql.SqlDialect;
import dev.understudy.mysql.sql.SqlDialect.Encoding;
import dev.understudy.mysql.sql.SqlText;
import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.session.Filters;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the texts of a session are to be read: the character set and SQL mode that its client chose,
 * and the statements that it prepared by text and that were kept from the target.
 */
final class SessionText {
    /** Names of statements prepared by text that are remembered as refused. */
    static final int MAX_REFUSED_NAMES = 1024;

    /** The server says so in the status of every answer. */
    private static final int STATUS_NO_BACKSLASH_ESCAPES = 0x0200;

    private final CommandSettings settings;
    private final HeldBack heldBack = new HeldBack();
    private final KnownTexts known = new KnownTexts();
    private final Dialects dialects;
    private final Map<String, String> refusedNames = new HashMap<>();
    private final Map<Side, DefaultDatabase> databases = new EnumMap<>(Side.class);
    private Filters.Who who = new Filters.Who(Optional.empty(), Optional.empty());
    private Set<String> labelledBy = Set.of();
    private Map<String, String> labels = Map.of();

    SessionText(CommandSettings settings, ServerSide captured) {
        this.settings = settings;
        this.dialects =
                new Dialects(
                        ClientCharset.of(captured.collation()),
                        ClientCharset.of(captured.afterReset()),
                        ClientCharset.of(captured.serverDefault()));
        sentBy(who, "");
    }

    /**
     * A text and what is to become of it.
     *
     * @param refusedBy the rule, by its id, that keeps it from the target
     */
    record Reading(SqlText text, Optional<String> refusedBy) {}

    /** Whose session it is. */
    void sentBy(Filters.Who who, String database) {
        this.who = who;
        for (Side side : Side.values()) {
            databases.put(side, new DefaultDatabase(database));
        }
        labels = Map.of();
    }

    /**
     * What the report counts its requests under: production's user, and the default database. Which
     * one that is may not be settled yet.
     */
    Map<String, String> labels() {
        DefaultDatabase online = databases.get(Side.ONLINE);
        Set<String> possible = online == null ? Set.of("") : online.possible();
        if (labels.isEmpty() || !labelledBy.equals(possible)) {
            labelledBy = possible;
            labels =
                    labels(
                            who.user().orElse(""),
                            possible.size() == 1 ? possible.iterator().next() : "(unsettled)");
        }
        return labels;
    }

    /** The labels of a session's requests; the database may be empty for none. */
    static Map<String, String> labels(String user, String database) {
        return Map.of("user", user, "schema", database.isEmpty() ? "(none)" : database);
    }

    /** Whether a transaction was kept back, so that nothing is sent until production ends it. */
    boolean isTransactionHeldBack() {
        return heldBack.isTransaction() && !settings.rules().allows(Rule.DEPENDS);
    }

    /** Reads the text of a request, which the client has now sent. */
    Reading read(byte[] payload, int from) {
        return read(payload, from, dialects.online());
    }

    /** Reads what a command says of a name, which the client has now sent, as this SQL does. */
    Reading readNaming(String sql, byte[] name) {
        SqlDialect online = dialects.online();
        return dialects.charset()
                .inUtf8(name)
                .map(
                        utf8 ->
                                read(
                                        Command.asSql(sql, utf8),
                                        0,
                                        new SqlDialect(online.backslashEscapes(), Encoding.UTF8)))
                .orElseGet(() -> read(Command.asSql(sql, name), 0, online));
    }

    private Reading read(byte[] payload, int from, SqlDialect dialect) {
        SqlText text = known.read(payload, from, dialect);
        Optional<String> refusedBy = refusal(text);
        Optional<String> filtered = filtered(text, payload, from, dialect);
        for (SqlDialect other : dialects.others(text, payload, from)) {
            SqlText otherwise = SqlText.read(payload, from, payload.length, other);
            refusedBy = refusedBy.or(() -> refusal(otherwise));
            filtered = filtered.or(() -> filtered(otherwise, payload, from, other));
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
            refusedBy = filtered.isPresent() ? filtered : refusedBy;
        }
        boolean depends =
                refusedBy.isEmpty()
                        && !settings.rules().allows(Rule.DEPENDS)
                        && (isInOtherDatabase(text)
                                || heldBack.isNeededBy(text, payload, from, dialect));
        return new Reading(text, depends ? Optional.of(Rule.DEPENDS.id()) : refusedBy);
    }

    private Optional<String> refusal(SqlText text) {
        return text.refusal(settings.rules()).map(refusal -> refusal.rule().id());
    }

    private Optional<String> filtered(SqlText text, byte[] payload, int from, SqlDialect dialect) {
        Filters<StatementKeys.Said> filters = settings.filters();
        if (filters.areNone()) {
            return Optional.empty();
        }
        Set<String> possible = new TreeSet<>();
        databases.values().forEach(database -> possible.addAll(database.possible()));
        StatementKeys.Said said = new StatementKeys.Said(possible, payload, from, dialect);
        List<StatementKeys.Said> inner =
                text.innerTexts().stream()
                        .map(sql -> new StatementKeys.Said(possible, sql, 0, dialect))
                        .toList();
        for (Filters.Filter<StatementKeys.Said> filter : filters.deny()) {
            boolean picked =
                    filter.picks(who, said, true)
                            || inner.stream().anyMatch(sql -> filter.picks(who, sql, true))
                            // What it names cannot be told.
                            || (text.isUncertain() && filter.picks(who));
            if (picked) {
                return Optional.of(filter.rule());
            }
        }
        boolean sent =
                filters.only().isEmpty()
                        || text.steersSession()
                        || isInOnly(said)
                        || (!inner.isEmpty() && inner.stream().allMatch(this::isInOnly));
        return sent ? Optional.empty() : Optional.of(Filters.NOT_IN_ONLY);
    }

    private boolean isInOnly(StatementKeys.Said said) {
        return settings.filters().only().stream().anyMatch(one -> one.picks(who, said, false));
    }

    /** The filter that keeps a command back which says the same as this text. */
    Optional<String> filtered(byte[] sql) {
        SqlDialect dialect = dialects.online();
        return filtered(SqlText.read(sql, 0, sql.length, dialect), sql, 0, dialect);
    }

    /**
     * Takes over what a text that the client has sent before anybody looked does to those that
     * follow.
     */
    void follow(Reading reading) {
        remember(reading);
        reading.text().clientCharset().ifPresent(dialects::speaks);
        reading.text()
                .leaves()
                .newDatabase()
                .ifPresent(name -> databases.values().forEach(database -> database.is(name)));
    }

    /**
     * Takes over what a text that is sent by the client, as this request, does to others.
     *
     * @param mayGo whether the target gets it where no rule keeps it back
     */
    void follow(Reading reading, long ordinal, boolean mayGo) {
        remember(reading);
        boolean goes = mayGo && reading.refusedBy().isEmpty();
        asked(reading.text().leaves(), goes, isOneUse(reading.text()), ordinal);
        dialects.executed(reading.text(), ordinal, goes);
    }

    private static boolean isOneUse(SqlText text) {
        return text.fingerprint().startsWith("USE ") && text.fingerprint().indexOf(';') < 0;
    }

    /** As {@link #follow}, for a statement that was prepared and is executed now. */
    void executed(PreparedStatement statement, long ordinal, boolean mayGo) {
        boolean goes = mayGo && statement.refusedBy().isEmpty();
        leave(statement.leaves(), statement.refusedBy());
        asked(statement.leaves(), goes, false, ordinal);
        if (goes && statement.effects().setsMode()) {
            dialects.setsMode(ordinal);
        }
    }

    /** Takes over what a text that is prepared may do to others when it is executed. */
    void prepared(Reading reading) {
        dialects.prepared(reading.text());
    }

    private void asked(Leaves leaves, boolean goes, boolean alone, long ordinal) {
        leaves.newDatabase()
                .ifPresent(
                        last -> {
                            databases
                                    .get(Side.ONLINE)
                                    .asked(ordinal, leaves.databases(), last, alone);
                            if (goes) {
                                databases
                                        .get(Side.TARGET)
                                        .asked(ordinal, leaves.databases(), last, alone);
                            }
                        });
    }

    /** Whether the target has another default database than production has now. */
    private boolean isInOtherDatabase(SqlText text) {
        DefaultDatabase online = databases.get(Side.ONLINE);
        boolean other =
                online.isSettled()
                        ? !online.possible().equals(databases.get(Side.TARGET).possible())
                        : heldBack.isDatabase();
        return other && text.leaves().newDatabase().isEmpty();
    }

    /** Whether it is not yet known which default database the target has. */
    boolean awaitsDatabase() {
        return !databases.get(Side.TARGET).isSettled();
    }

    /** Whether it is not yet known how the target reads the next text. */
    boolean awaitsDialect() {
        return dialects.awaitsTarget();
    }

    /** A side has answered a request. */
    void answered(Side side, long ordinal, boolean succeeded) {
        databases.get(side).answered(ordinal, succeeded);
        if (side == Side.TARGET) {
            dialects.targetAnswered(ordinal, succeeded);
        }
    }

    private void leave(Leaves leaves, Optional<String> refusedBy) {
        if (refusedBy.isPresent()) {
            heldBack.refused(leaves);
        } else {
            heldBack.sent(leaves);
        }
    }

    private void remember(Reading reading) {
        leave(reading.text().leaves(), reading.refusedBy());
        for (String name : reading.text().prepares()) {
            reading.refusedBy()
                    .ifPresentOrElse(
                            rule -> refusedNames.put(name, rule), () -> refusedNames.remove(name));
        }
    }

    /** The client speaks this character set. */
    void speaks(String charset) {
        dialects.speaks(charset);
    }

    /** The bytes of a text as the target is to have them. */
    byte[] sent(Reading reading, byte[] payload, int from) {
        return settings.rules().isReadOnly() ? reading.text().readingOnly(payload, from) : payload;
    }

    /** Whether more refused statements are remembered than there is room for. */
    boolean isFull() {
        return refusedNames.size() > MAX_REFUSED_NAMES
                || heldBack.isFull()
                || databases.values().stream().anyMatch(DefaultDatabase::isFull);
    }

    /** The status of an answer of the captured side. */
    void serverSaid(int status) {
        dialects.said(Side.ONLINE, (status & STATUS_NO_BACKSLASH_ESCAPES) == 0);
        if ((status & OkPacket.STATUS_IN_TRANSACTION) == 0) {
            heldBack.noTransaction();
        }
    }

    /** The status of an answer of the target. */
    void targetSaid(int status) {
        dialects.said(Side.TARGET, (status & STATUS_NO_BACKSLASH_ESCAPES) == 0);
    }

    /** COM_RESET_CONNECTION. */
    void reset() {
        refusedNames.clear();
        heldBack.clear();
        dialects.reset();
    }
}
