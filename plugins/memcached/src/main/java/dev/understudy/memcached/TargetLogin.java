package dev.understudy.memcached;

import dev.understudy.memcached.command.Answer;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import java.util.List;

/** Our own login on the target, in one dialect. No I/O. */
interface TargetLogin {
    /** Sends what opens it. */
    void begin(List<SessionAction> out);

    /** Whether the target's next bytes belong to it; bytes of the answers before it do not. */
    boolean reads(ByteBuf bytes);

    /** Reads the target's next message, if it is whole, and answers it. */
    Login.Step on(ByteBuf bytes, List<SessionAction> out);

    /** Takes in the answer to one of its requests that stood among the others. */
    Login.Step on(Answer answer, List<SessionAction> out);
}
