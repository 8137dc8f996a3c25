package dev.understudy.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Optional;

/**
 * Splits what the handshake records of one direction hold into messages, which may begin and end
 * anywhere in them. Of the hellos the content is kept, of all others only the type.
 */
final class HandshakeMessages {
    static final int HELLO_REQUEST = 0;
    static final int CLIENT_HELLO = 1;
    static final int SERVER_HELLO = 2;
    static final int FINISHED = 20;
    static final int KEY_UPDATE = 24;

    /** The longest hello; one with post-quantum keys has about 2,000 bytes. */
    private static final int MAX_HELLO_BYTES = 64 << 10;

    private static final int HEADER_LENGTH = 4;

    /**
     * A message that has ended.
     *
     * @param body empty where it was not kept
     */
    record Message(int type, ByteBuf body) {}

    private final ByteBuf kept = Unpooled.buffer(HEADER_LENGTH, HEADER_LENGTH + MAX_HELLO_BYTES);
    private int toSkip;
    private int skippedType;

    /** Takes bytes up to the end of the next message; empty where they do not hold it. */
    Optional<Message> next(ByteBuf in) throws Unreadable {
        if (toSkip > 0) {
            return skip(in);
        }
        take(in, HEADER_LENGTH);
        if (kept.readableBytes() < HEADER_LENGTH) {
            return Optional.empty();
        }
        int type = kept.getUnsignedByte(0);
        int length = kept.getUnsignedMedium(1);
        if (type != CLIENT_HELLO && type != SERVER_HELLO) {
            kept.clear();
            toSkip = length;
            skippedType = type;
            return length == 0 ? Optional.of(new Message(type, Unpooled.EMPTY_BUFFER)) : skip(in);
        }
        if (length > MAX_HELLO_BYTES) {
            throw Unreadable.malformed("a hello of %d bytes".formatted(length));
        }
        take(in, HEADER_LENGTH + length);
        if (kept.readableBytes() < HEADER_LENGTH + length) {
            return Optional.empty();
        }
        ByteBuf body = kept.copy(HEADER_LENGTH, length);
        kept.clear().capacity(HEADER_LENGTH);
        return Optional.of(new Message(type, body));
    }

    private Optional<Message> skip(ByteBuf in) {
        int here = Math.min(toSkip, in.readableBytes());
        in.skipBytes(here);
        toSkip -= here;
        return toSkip == 0 && here > 0
                ? Optional.of(new Message(skippedType, Unpooled.EMPTY_BUFFER))
                : Optional.empty();
    }

    private void take(ByteBuf in, int upTo) {
        int wanted = Math.max(0, upTo - kept.readableBytes());
        kept.writeBytes(in, Math.min(wanted, in.readableBytes()));
    }

    /** Whether a message has begun and not ended. */
    boolean isWithin() {
        return toSkip > 0 || kept.isReadable();
    }
}
