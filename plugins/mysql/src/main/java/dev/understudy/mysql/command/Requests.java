package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.PacketHeader;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The requests of a session on their way: numbers those that were captured, and knows of each side
 * what it has still to answer.
 */
final class Requests {
    /** Commands that the target may have to answer at a time; the next one waits. */
    static final int MAX_OUTSTANDING = 64;

    private final AnswerStream onlineAnswers;
    private final AnswerStream targetAnswers;
    private final long firstOrdinal;
    private long nextOrdinal;
    private final Supplier<Map<String, String>> labels;
    private final ComparedState state = new ComparedState();
    private boolean onlineEnded;

    /**
     * @param firstOrdinal the ordinal of the first command
     * @param labels what requests are counted under from now on
     */
    Requests(
            AnswerStream onlineAnswers,
            AnswerStream targetAnswers,
            long firstOrdinal,
            Supplier<Map<String, String>> labels) {
        this.labels = labels;
        this.onlineAnswers = onlineAnswers;
        this.targetAnswers = targetAnswers;
        this.firstOrdinal = firstOrdinal;
        this.nextOrdinal = firstOrdinal;
    }

    Map<String, String> labels() {
        return labels.get();
    }

    /** What of the session's state can be compared. */
    ComparedState state() {
        return state;
    }

    /** Takes the next ordinal. */
    long takeOrdinal() {
        return nextOrdinal++;
    }

    /** Whether a command was read. */
    boolean haveBegun() {
        return nextOrdinal > firstOrdinal;
    }

    /** The online server sends nothing any more: what the client still says reaches nobody. */
    void onlineEnded() {
        onlineEnded = true;
    }

    boolean hasOnlineEnded() {
        return onlineEnded;
    }

    /** Whether the target owes so many answers that it gets nothing more to do. */
    boolean isFull() {
        return targetAnswers.size() >= MAX_OUTSTANDING;
    }

    void expectOnline(Outstanding request) {
        onlineAnswers.expect(request);
    }

    void expectTarget(Outstanding request) {
        targetAnswers.expect(request);
    }

    /** The answers of the target, for what goes on asking by itself. */
    AnswerStream targetAnswers() {
        return targetAnswers;
    }

    /** Sends a command of our own; its answer is told to nobody. */
    Outstanding inject(
            String operation,
            Command command,
            AnswerKind kind,
            ByteBuf payload,
            Optional<PreparedStatement> statement,
            List<SessionAction> out) {
        Outstanding request =
                new Outstanding(
                        SessionAction.NO_ORDINAL,
                        command,
                        kind,
                        false,
                        sequenceBehind(payload),
                        false,
                        statement);
        expectTarget(request);
        out.add(new SessionAction.Injected(operation));
        out.add(SessionAction.Send.plumbing(Packet.encoded(0, payload)));
        return request;
    }

    /** The sequence id of the answer to a payload that begins with 0. */
    static int sequenceBehind(ByteBuf payload) {
        return (payload.readableBytes() / PacketHeader.MAX_LENGTH + 1) & 0xFF;
    }
}
