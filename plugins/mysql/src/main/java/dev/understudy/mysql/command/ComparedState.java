package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Effects;
import dev.understudy.mysql.wire.OkPacket;

/**
 * Which of the status bits that say how a session stands in transactions can be held against each
 * other: not those that hang on what production was sent and the target was not, until both have
 * been told the same anew.
 */
final class ComparedState {
    /** Whether a transaction is open, and whether each statement is one of its own. */
    static final int ALL = OkPacket.STATUS_IN_TRANSACTION | OkPacket.STATUS_AUTOCOMMIT;

    private int bits = ALL;

    /** Both servers get a command; says what of their answers to it is compared. */
    int sent(Effects effects) {
        bits |= effects.settles() ? OkPacket.STATUS_IN_TRANSACTION : 0;
        bits |= effects.setsAutocommit() ? OkPacket.STATUS_AUTOCOMMIT : 0;
        return bits;
    }

    /** Production alone gets a command that does this, as far as that is known. */
    void heldBack(Command command, Effects effects) {
        switch (command) {
            case COM_STMT_PREPARE, COM_STMT_CLOSE, COM_STMT_SEND_LONG_DATA, COM_STMT_RESET -> {}
            case COM_STMT_FETCH -> bits &= ~OkPacket.STATUS_IN_TRANSACTION;
            default ->
                    bits &=
                            command == Command.COM_QUERY && !effects.releases()
                                    ? ~OkPacket.STATUS_IN_TRANSACTION
                                    : ~ALL;
        }
    }

    /** Both sessions begin anew. */
    void reset() {
        bits = ALL;
    }

    /** For a reader. */
    static String describe(int state) {
        return "%s transaction is open, autocommit is %s"
                .formatted(
                        (state & OkPacket.STATUS_IN_TRANSACTION) != 0 ? "a" : "no",
                        (state & OkPacket.STATUS_AUTOCOMMIT) != 0 ? "on" : "off");
    }
}
