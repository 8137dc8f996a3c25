package dev.understudy.link;

import com.google.common.hash.HashCode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.MessageToByteEncoder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * What the ends of a link say until they believe each other. On the wire each is a length (4 bytes,
 * big-endian, of what follows), a type (1 byte) and its fields.
 */
sealed interface Greeting {
    int LENGTH_BYTES = 4;

    /** Bytes behind the length: nobody who is not yet believed is read further. */
    int MAX_LENGTH = 256;

    int PROOF_BYTES = 32;
    int MAX_REASON = 64;

    /**
     * The caller's first.
     *
     * @param run which run it is of
     */
    record Hello(int version, UUID run, HashCode proof) implements Greeting {}

    /** The answer to one that is believed. */
    record Welcome(int version, HashCode proof) implements Greeting {}

    /** The answer to any other; who says it hangs up behind it. */
    record Refused(int version, String reason) implements Greeting {}

    /** Writes it with its length. */
    default void encode(ByteBuf out) {
        int start = out.writerIndex();
        out.writeInt(0);
        switch (this) {
            case Hello(int version, UUID run, HashCode proof) ->
                    out.writeByte(1)
                            .writeShort(version)
                            .writeLong(run.getMostSignificantBits())
                            .writeLong(run.getLeastSignificantBits())
                            .writeBytes(proof.asBytes());
            case Welcome(int version, HashCode proof) ->
                    out.writeByte(2).writeShort(version).writeBytes(proof.asBytes());
            case Refused(int version, String reason) -> {
                byte[] bytes = reason.getBytes(StandardCharsets.US_ASCII);
                int length = Math.min(MAX_REASON, bytes.length);
                out.writeByte(3).writeShort(version).writeByte(length);
                out.writeBytes(bytes, 0, length);
            }
        }
        out.setInt(start, out.writerIndex() - start - LENGTH_BYTES);
    }

    /**
     * Reads one, without its length, to the end of {@code in}.
     *
     * @throws CorruptedFrameException for what none looks like
     */
    static Greeting decode(ByteBuf in) {
        try {
            int type = in.readUnsignedByte();
            Greeting greeting =
                    switch (type) {
                        case 1 ->
                                new Hello(
                                        in.readUnsignedShort(),
                                        new UUID(in.readLong(), in.readLong()),
                                        proof(in));
                        case 2 -> new Welcome(in.readUnsignedShort(), proof(in));
                        case 3 -> new Refused(in.readUnsignedShort(), word(in));
                        default -> throw new CorruptedFrameException("no greeting " + type);
                    };
            if (in.isReadable()) {
                throw new CorruptedFrameException("bytes behind a greeting");
            }
            return greeting;
        } catch (IndexOutOfBoundsException e) {
            throw new CorruptedFrameException("half a greeting", e);
        }
    }

    private static HashCode proof(ByteBuf in) {
        return HashCode.fromBytes(bytes(in, PROOF_BYTES));
    }

    private static byte[] bytes(ByteBuf in, int length) {
        byte[] bytes = new byte[length];
        in.readBytes(bytes);
        return bytes;
    }

    /** It is shown: what is not printable is no word. */
    private static String word(ByteBuf in) {
        int length = in.readUnsignedByte();
        if (length > MAX_REASON) {
            throw new CorruptedFrameException("a word of " + length + " bytes");
        }
        String word = new String(bytes(in, length), StandardCharsets.US_ASCII);
        if (!word.chars().allMatch(c -> c >= ' ' && c < 127)) {
            throw new CorruptedFrameException("a word that cannot be printed");
        }
        return word;
    }

    /** Adds what reads and writes greetings, and nothing else. */
    static void addCodecTo(ChannelPipeline pipeline) {
        pipeline.addLast(new Decoder(), new Encoder());
    }

    /** Takes it out again; bytes that came behind the last greeting go to what stands behind. */
    static void removeCodecFrom(ChannelPipeline pipeline) {
        pipeline.remove(Encoder.class);
        pipeline.remove(Decoder.class);
    }

    /** Bytes to greetings. */
    final class Decoder extends LengthFieldBasedFrameDecoder {
        private Decoder() {
            super(LENGTH_BYTES + MAX_LENGTH, 0, LENGTH_BYTES, 0, LENGTH_BYTES);
        }

        @Override
        protected Object decode(ChannelHandlerContext ctx, ByteBuf in) throws Exception {
            ByteBuf frame = (ByteBuf) super.decode(ctx, in);
            if (frame == null) {
                return null;
            }
            try {
                return Greeting.decode(frame);
            } finally {
                frame.release();
            }
        }
    }

    /** Greetings to bytes. */
    final class Encoder extends MessageToByteEncoder<Greeting> {
        private Encoder() {
            super(Greeting.class);
        }

        @Override
        protected void encode(ChannelHandlerContext ctx, Greeting greeting, ByteBuf out) {
            greeting.encode(out);
        }
    }
}
