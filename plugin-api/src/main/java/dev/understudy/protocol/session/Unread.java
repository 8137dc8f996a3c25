package dev.understudy.protocol.session;

import dev.understudy.protocol.SessionEvent;
import io.netty.buffer.ByteBuf;

/** What a session that is over does with what still comes. */
public final class Unread {
    private Unread() {}

    /**
     * Reads all bytes of an event, where it has any, and looks at none: what is left unread would
     * count against the limits of the session.
     */
    public static void passOver(SessionEvent event) {
        switch (event) {
            case SessionEvent.Captured captured -> skip(captured.bytes());
            case SessionEvent.Target target -> skip(target.bytes());
            case SessionEvent.CapturedGap _,
                    SessionEvent.CapturedEnd _,
                    SessionEvent.CapturedTlsFailed _,
                    SessionEvent.TargetUp _,
                    SessionEvent.TargetEnd _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Expired _,
                    SessionEvent.Wakeup _ -> {}
        }
    }

    private static void skip(ByteBuf bytes) {
        bytes.skipBytes(bytes.readableBytes());
    }
}
