package dev.understudy.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TapFrameTest {
    private static List<TapFrame> all() {
        return List.of(
                new TapFrame.Opening("db1/eth0"),
                new TapFrame.Shipment(Batches.packed(3, 2, 0, false)),
                new TapFrame.Clock(5, 6),
                new TapFrame.Bye(70, 8),
                new TapFrame.Ping(),
                new TapFrame.AskClock(9),
                new TapFrame.Resume(-1),
                new TapFrame.Taken(1L << 40),
                new TapFrame.Finish(),
                new TapFrame.Over());
    }

    private static EmbeddedChannel channel() {
        EmbeddedChannel channel = new EmbeddedChannel();
        TapFrame.addCodecTo(channel.pipeline());
        return channel;
    }

    private static ByteBuf wire(TapFrame frame) {
        EmbeddedChannel channel = channel();
        channel.writeOutbound(frame);
        ByteBuf whole = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            whole.writeBytes(part);
        }
        return whole;
    }

    @Test
    void eachFrameIsReadAsItWasWrittenCutAtEveryByte() {
        for (TapFrame frame : all()) {
            ByteBuf whole = wire(frame);
            TapFrame expected =
                    frame instanceof TapFrame.Shipment
                            ? new TapFrame.Shipment(Batches.packed(3, 2, 0, false))
                            : frame;
            for (int cut = 0; cut <= whole.readableBytes(); cut++) {
                EmbeddedChannel channel = channel();
                channel.writeInbound(whole.copy(0, cut));
                channel.writeInbound(whole.copy(cut, whole.readableBytes() - cut));
                assertEquals(expected, channel.readInbound(), "cut at " + cut);
                assertTrue(channel.inboundMessages().isEmpty());
            }
        }
    }

    @Test
    void halfAFrameAndBytesBehindOneAreRefused() {
        for (TapFrame frame : all()) {
            if (frame instanceof TapFrame.Shipment || frame instanceof TapFrame.Opening) {
                continue;
            }
            byte[] body = ByteBufUtil.getBytes(wire(frame), 4, wire(frame).readableBytes() - 4);
            assertThrows(
                    DecoderException.class,
                    () -> TapFrame.decode(Unpooled.wrappedBuffer(body, new byte[] {0})));
            if (body.length > 1) {
                assertThrows(
                        DecoderException.class,
                        () -> TapFrame.decode(Unpooled.wrappedBuffer(body, 0, body.length - 1)));
            }
        }
    }

    @Test
    void garbageIsNeverMoreThanAnException() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            try {
                TapFrame.decode(Unpooled.wrappedBuffer(bytes));
            } catch (DecoderException expected) {
                assertTrue(expected.getMessage() != null);
            }
        }
    }

    @Test
    void anAnnouncedLengthIsNotWaitedFor() {
        assertThrows(
                DecoderException.class,
                () -> channel().writeInbound(Unpooled.copyInt(TapFrame.MAX_LENGTH + 1)));
    }
}
