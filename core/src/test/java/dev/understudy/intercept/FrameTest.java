package dev.understudy.intercept;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FrameTest {
    private static final List<Frame> ALL =
            List.of(
                    new Frame.Open(
                            7,
                            true,
                            false,
                            new InetSocketAddress("192.0.2.2", 3306),
                            Optional.of(new InetSocketAddress("2001:db8::9", 40_001))),
                    new Frame.Open(
                            8,
                            false,
                            true,
                            new InetSocketAddress("192.0.2.2", 3306),
                            Optional.empty()),
                    new Frame.Opened(7),
                    new Frame.Data(7, Unpooled.wrappedBuffer(new byte[] {1, 2, 3})),
                    new Frame.Credit(7, 65_536),
                    new Frame.StartTls(7),
                    new Frame.Fin(7),
                    new Frame.Close(7),
                    new Frame.Ended(7, "refused"),
                    new Frame.AskCounts(),
                    new Frame.Counts(new TreeMap<>(Map.of("links", 2L))),
                    new Frame.Ping(),
                    new Frame.Pong());

    private static EmbeddedChannel channel() {
        EmbeddedChannel channel = new EmbeddedChannel();
        FrameCodec.addTo(channel.pipeline());
        return channel;
    }

    private static ByteBuf encoded(Frame frame) {
        ByteBuf out = Unpooled.buffer();
        frame.encode(out);
        return out;
    }

    @Test
    void eachFrameIsReadAsItWasWrittenCutAtEveryByte() {
        for (Frame frame : ALL) {
            ByteBuf whole = encoded(frame);
            for (int cut = 0; cut <= whole.readableBytes(); cut++) {
                EmbeddedChannel channel = channel();
                channel.writeInbound(whole.copy(0, cut));
                channel.writeInbound(whole.copy(cut, whole.readableBytes() - cut));
                assertEquals(frame, channel.readInbound(), "cut at " + cut);
                assertTrue(channel.inboundMessages().isEmpty());
            }
        }
    }

    @Test
    void halfAFrameAndBytesBehindOneAreRefused() {
        for (Frame frame : ALL) {
            if (frame instanceof Frame.Data) {
                continue;
            }
            byte[] body =
                    ByteBufUtil.getBytes(encoded(frame), 4, encoded(frame).readableBytes() - 4);
            assertThrows(
                    DecoderException.class,
                    () -> Frame.decode(Unpooled.wrappedBuffer(body, new byte[] {0})));
            if (body.length > 1) {
                assertThrows(
                        DecoderException.class,
                        () -> Frame.decode(Unpooled.wrappedBuffer(body, 0, body.length - 1)));
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
                Frame.decode(Unpooled.wrappedBuffer(bytes));
            } catch (DecoderException expected) {
                assertTrue(expected.getMessage() != null);
            }
        }
    }

    @Test
    void anAnnouncedLengthIsNotWaitedFor() {
        assertThrows(
                DecoderException.class,
                () -> channel().writeInbound(Unpooled.copyInt(Frame.MAX_LENGTH + 1)));
    }
}
