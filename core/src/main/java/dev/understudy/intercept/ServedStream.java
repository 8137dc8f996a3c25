package dev.understudy.intercept;

import dev.understudy.delivery.TargetConnection;
import dev.understudy.delivery.TargetListener;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Optional;

/** The agent's end of one stream: a connection to the server, in the client's name. */
final class ServedStream implements TargetListener {
    private final int number;
    private final boolean forClient;
    private final CopierLink link;
    private final Window toServer = new Window();
    private final Window toCopier = new Window();

    /** From the server, waiting for credit or for room in the link. */
    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>(2);

    private Optional<TargetConnection> connection = Optional.empty();
    private Optional<String> endReason = Optional.empty();
    private boolean up;
    private boolean writable = true;
    private boolean paused;
    private int heldBytes;

    /** From the copier, while the server takes nothing. */
    private int stuckBytes;

    private boolean over;

    /**
     * Not connected yet.
     *
     * @param forClient whether it copies a client's; else a copier only tries the server
     */
    ServedStream(int number, boolean forClient, CopierLink link) {
        this.forClient = forClient;
        this.number = number;
        this.link = link;
    }

    boolean forClient() {
        return forClient;
    }

    void connection(TargetConnection made) {
        connection = Optional.of(made);
    }

    // From the copier.

    /** Takes the bytes over; false where the copier sent more than it may. */
    boolean send(ByteBuf bytes) {
        int length = bytes.readableBytes();
        toServer.received(length);
        if (toServer.overdrawn()) {
            bytes.release();
            return false;
        }
        if (forClient) {
            link.counts().toServer(length);
        }
        connection.orElseThrow().send(bytes);
        link.dirty(this);
        if (!up || !writable) {
            stuckBytes += length;
            hold(length);
        }
        giveBack();
        return true;
    }

    void flush() {
        connection.ifPresent(TargetConnection::flush);
    }

    boolean grant(int bytes) {
        boolean possible = toCopier.grant(bytes);
        drain();
        return possible;
    }

    void startTls() {
        connection.ifPresent(TargetConnection::startTls);
    }

    void halfClose() {
        connection.ifPresent(TargetConnection::halfClose);
    }

    /** By RST, and without a word to the copier. */
    void close() {
        over = true;
        waiting.forEach(ByteBuf::release);
        waiting.clear();
        hold(-heldBytes);
        connection.ifPresent(TargetConnection::close);
    }

    // From the server.

    @Override
    public void up(long timeNanos) {
        up = true;
        if (!over) {
            link.send(new Frame.Opened(number));
            giveBack();
        }
    }

    @Override
    public void received(ByteBuf bytes, long timeNanos) {
        if (over) {
            return;
        }
        if (forClient) {
            link.counts().fromServer(bytes.readableBytes());
        }
        hold(bytes.readableBytes());
        waiting.add(bytes.retainedSlice());
        drain();
    }

    /** Sends what may be sent. What stays stops the reading, so it is one read at most. */
    void drain() {
        while (!waiting.isEmpty() && toCopier.credit() > 0 && link.isWritable()) {
            ByteBuf first = waiting.peek();
            int length =
                    Math.min(Math.min(first.readableBytes(), toCopier.credit()), Frame.MAX_DATA);
            toCopier.spend(length);
            hold(-length);
            link.send(new Frame.Data(number, first.readRetainedSlice(length)));
            if (!first.isReadable()) {
                waiting.poll().release();
            }
        }
        boolean full = !waiting.isEmpty();
        if (full != paused) {
            paused = full;
            connection.ifPresent(made -> made.reading(!full));
        }
        if (full) {
            link.waitsForRoom(this);
        } else if (endReason.isPresent() && !over) {
            over = true;
            hold(-heldBytes);
            link.ended(number, endReason.get());
        }
    }

    @Override
    public void writable(boolean now) {
        writable = now;
        giveBack();
    }

    private void giveBack() {
        if (!up || !writable || over) {
            return;
        }
        hold(-stuckBytes);
        stuckBytes = 0;
        int bytes = toServer.giveBack();
        if (bytes > 0) {
            link.send(new Frame.Credit(number, bytes));
        }
    }

    @Override
    public void ended(String reason, long timeNanos) {
        if (!over && endReason.isEmpty()) {
            endReason = Optional.of(reason);
            drain();
        }
    }

    private void hold(int bytes) {
        heldBytes += bytes;
        if (!link.hold(bytes)) {
            link.cannotHold(number);
        }
    }
}
