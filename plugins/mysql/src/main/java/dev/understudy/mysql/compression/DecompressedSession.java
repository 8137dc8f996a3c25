package dev.understudy.mysql.compression;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.session.Unread;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Shows a session plain bytes where client and server compress from the end of their login on. A
 * session reads as it would without: what it leaves unread, for want of a whole packet or because
 * it holds, is kept for it, up to a limit, and shown again.
 */
public final class DecompressedSession implements ProtocolSession {
    private final ProtocolSession session;
    private final Supplier<Optional<Compression>> compression;
    private final long maxUnreadBytes;
    private final Map<Direction, PlainStream> streams = new EnumMap<>(Direction.class);
    private Optional<String> held = Optional.empty();
    private boolean over;

    /**
     * @param compression of the session's captured side; said once what was read so far was the
     *     last in plain
     * @param maxPacketBytes the largest packet that the session waits for to be whole
     */
    public DecompressedSession(
            ProtocolSession session,
            Supplier<Optional<Compression>> compression,
            int maxPacketBytes) {
        this.session = session;
        this.compression = compression;
        // Of a packet all but its last byte may be there when a compressed one brings the rest.
        this.maxUnreadBytes = (long) maxPacketBytes + CompressedPacket.MAX_LENGTH;
    }

    @Override
    public List<SessionAction> on(SessionEvent event) {
        List<SessionAction> out = new ArrayList<>();
        if (over) {
            Unread.passOver(event);
            return out;
        }
        if (streams.isEmpty()) {
            tell(event, out);
            compression.get().ifPresent(this::begin);
            return out;
        }
        if (event instanceof SessionEvent.Captured captured) {
            showUnread(out);
            read(captured, out);
        } else {
            tell(event, out);
            showUnread(out);
        }
        return out;
    }

    private void begin(Compression agreed) {
        for (Direction direction : Direction.values()) {
            streams.put(direction, new PlainStream(direction, agreed));
        }
    }

    /** One compressed packet at a time: while the session holds, the next ones stay core's. */
    private void read(SessionEvent.Captured captured, List<SessionAction> out) {
        PlainStream stream = streams.get(captured.direction());
        long offset = captured.offset();
        int start = captured.bytes().readerIndex();
        while (held.isEmpty() && !over) {
            SessionEvent.Captured rest =
                    new SessionEvent.Captured(
                            captured.direction(),
                            captured.bytes(),
                            offset + captured.bytes().readerIndex() - start,
                            captured.times());
            switch (stream.take(rest)) {
                case NONE -> {
                    return;
                }
                case DAMAGED ->
                        leaveOut(
                                "compression",
                                "a packet that cannot be decompressed, at byte %d of %s"
                                        .formatted(rest.offset(), captured.direction()),
                                out);
                case ONE -> {
                    showUnread(out);
                    if (!over && stream.unread() > maxUnreadBytes) {
                        leaveOut(
                                "too-large",
                                "%d decompressed bytes of %s and no whole packet: raise mysql.max-packet"
                                        .formatted(stream.unread(), captured.direction()),
                                out);
                    }
                }
            }
        }
        if (over) {
            captured.bytes().skipBytes(captured.bytes().readableBytes());
        }
    }

    /** Until the session reads on in neither direction. */
    private void showUnread(List<SessionAction> out) {
        boolean progress = true;
        while (progress) {
            progress = false;
            for (PlainStream stream : streams.values()) {
                if (held.isEmpty() && !over && stream.unread() > 0) {
                    int before = stream.unread();
                    tell(stream.event(), out);
                    stream.settle();
                    progress |= stream.unread() < before;
                }
            }
        }
    }

    private void tell(SessionEvent event, List<SessionAction> out) {
        if (event instanceof SessionEvent.Expired expired
                && held.filter(expired.what()::equals).isPresent()) {
            held = Optional.empty();
        }
        for (SessionAction action : session.on(event)) {
            out.add(action);
            if (action instanceof SessionAction.Hold(String reason, var _)) {
                held = Optional.of(reason);
            } else if (action instanceof SessionAction.Resume) {
                held = Optional.empty();
            } else if (action instanceof SessionAction.LeaveOut) {
                end();
            }
        }
    }

    private void leaveOut(String reason, String detail, List<SessionAction> out) {
        out.add(new SessionAction.LeaveOut(reason, detail));
        end();
    }

    private void end() {
        over = true;
        streams.clear();
    }
}
