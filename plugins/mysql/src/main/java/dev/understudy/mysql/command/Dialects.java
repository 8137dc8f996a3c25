package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.SqlDialect;
import dev.understudy.mysql.sql.SqlDialect.Encoding;
import dev.understudy.mysql.sql.SqlText;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * By which rules servers find the tokens of a session's texts. A text is harmless by the target's
 * rules or not at all: what changes them is waited for, and where the target may have others than
 * production a text has to be harmless by both.
 */
final class Dialects {
    private final ClientCharset afterReset;
    private final ClientCharset serverDefault;
    private ClientCharset charset;
    private ClientCharset next;
    private boolean unlike;
    private long awaited = SessionAction.NO_ORDINAL;
    private Optional<Boolean> onlineEscapes = Optional.empty();
    private Optional<Boolean> targetEscapes = Optional.empty();
    private boolean targetUncertain;

    /**
     * @param login what the login said
     * @param afterReset what a reset leaves
     * @param serverDefault what DEFAULT stands for
     */
    Dialects(ClientCharset login, ClientCharset afterReset, ClientCharset serverDefault) {
        this.charset = login;
        this.next = login;
        this.afterReset = afterReset;
        this.serverDefault = serverDefault;
    }

    /** Production's. */
    SqlDialect online() {
        return new SqlDialect(onlineEscapes.orElse(true), charset.encoding());
    }

    /** What the client speaks, as far as that is certain for both servers. */
    ClientCharset charset() {
        return charset;
    }

    /**
     * Other ones that the target may read a text by, or what stands in it behind a statement that
     * changes them.
     *
     * @param text as production reads it
     */
    List<SqlDialect> others(SqlText text, byte[] bytes, int from) {
        boolean escapes = onlineEscapes.orElse(true);
        boolean otherMode =
                onlineEscapes.isEmpty()
                        || targetUncertain
                        || text.effects().setsMode()
                        || targetEscapes.filter(theirs -> theirs != escapes).isPresent();
        List<SqlDialect> others = new ArrayList<>();
        if (otherMode && hasBackslash(bytes, from)) {
            others.add(new SqlDialect(!escapes, charset.encoding()));
        }
        if (speaksOtherwise(text)) {
            others.add(new SqlDialect(escapes, Encoding.AMBIGUOUS));
        }
        return others;
    }

    private boolean speaksOtherwise(SqlText text) {
        return text.charsets().stream().anyMatch(name -> !charsetOf(name).readsLike(charset));
    }

    private static boolean hasBackslash(byte[] text, int from) {
        for (int i = from; i < text.length; i++) {
            if (text[i] == '\\') {
                return true;
            }
        }
        return false;
    }

    /** Whether the target has still to say by which rules it reads the next text. */
    boolean awaitsTarget() {
        return awaited != SessionAction.NO_ORDINAL;
    }

    /** The client speaks this character set, as everybody knows. */
    void speaks(String name) {
        charset = charsetOf(name);
    }

    private ClientCharset charsetOf(String name) {
        return name.equals("default") ? serverDefault : ClientCharset.of(name);
    }

    /**
     * A text is executed, as this request.
     *
     * @param goes whether the target gets it
     */
    void executed(SqlText text, long ordinal, boolean goes) {
        boolean otherwise = speaksOtherwise(text);
        if (!goes) {
            // The client speaks as production understands it, and the target does not.
            charset = otherwise ? ClientCharset.UNCERTAIN : charset;
        } else if (otherwise || text.effects().setsMode()) {
            next = text.clientCharset().map(this::charsetOf).orElse(charset);
            unlike = otherwise;
            awaited = ordinal;
        }
    }

    /** A statement that was prepared, and sets the SQL mode, is executed as this request. */
    void setsMode(long ordinal) {
        next = charset;
        unlike = false;
        awaited = ordinal;
    }

    /** A text was prepared; when it is executed, its character set is not followed. */
    void prepared(SqlText text) {
        charset = speaksOtherwise(text) ? ClientCharset.UNCERTAIN : charset;
    }

    /** The target has answered a request. */
    void targetAnswered(long ordinal, boolean succeeded) {
        if (awaitsTarget() && awaited == ordinal) {
            awaited = SessionAction.NO_ORDINAL;
            targetUncertain = !succeeded;
            charset = succeeded || !unlike ? next : ClientCharset.UNCERTAIN;
        }
    }

    /** What the status of a side's answer says. */
    void said(Side side, boolean backslashEscapes) {
        if (side == Side.ONLINE) {
            onlineEscapes = Optional.of(backslashEscapes);
        } else {
            targetEscapes = Optional.of(backslashEscapes);
            targetUncertain &= awaitsTarget();
        }
    }

    /** COM_RESET_CONNECTION. */
    void reset() {
        charset = afterReset;
        awaited = SessionAction.NO_ORDINAL;
    }
}
