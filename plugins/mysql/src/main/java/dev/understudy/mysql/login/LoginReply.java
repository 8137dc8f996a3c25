package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.ErrorPacket;
import dev.understudy.protocol.Reply;

/** How a server answered a login as a whole. */
public sealed interface LoginReply extends Reply {
    /**
     * The user is in.
     *
     * @param note what is other than asked for, as {@code , with ...}; empty for nothing
     */
    record Accepted(String note) implements LoginReply {
        @Override
        public String describe() {
            return "ok" + note;
        }
    }

    /** The user is not. */
    record Refused(ErrorPacket error) implements LoginReply {
        @Override
        public String describe() {
            return error.toString();
        }
    }
}
