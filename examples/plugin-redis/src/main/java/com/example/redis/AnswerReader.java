package com.example.redis;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** Reads the answers of one server on one connection. */
final class AnswerReader {
    private final RespScanner scanner = new RespScanner();
    private final int keepBytes;

    /**
     * Begins at the connection's first answer.
     *
     * @param keepBytes answers up to this size are kept whole, of others a hash
     */
    AnswerReader(int keepBytes) {
        this.keepBytes = keepBytes;
    }

    /** Whether what comes next answers nothing: an invalidation, an attribute. */
    static boolean isPush(ByteBuf in) {
        byte type = in.getByte(in.readerIndex());
        return type == '>' || type == '|';
    }

    /** The answer at the reader index, which stays; empty for what answers nothing. */
    Decoded<Optional<RedisReply>> next(ByteBuf in, Likeness likeness) {
        return switch (scanner.next(in)) {
            case Decoded.Incomplete<Byte>(int missing) -> new Decoded.Incomplete<>(missing);
            case Decoded.Malformed<Byte>(int at, String reason) ->
                    new Decoded.Malformed<>(at, reason);
            case Decoded.Complete<Byte>(Byte _, int length) ->
                    new Decoded.Complete<>(
                            isPush(in)
                                    ? Optional.empty()
                                    : Optional.of(
                                            reply(in.slice(in.readerIndex(), length), likeness)),
                            length);
        };
    }

    private RedisReply reply(ByteBuf whole, Likeness likeness) {
        return whole.readableBytes() <= keepBytes
                ? new RedisReply.Said(Value.read(whole), likeness)
                : new RedisReply.TooLarge(whole.readableBytes(), hash(whole));
    }

    /** Whether the server refused. */
    static boolean isFailure(RedisReply reply) {
        return reply instanceof RedisReply.Said(Value.Failure _, Likeness _);
    }

    private static String hash(ByteBuf bytes) {
        try {
            MessageDigest hash = MessageDigest.getInstance("SHA-256");
            hash.update(bytes.nioBuffer());
            return HexFormat.of().formatHex(hash.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each Java platform has SHA-256", e);
        }
    }
}
