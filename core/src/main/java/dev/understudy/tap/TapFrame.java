package dev.understudy.tap;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.MessageToMessageEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a tap and a copier say to one another once they believe each other; with every change the
 * version of {@link dev.understudy.link.Service#TAP} changes. On the wire each is a length (4
 * bytes, big-endian, of what follows), a type (1 byte) and its fields.
 */
sealed interface TapFrame {
    int LENGTH_BYTES = 4;

    /** Bytes behind the length. */
    int MAX_LENGTH = 1 + ShippedBatch.MAX_BYTES;

    /** Letters of a tap's name, all printable ASCII. */
    int MAX_NAME = 64;

    /** A link that says nothing for so long is dead. */
    int SILENCE_SECONDS = 20;

    /** Who has said nothing for so long says {@link Ping}. */
    int PING_SECONDS = 4;

    /** The tap's first: who it is. */
    record Opening(String name) implements TapFrame {}

    /** A {@link ShippedBatch}; whoever reads the frame owns the bytes. */
    record Shipment(ByteBuf batch) implements TapFrame {}

    /** The tap's clock when it was asked. */
    record Clock(long askedNanos, long tapNanos) implements TapFrame {}

    /**
     * The tap's last, behind its last batch.
     *
     * @param packets that the kernel gave it in all, which is the number the next one would have
     */
    record Bye(long packets, long droppedByKernel) implements TapFrame {}

    /** Somebody is there; of either end. */
    record Ping() implements TapFrame {}

    /** What does the tap's clock say? */
    record AskClock(long askedNanos) implements TapFrame {}

    /**
     * Send from this packet on.
     *
     * @param next a packet's number, or {@link #FRESH}
     */
    record Resume(long next) implements TapFrame {
        /** From the first there is: nothing was taken yet. */
        static final long FRESH = -1;
    }

    /** All packets before this one were taken. */
    record Taken(long before) implements TapFrame {}

    /** No more is wanted: send what was captured until now, then {@link Bye}. */
    record Finish() implements TapFrame {}

    /** The answer to {@link Bye}. */
    record Over() implements TapFrame {}

    /** Writes the frame with its length but without the bytes of a {@link Shipment}. */
    default void encode(ByteBuf out) {
        int start = out.writerIndex();
        int beside = 0;
        out.writeInt(0);
        switch (this) {
            case Opening(String name) ->
                    out.writeByte(1).writeBytes(name.getBytes(StandardCharsets.US_ASCII));
            case Shipment(ByteBuf batch) -> {
                beside = batch.readableBytes();
                out.writeByte(2);
            }
            case Clock(long asked, long tap) -> out.writeByte(3).writeLong(asked).writeLong(tap);
            case Bye(long packets, long dropped) ->
                    out.writeByte(4).writeLong(packets).writeLong(dropped);
            case Ping() -> out.writeByte(5);
            case AskClock(long asked) -> out.writeByte(6).writeLong(asked);
            case Resume(long next) -> out.writeByte(7).writeLong(next);
            case Taken(long before) -> out.writeByte(8).writeLong(before);
            case Finish() -> out.writeByte(9);
            case Over() -> out.writeByte(10);
        }
        out.setInt(start, out.writerIndex() - start - LENGTH_BYTES + beside);
    }

    /**
     * Reads one frame, without its length, to the end of {@code in}.
     *
     * @throws CorruptedFrameException for what no frame looks like
     */
    static TapFrame decode(ByteBuf in) {
        try {
            int type = in.readUnsignedByte();
            TapFrame frame =
                    switch (type) {
                        case 1 -> new Opening(name(in));
                        case 2 -> new Shipment(in.readRetainedSlice(in.readableBytes()));
                        case 3 -> new Clock(in.readLong(), in.readLong());
                        case 4 -> new Bye(counted(in), counted(in));
                        case 5 -> new Ping();
                        case 6 -> new AskClock(in.readLong());
                        case 7 -> new Resume(in.readLong());
                        case 8 -> new Taken(counted(in));
                        case 9 -> new Finish();
                        case 10 -> new Over();
                        default -> throw new CorruptedFrameException("no frame " + type);
                    };
            if (in.isReadable()) {
                throw new CorruptedFrameException("bytes behind a frame");
            }
            return frame;
        } catch (IndexOutOfBoundsException e) {
            throw new CorruptedFrameException("half a frame", e);
        }
    }

    private static long counted(ByteBuf in) {
        long count = in.readLong();
        if (count < 0) {
            throw new CorruptedFrameException("a count below 0");
        }
        return count;
    }

    private static String name(ByteBuf in) {
        String name = in.readCharSequence(in.readableBytes(), StandardCharsets.US_ASCII).toString();
        if (!isName(name)) {
            throw new CorruptedFrameException("a name that cannot be shown");
        }
        return name;
    }

    /** Whether a tap may be called so. */
    static boolean isName(String name) {
        return !name.isEmpty()
                && name.length() <= MAX_NAME
                && name.chars().allMatch(c -> c > ' ' && c < 127);
    }

    /** Adds both directions. */
    static void addCodecTo(ChannelPipeline pipeline) {
        pipeline.addLast(new Decoder(), new Encoder());
    }

    /** Bytes to frames. */
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
                return TapFrame.decode(frame);
            } finally {
                frame.release();
            }
        }
    }

    /** Frames to bytes; a batch is passed on, not copied. */
    final class Encoder extends MessageToMessageEncoder<TapFrame> {
        private static final int ROOM = 128;

        private Encoder() {
            super(TapFrame.class);
        }

        @Override
        protected void encode(ChannelHandlerContext ctx, TapFrame frame, List<Object> out) {
            ByteBuf head = ctx.alloc().buffer(ROOM);
            frame.encode(head);
            out.add(head);
            if (frame instanceof Shipment(ByteBuf batch)) {
                out.add(batch);
            }
        }
    }
}
