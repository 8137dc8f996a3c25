package dev.understudy.memcached;

import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import java.util.List;

/** Our own login on the target, in one dialect. No I/O. */
interface TargetLogin {
    /** What opens it. */
    ByteBuf first();

    /** Whether the target's next bytes belong to it; bytes of the answers before it do not. */
    boolean reads(ByteBuf bytes);

    /** Reads the target's next message, if it is whole, and answers it. */
    Login.Step on(ByteBuf bytes, List<SessionAction> out);
}
