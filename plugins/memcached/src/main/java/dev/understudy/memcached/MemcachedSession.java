package dev.understudy.memcached;

import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.command.OpenRequests;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.session.Unread;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One copied connection. Its client's first byte says which dialect it speaks; from there on a
 * {@link Conversation} has the word.
 */
final class MemcachedSession implements ProtocolSession {
    /** The first byte of a TLS record that opens a connection. */
    private static final int TLS_HANDSHAKE = 0x16;

    private final SessionContext context;
    private final Shared shared;
    private Optional<Conversation> conversation = Optional.empty();
    private boolean over;

    MemcachedSession(SessionContext context, Shared shared) {
        this.context = context;
        this.shared = shared;
    }

    @Override
    public List<SessionAction> on(SessionEvent event) {
        List<SessionAction> out = new ArrayList<>(4);
        if (!over && conversation.isEmpty()) {
            begin(event, out);
        }
        if (!over && conversation.isPresent()) {
            conversation.get().on(event, out);
            over = conversation.get().isOver();
        }
        if (over) {
            Unread.passOver(event);
        }
        return out;
    }

    private void begin(SessionEvent event, List<SessionAction> out) {
        switch (event) {
            case SessionEvent.Captured(Direction direction, ByteBuf bytes, long _, var _) -> {
                if (direction == Direction.FROM_SERVER) {
                    nobodyAsked(bytes, out);
                } else if (bytes.isReadable()) {
                    firstByte(bytes.getUnsignedByte(bytes.readerIndex()), out);
                }
            }
            case SessionEvent.CapturedGap gap -> Conversation.gap(gap, this::leaveOut, out);
            // No request was made, so there is none to copy.
            case SessionEvent.CapturedEnd _ -> over = true;
            case SessionEvent.CapturedTlsFailed _,
                    SessionEvent.TargetUp _,
                    SessionEvent.Target _,
                    SessionEvent.TargetEnd _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Expired _,
                    SessionEvent.Wakeup _ -> {}
        }
    }

    private void nobodyAsked(ByteBuf bytes, List<SessionAction> out) {
        if (context.joinedMidway()) {
            bytes.skipBytes(bytes.readableBytes());
        } else {
            leaveOut("unexpected-answer", "the online server spoke before its client did", out);
        }
    }

    private void firstByte(int first, List<SessionAction> out) {
        if (context.joinedMidway()
                && shared.settings().login() == MemcachedSettings.LoginMode.AS_CAPTURED
                && !shared.settings().users().isEmpty()) {
            leaveOut(
                    "joined-midway",
                    "the connection was open before the capture began, so who it was logged in as is"
                            + " not known",
                    out);
            return;
        }
        if (first == TLS_HANDSHAKE) {
            leaveOut("tls", "the client encrypts: its requests cannot be read", out);
            return;
        }
        OpenRequests open = new OpenRequests(context.requestsOnly());
        Dialect dialect =
                first == Magic.REQUEST.code()
                        ? new BinaryDialect(open, shared.settings())
                        : new TextDialect(open, shared.settings());
        conversation = Optional.of(new Conversation(context, shared, dialect, open));
    }

    private void leaveOut(String reason, String detail, List<SessionAction> out) {
        over = true;
        out.add(new SessionAction.LeaveOut(reason, detail));
    }
}
