package dev.understudy.session;

import dev.understudy.delivery.TargetConnection;
import dev.understudy.delivery.TargetListener;
import io.netty.buffer.ByteBuf;
import java.util.Optional;

/** One connection of a session to a target, and what came over it unread. */
final class Lane implements TargetListener {
    /** What a target may say before it was asked for anything, in bytes: a greeting. */
    private static final int MAX_BEFORE_ASKED = 64 * 1024;

    private final int number;
    private final CopySession session;
    private final UnreadBytes unread = new UnreadBytes();
    private Optional<TargetConnection> connection = Optional.empty();
    private boolean asked;
    private boolean open = true;
    private boolean closed;
    private boolean up;
    private long upNanos;
    private boolean answered;
    private boolean writable = true;

    Lane(int number, CopySession session) {
        this.number = number;
        this.session = session;
    }

    int number() {
        return number;
    }

    UnreadBytes unread() {
        return unread;
    }

    /** Whether it may still carry bytes: not closed by either side. */
    boolean open() {
        return open;
    }

    /** Whether this side has closed it: nothing of it is shown any more. */
    boolean closed() {
        return closed;
    }

    boolean up() {
        return up;
    }

    /** Whether the target has said anything. */
    boolean answered() {
        return answered;
    }

    boolean writable() {
        return writable || !open;
    }

    /** From now on the session hears of it: of what has happened by now at once. */
    void asked() {
        asked = true;
        if (up) {
            session.laneUp(this, upNanos);
        }
    }

    void connection(TargetConnection made) {
        connection = Optional.of(made);
    }

    void send(ByteBuf bytes) {
        if (open) {
            connection.ifPresent(made -> made.send(bytes));
        }
    }

    void flush() {
        if (open) {
            connection.ifPresent(TargetConnection::flush);
        }
    }

    void startTls() {
        connection.ifPresent(TargetConnection::startTls);
    }

    void halfClose() {
        connection.ifPresent(TargetConnection::halfClose);
    }

    void close() {
        closed = true;
        unread.clear();
        if (open) {
            open = false;
            connection.ifPresent(TargetConnection::close);
        }
    }

    /** Ends its session. */
    void leaveOut(String reason, String detail) {
        session.leaveOut(reason, detail);
    }

    @Override
    public void up(long timeNanos) {
        up = true;
        upNanos = timeNanos;
        if (asked) {
            session.laneUp(this, timeNanos);
        }
    }

    @Override
    public void received(ByteBuf bytes, long timeNanos) {
        if (open) {
            answered = true;
            unread.append(bytes, timeNanos);
            unread.showAll();
            if (asked) {
                session.laneReceived(this);
            } else if (unread.size() > MAX_BEFORE_ASKED) {
                close();
            }
        }
    }

    @Override
    public void writable(boolean now) {
        writable = now;
        if (now && asked) {
            session.laneWritable();
        }
    }

    @Override
    public void ended(String reason, long timeNanos) {
        if (open) {
            open = false;
            if (asked) {
                session.laneEnded(this, reason, timeNanos);
            }
        }
    }
}
