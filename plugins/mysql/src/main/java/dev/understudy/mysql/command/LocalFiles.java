package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.PacketHeader;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * The files of LOAD DATA LOCAL. Where production's server asks the client for one, what the client
 * sends next is that file and no command. It goes to the target, piece by piece as it comes, where
 * the target asks for it too; where it does not, it goes nowhere, since it would be read as
 * commands. A file that the target alone asks for is sent empty: nobody has it.
 *
 * @see "MySQL protocol manual, LOCAL INFILE Request"
 */
final class LocalFiles {
    static final String HOLD = "local-file";

    /** Of a file, so much goes into one packet: any server takes that. */
    static final int MAX_PIECE_BYTES = 1 << 16;

    /**
     * A server waits for a file.
     *
     * @param index which of the files that the request needs, from 0
     * @param told whether the request went to the target
     */
    private record Question(long ordinal, int index, boolean told) {}

    /** What became of the client's bytes. */
    sealed interface Step {
        /** Some were read. */
        record Read() implements Step {}

        /** More are needed. */
        record More() implements Step {}

        /** None may be read before this holds. */
        record Wait(BooleanSupplier until) implements Step {}

        /** They cannot be read. */
        record Broken(String reason, String detail) implements Step {}
    }

    private final AnswerStream onlineAnswers;
    private final AnswerStream targetAnswers;
    private final CommandSettings settings;

    private final Map<Side, Question> open = new EnumMap<>(Side.class);

    /** Files that the request now being answered has asked for so far. */
    private final Map<Side, Integer> asked = new EnumMap<>(Side.class);

    /** The last request that was answered; those before it were, too. */
    private final Map<Side, Long> answered = new EnumMap<>(Side.class);

    private boolean targetEnded;
    private int onlineSequence;
    private int targetSequence;
    private int leftOfPacket;
    private boolean continues;
    private long bytesOfFile;

    LocalFiles(AnswerStream onlineAnswers, AnswerStream targetAnswers, CommandSettings settings) {
        this.onlineAnswers = onlineAnswers;
        this.targetAnswers = targetAnswers;
        this.settings = settings;
    }

    /** A server asks for a file; its next packet counts on from the last one of that file. */
    void asked(Side side, Outstanding request, int nextSequence, List<SessionAction> out) {
        int index = asked.merge(side, 1, Integer::sum) - 1;
        open.put(side, new Question(request.ordinal(), index, request.told()));
        if (side == Side.ONLINE) {
            onlineSequence = nextSequence;
            leftOfPacket = 0;
            continues = false;
            bytesOfFile = 0;
        } else {
            targetSequence = nextSequence;
        }
        answerTargetAlone(out);
    }

    /** A server has answered a request to its end. */
    void answered(Side side, Outstanding request, List<SessionAction> out) {
        asked.remove(side);
        if (request.ordinal() != SessionAction.NO_ORDINAL) {
            answered.put(side, request.ordinal());
        }
        if (side == Side.TARGET) {
            open.remove(side);
        }
        answerTargetAlone(out);
    }

    /** Nobody is there any more who could ask. */
    void targetEnded() {
        targetEnded = true;
        open.remove(Side.TARGET);
    }

    /** Whether what the client sends is a file. */
    boolean isOpen() {
        return open.containsKey(Side.ONLINE);
    }

    /** Whether the target waits for a file. */
    boolean isAwaitedByTarget() {
        return open.containsKey(Side.TARGET);
    }

    /** Production answered without asking for what the target asks for. */
    private void answerTargetAlone(List<SessionAction> out) {
        Question target = open.get(Side.TARGET);
        if (target != null && hasAnswered(Side.ONLINE, target.ordinal()) && !isOpen()) {
            out.add(new SessionAction.Injected("empty-file"));
            endTargetsFile(out);
        }
    }

    private boolean hasAnswered(Side side, long ordinal) {
        return answered.getOrDefault(side, -1L) >= ordinal;
    }

    /** Reads on in the file, as far as there is any of it. */
    Step read(ByteBuf bytes, List<SessionAction> out) {
        Question online = open.get(Side.ONLINE);
        boolean send = online.equals(open.get(Side.TARGET));
        if (!send && online.told() && !targetEnded && !hasAnswered(Side.TARGET, online.ordinal())) {
            return new Step.Wait(
                    () ->
                            online.equals(open.get(Side.TARGET))
                                    || targetEnded
                                    || hasAnswered(Side.TARGET, online.ordinal()));
        }
        return leftOfPacket > 0 ? piece(bytes, send, out) : packet(bytes, send, out);
    }

    private Step packet(ByteBuf bytes, boolean send, List<SessionAction> out) {
        if (bytes.readableBytes() < PacketHeader.LENGTH) {
            return new Step.More();
        }
        PacketHeader header = PacketHeader.at(bytes, bytes.readerIndex());
        if (header.sequence() != onlineSequence && !onlineAnswers.countsLoosely()) {
            return new Step.Broken(
                    "malformed-request",
                    "packet %d of a local file where %d was next"
                            .formatted(header.sequence(), onlineSequence));
        }
        bytes.skipBytes(PacketHeader.LENGTH);
        onlineSequence = header.nextSequence();
        leftOfPacket = header.length();
        if (header.length() == 0 && !continues) {
            open.remove(Side.ONLINE);
            onlineAnswers.resumeAt(onlineSequence);
            if (send) {
                endTargetsFile(out);
            }
        }
        continues = header.continues();
        return new Step.Read();
    }

    private Step piece(ByteBuf bytes, boolean send, List<SessionAction> out) {
        int length = Math.min(Math.min(leftOfPacket, bytes.readableBytes()), MAX_PIECE_BYTES);
        bytesOfFile += length;
        if (bytesOfFile > settings.maxLocalFileBytes()) {
            return new Step.Broken(
                    "too-large",
                    "a local file of more than %d bytes: raise mysql.max-local-file"
                            .formatted(settings.maxLocalFileBytes()));
        }
        ByteBuf piece = bytes.readSlice(length);
        leftOfPacket -= length;
        if (send) {
            settings.figures().localFileSent(length);
            sendPacket(piece, out);
        } else {
            settings.figures().localFileNotSent(length);
        }
        return new Step.Read();
    }

    private void endTargetsFile(List<SessionAction> out) {
        sendPacket(Unpooled.EMPTY_BUFFER, out);
        open.remove(Side.TARGET);
        targetAnswers.resumeAt(targetSequence);
    }

    private void sendPacket(ByteBuf piece, List<SessionAction> out) {
        out.add(SessionAction.Send.plumbing(Packet.encoded(targetSequence, piece)));
        targetSequence = (targetSequence + 1) & 0xFF;
    }
}
