package dev.understudy.mysql.compression;

import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * One captured direction from where its compression begins. Compressed packets that are not whole
 * stay core's; the plain bytes of those that are, as far as nobody has read them, are held here.
 */
final class PlainStream {
    /** A buffer that has grown beyond this is let go once it is empty. */
    private static final int KEPT_CAPACITY_BYTES = 64 * 1024;

    private final Direction direction;
    private final Compression compression;
    private final ArrayDeque<Piece> pieces = new ArrayDeque<>();
    private ByteBuf plain = Unpooled.buffer();
    private long offset;

    /** What came out of one compressed packet: ends before this offset, came at this time. */
    private record Piece(long endOffset, long timeNanos) {}

    PlainStream(Direction direction, Compression compression) {
        this.direction = direction;
        this.compression = compression;
    }

    /** Plain bytes that nobody has read. */
    int unread() {
        return plain.readableBytes();
    }

    /** What nobody has read, as an event. */
    SessionEvent.Captured event() {
        return new SessionEvent.Captured(direction, plain, offset, times());
    }

    /** Forgets what was read of {@link #event}. */
    void settle() {
        offset += plain.readerIndex();
        if (plain.isReadable()) {
            plain.discardReadBytes();
        } else if (plain.capacity() > KEPT_CAPACITY_BYTES) {
            plain = Unpooled.buffer();
        } else {
            plain.clear();
        }
        while (!pieces.isEmpty() && pieces.getFirst().endOffset() <= offset) {
            pieces.removeFirst();
        }
    }

    /** The time of a plain byte is that of the compressed packet that it was in. */
    private ByteTimes times() {
        return at ->
                pieces.stream()
                        .filter(piece -> piece.endOffset() > at)
                        .findFirst()
                        .orElseGet(pieces::getLast)
                        .timeNanos();
    }

    /** What {@link #take} made of the captured bytes. */
    enum Taken {
        /** A compressed packet was read. */
        ONE,
        /** None is whole. */
        NONE,
        /** What is there cannot be decompressed. */
        DAMAGED
    }

    /** Reads one compressed packet, if it is whole. */
    Taken take(SessionEvent.Captured captured) {
        ByteBuf bytes = captured.bytes();
        if (!(CompressedPacket.decode(bytes)
                instanceof
                Decoded.Complete<CompressedPacket>(CompressedPacket packet, int length))) {
            return Taken.NONE;
        }
        if (packet.plainLength() == 0) {
            plain.writeBytes(packet.body());
        } else {
            Optional<byte[]> inflated =
                    compression.plain(ByteBufUtil.getBytes(packet.body()), packet.plainLength());
            if (inflated.isEmpty()) {
                return Taken.DAMAGED;
            }
            plain.writeBytes(inflated.get());
        }
        bytes.skipBytes(length);
        long end = offset + plain.writerIndex();
        // The event's offset is that of its first byte; so is what was read of it before this one.
        long last = captured.offset() + length - 1L;
        pieces.addLast(new Piece(end, captured.times().at(last)));
        return Taken.ONE;
    }
}
