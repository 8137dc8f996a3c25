package dev.understudy.memcached.sasl;

import io.netty.buffer.ByteBuf;

/** What a login does after a message of the server. */
public sealed interface SaslStep {
    /** Send this, which may be empty; the buffer is the receiver's. */
    record Send(ByteBuf message) implements SaslStep {
        @Override
        public String toString() {
            return "Send[" + message.readableBytes() + " bytes]";
        }
    }

    /** The login is done, and where the mechanism has a proof of the server's, it was right. */
    record Done() implements SaslStep {}

    /**
     * It cannot go on.
     *
     * @param reason for a reader; no secret
     */
    record Failed(String reason) implements SaslStep {}
}
