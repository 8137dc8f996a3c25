package dev.understudy.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.hash.Hashing;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class GreetingTest {
    private static final List<Greeting> ALL =
            List.of(
                    new Greeting.Hello(1, new UUID(1, 2), Hashing.sha256().hashInt(3)),
                    new Greeting.Welcome(1, Hashing.sha256().hashInt(4)),
                    new Greeting.Refused(2, "other-version"));

    private static EmbeddedChannel channel() {
        EmbeddedChannel channel = new EmbeddedChannel();
        Greeting.addCodecTo(channel.pipeline());
        return channel;
    }

    private static ByteBuf encoded(Greeting greeting) {
        ByteBuf out = Unpooled.buffer();
        greeting.encode(out);
        return out;
    }

    @Test
    void eachIsReadAsItWasWrittenCutAtEveryByte() {
        for (Greeting greeting : ALL) {
            ByteBuf whole = encoded(greeting);
            for (int cut = 0; cut <= whole.readableBytes(); cut++) {
                EmbeddedChannel channel = channel();
                channel.writeInbound(whole.copy(0, cut));
                channel.writeInbound(whole.copy(cut, whole.readableBytes() - cut));
                assertEquals(greeting, channel.readInbound(), "cut at " + cut);
                assertTrue(channel.inboundMessages().isEmpty());
            }
        }
    }

    @Test
    void halfOfOneAndBytesBehindOneAreRefused() {
        for (Greeting greeting : ALL) {
            byte[] body =
                    ByteBufUtil.getBytes(
                            encoded(greeting), 4, encoded(greeting).readableBytes() - 4);
            assertThrows(
                    DecoderException.class,
                    () -> Greeting.decode(Unpooled.wrappedBuffer(body, new byte[] {0})));
            for (int length = 0; length < body.length; length++) {
                ByteBuf half = Unpooled.wrappedBuffer(body, 0, length);
                assertThrows(DecoderException.class, () -> Greeting.decode(half));
            }
        }
    }

    @Test
    void garbageIsNeverMoreThanAnException() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(70)];
            random.nextBytes(bytes);
            try {
                Greeting.decode(Unpooled.wrappedBuffer(bytes));
            } catch (DecoderException expected) {
                assertTrue(expected.getMessage() != null);
            }
        }
    }

    @Test
    void whatIsTooLongForAStrangerIsNotWaitedFor() {
        assertThrows(
                DecoderException.class,
                () -> channel().writeInbound(Unpooled.copyInt(Greeting.MAX_LENGTH + 1)));
    }

    @Test
    void bytesBehindTheLastGreetingGoToWhatStandsBehind() {
        EmbeddedChannel channel = channel();
        ByteBuf behind = Unpooled.wrappedBuffer(new byte[] {0, 0, 0});
        channel.writeInbound(Unpooled.wrappedBuffer(encoded(ALL.getFirst()), behind));
        assertEquals(ALL.getFirst(), channel.readInbound());
        Greeting.removeCodecFrom(channel.pipeline());
        ByteBuf read = channel.readInbound();
        assertEquals(3, read.readableBytes());
        read.release();
    }

    @Test
    void anotherKindOfLinkAndAnotherVersionAreToldApart() {
        assertEquals(
                "it is an understudy copy --from tap, and no understudy intercept: check address and port",
                Service.INTERCEPT.otherThan(Service.TAP.version()));
        assertEquals(
                "it speaks version 7 of the link, this is version 1: run the same understudy at both ends",
                Service.TAP.otherThan(0x0107));
    }
}
