package dev.understudy.intercept;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.MessageToByteEncoder;

/** Bytes to {@link Frame}s and back. */
final class FrameCodec {
    private FrameCodec() {}

    /** Adds both directions. */
    static void addTo(ChannelPipeline pipeline) {
        pipeline.addLast(new Decoder());
        pipeline.addLast(new Encoder());
    }

    private static final class Decoder extends LengthFieldBasedFrameDecoder {
        private Decoder() {
            super(
                    Frame.LENGTH_BYTES + Frame.MAX_LENGTH,
                    0,
                    Frame.LENGTH_BYTES,
                    0,
                    Frame.LENGTH_BYTES);
        }

        @Override
        protected Object decode(ChannelHandlerContext ctx, ByteBuf in) throws Exception {
            ByteBuf frame = (ByteBuf) super.decode(ctx, in);
            if (frame == null) {
                return null;
            }
            try {
                return Frame.decode(frame);
            } finally {
                frame.release();
            }
        }
    }

    private static final class Encoder extends MessageToByteEncoder<Frame> {
        private Encoder() {
            super(Frame.class);
        }

        @Override
        protected void encode(ChannelHandlerContext ctx, Frame frame, ByteBuf out) {
            try {
                frame.encode(out);
            } finally {
                if (frame instanceof Frame.Data(int _, ByteBuf bytes)) {
                    bytes.release();
                }
            }
        }
    }
}
