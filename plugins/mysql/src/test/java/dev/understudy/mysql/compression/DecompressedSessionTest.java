package dev.understudy.mysql.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DecompressedSessionTest {
    /** Reads whole packets, holds after each that says so, and remembers. */
    private static final class Reader implements ProtocolSession {
        private final List<String> read = new ArrayList<>();
        private final List<Long> times = new ArrayList<>();

        @Override
        public List<SessionAction> on(SessionEvent event) {
            if (event instanceof SessionEvent.Target target) {
                target.bytes().skipBytes(target.bytes().readableBytes());
                return List.of(new SessionAction.Resume());
            }
            if (!(event instanceof SessionEvent.Captured captured)) {
                return List.of();
            }
            ByteBuf bytes = captured.bytes();
            int start = bytes.readerIndex();
            while (Packet.decode(bytes, 1000)
                    instanceof Decoded.Complete<Packet>(Packet packet, int length)) {
                String text = packet.payload().toString(StandardCharsets.UTF_8);
                read.add(text);
                bytes.skipBytes(length);
                long last = captured.offset() + bytes.readerIndex() - start - 1;
                times.add(captured.times().at(last));
                if (text.startsWith("hold")) {
                    return List.of(new SessionAction.Hold("test", Duration.ofSeconds(1)));
                }
            }
            return List.of();
        }
    }

    private final Reader reader = new Reader();

    private Playbook story(Compression compression) {
        Playbook book =
                Playbook.of(new DecompressedSession(reader, () -> Optional.of(compression), 1000));
        return book.server(plain("the login's end"));
    }

    private static ByteBuf plain(String... texts) {
        ByteBuf out = Unpooled.buffer();
        for (String text : texts) {
            Packet.encode(out, 0, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        }
        return out;
    }

    private static byte[] bytes(String... texts) {
        return ByteBufUtil.getBytes(plain(texts));
    }

    @ParameterizedTest
    @EnumSource
    void packetsComeOutWhereverTheStreamIsCut(Compression compression) {
        byte[] both = bytes("one, as one can be", "two");
        // The second packet begins in one compressed packet and ends in the next.
        ByteBuf stream =
                Unpooled.wrappedBuffer(
                        Squeezed.packet(compression, 0, java.util.Arrays.copyOf(both, 26)),
                        Squeezed.stored(1, java.util.Arrays.copyOfRange(both, 26, both.length)));
        for (int cut = 0; cut <= stream.readableBytes(); cut++) {
            reader.read.clear();
            story(compression)
                    .client(stream.slice(0, cut))
                    .client(stream.slice(cut, stream.readableBytes() - cut));
            assertEquals(
                    List.of("the login's end", "one, as one can be", "two"),
                    reader.read,
                    "cut at " + cut);
        }
    }

    @Test
    void aHoldKeepsTheRestBack() {
        Playbook book =
                story(Compression.ZLIB)
                        .client(Squeezed.packet(Compression.ZLIB, 0, bytes("hold 1", "hold 2")))
                        .client(Squeezed.stored(0, bytes("three")));
        assertEquals(List.of("the login's end", "hold 1"), reader.read);
        book.target(plain("go on"));
        assertEquals(List.of("the login's end", "hold 1", "hold 2"), reader.read);
        book.target(plain("go on"));
        assertEquals(List.of("the login's end", "hold 1", "hold 2", "three"), reader.read);
    }

    @Test
    void aPacketHasTheTimeOfItsLastPiece() {
        byte[] one = bytes("in two pieces");
        story(Compression.ZLIB)
                .client(Squeezed.stored(0, java.util.Arrays.copyOf(one, 9)))
                .client(Squeezed.stored(1, java.util.Arrays.copyOfRange(one, 9, one.length)))
                .client(Squeezed.stored(0, bytes("later")));
        assertEquals(3, reader.times.size());
        assertEquals(true, reader.times.get(1) < reader.times.get(2));
    }

    @Test
    void whatCannotBeDecompressedLeavesTheSessionOut() {
        ByteBuf damaged = Squeezed.packet(Compression.ZLIB, 0, bytes("some text"));
        damaged.setByte(9, damaged.getByte(9) ^ 0x55);
        Playbook book = story(Compression.ZLIB).server(damaged);
        assertEquals("compression", book.all(SessionAction.LeaveOut.class).getFirst().reason());
        assertEquals(0, book.server(plain("more")).unread(Direction.FROM_SERVER));
    }

    @Test
    void aPacketThatNeverEndsIsBounded() {
        Playbook book = story(Compression.ZLIB);
        // A reader that waits for ever, as no session of ours does.
        ByteBuf head = Unpooled.buffer().writeMediumLE(900).writeByte(0);
        book.client(Squeezed.stored(0, ByteBufUtil.getBytes(head)));
        ProtocolSession deaf = _ -> List.of();
        Playbook bounded =
                Playbook.of(
                        new DecompressedSession(deaf, () -> Optional.of(Compression.ZLIB), 1000));
        bounded.server(plain("x"));
        byte[] zeros = new byte[CompressedPacket.MAX_LENGTH];
        byte[] body = new byte[64 * 1024];
        java.util.zip.Deflater deflater = new java.util.zip.Deflater();
        deflater.setInput(zeros);
        deflater.finish();
        int length = deflater.deflate(body);
        deflater.end();
        for (int i = 0; i < 2; i++) {
            bounded.client(
                    Unpooled.buffer()
                            .writeMediumLE(length)
                            .writeByte(i)
                            .writeMediumLE(zeros.length)
                            .writeBytes(body, 0, length));
        }
        assertEquals("too-large", bounded.all(SessionAction.LeaveOut.class).getFirst().reason());
    }
}
