package dev.understudy.protocol;

import io.netty.buffer.ByteBuf;

/**
 * What a {@link ProtocolSession} is told. Times are nanoseconds since the epoch: of the capture for
 * captured events, of the copy host for the others.
 *
 * <p>Buffers are on the heap, unpooled, never to be released. They are core's: a session reads them
 * during {@link ProtocolSession#on} and copies what it wants to keep.
 */
public sealed interface SessionEvent {
    /**
     * Bytes of production, in order, each once. Client bytes come when they are due: captured order
     * across both directions is kept, and nothing captured is shown while a {@link
     * SessionAction.Hold} lasts.
     *
     * @param bytes all bytes of this direction that were not yet read
     * @param offset stream offset of the first of them, from 0
     */
    record Captured(Direction direction, ByteBuf bytes, long offset, ByteTimes times)
            implements SessionEvent {}

    /**
     * The capture lacks bytes here. Everything before {@code offset} has been shown; what the
     * session left unread of it is dropped unless it says otherwise by reading on.
     *
     * @param length bytes that are missing, at least 1
     */
    record CapturedGap(Direction direction, long offset, long length, long timeNanos)
            implements SessionEvent {}

    /** One direction of the captured connection has ended; no bytes of it follow. */
    record CapturedEnd(Direction direction, StreamEnd how, long timeNanos)
            implements SessionEvent {}

    /**
     * Captured TLS cannot be read, whether {@link SessionAction.CapturedTls} announced it or core
     * found it. Unless the session leaves itself out, core does, for this reason.
     */
    record CapturedTlsFailed(Direction direction, String reason) implements SessionEvent {}

    /** The connection of a lane is up, TLS included where it was asked for. */
    record TargetUp(int lane, long timeNanos) implements SessionEvent {}

    /** Bytes of the target; otherwise as {@link Captured}. They come during a hold as well. */
    record Target(int lane, ByteBuf bytes, long offset, ByteTimes times) implements SessionEvent {}

    /**
     * The connection of a lane has ended, or could not be made.
     *
     * @param reason one of {@code closed}, {@code reset}, {@code refused}, {@code unreachable},
     *     {@code timeout}, {@code tls}, {@code no-ports}, {@code no-files}, {@code failed}: a word
     *     to count by
     */
    record TargetEnd(int lane, String reason, long timeNanos) implements SessionEvent {}

    /** The value of a key that this session awaits. */
    record Known(String key, ByteBuf value) implements SessionEvent {}

    /** Nobody has announced the key that this session awaits, or it was withdrawn. */
    record Unknown(String key) implements SessionEvent {}

    /** A key awaited, or a hold by its reason, was not resolved in its time. */
    record Expired(String what, long timeNanos) implements SessionEvent {}

    /** The time of a {@link SessionAction.WakeIn} has come. */
    record Wakeup(long token, long timeNanos) implements SessionEvent {}
}
