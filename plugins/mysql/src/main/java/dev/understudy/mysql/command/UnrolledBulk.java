package dev.understudy.mysql.command;

import dev.understudy.mysql.command.Answer.Result;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Optional;

/**
 * A bulk execute on a target that does not know it: row after row, each when the one before it was
 * answered, up to the first that fails, as MariaDB does it. The results are folded into one.
 */
final class UnrolledBulk {
    static final String HOLD = "bulk";

    private final long ordinal;
    private final BulkExecute bulk;
    private final PreparedStatement statement;
    private final Capabilities target;
    private final int comparedState;

    private int sent;
    private long affectedRows;
    private long lastInsertId;
    private int warnings;
    private boolean over;

    /**
     * @param comparedState as of {@link Outstanding}
     */
    UnrolledBulk(
            long ordinal,
            BulkExecute bulk,
            PreparedStatement statement,
            Capabilities target,
            int comparedState) {
        this.ordinal = ordinal;
        this.bulk = bulk;
        this.statement = statement;
        this.target = target;
        this.comparedState = comparedState;
    }

    /** Whether the target has answered as far as it will be asked. */
    boolean isOver() {
        return over;
    }

    /** Sends the next row. */
    void send(AnswerStream targetAnswers, List<SessionAction> out) {
        targetAnswers.expect(
                new Outstanding(
                        ordinal,
                        Command.COM_STMT_EXECUTE,
                        AnswerKind.BINARY,
                        false,
                        1,
                        statement.changes(),
                        Optional.of(statement),
                        Optional.empty(),
                        Optional.of(this),
                        comparedState));
        ByteBuf execute = bulk.encodeRow(sent, statement, statement.id(Side.TARGET), target);
        ByteBuf packets = Packet.encoded(0, execute);
        if (sent == 0) {
            out.add(SessionAction.Send.request(ordinal, packets));
        } else {
            out.add(new SessionAction.Injected("bulk-row"));
            out.add(SessionAction.Send.plumbing(packets));
        }
        sent++;
    }

    /** Takes in the answer to the last row sent, and sends the next one if there is one. */
    void answered(
            Answer answer, long timeNanos, AnswerStream targetAnswers, List<SessionAction> out) {
        Result last =
                answer instanceof Answer.Results results
                        ? results.results().getLast()
                        : new Result.Done(0, 0, 0);
        if (last instanceof Result.Done done) {
            affectedRows += done.affectedRows();
            lastInsertId = lastInsertId == 0 ? done.lastInsertId() : lastInsertId;
            warnings += done.warnings();
            if (sent < bulk.rows()) {
                send(targetAnswers, out);
                return;
            }
            last = new Result.Done(affectedRows, lastInsertId, warnings, done.state());
        }
        over = true;
        out.add(
                new SessionAction.Answered(
                        ordinal, Side.TARGET, new Answer.Unrolled(last, sent), timeNanos));
    }
}
