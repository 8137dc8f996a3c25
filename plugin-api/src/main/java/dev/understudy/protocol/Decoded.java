package dev.understudy.protocol;

/**
 * What a decoder made of the bytes it was shown. Decoders neither block nor guess.
 *
 * @param <M> the message that is decoded
 */
public sealed interface Decoded<M> {
    /** A whole message; its first {@code length} bytes of the input are spent. */
    record Complete<M>(M message, int length) implements Decoded<M> {}

    /**
     * A message has begun; asking again pays off once {@code missing} more bytes are there, at
     * least 1.
     */
    record Incomplete<M>(int missing) implements Decoded<M> {}

    /** Not this protocol; {@code offset} counts from the first byte shown. */
    record Malformed<M>(int offset, String reason) implements Decoded<M> {}
}
