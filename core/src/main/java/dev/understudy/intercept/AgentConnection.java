package dev.understudy.intercept;

import dev.understudy.delivery.Clock;
import dev.understudy.delivery.Delivery;
import dev.understudy.delivery.TargetConnection;
import dev.understudy.delivery.TargetListener;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A connection to the target that the agent has; this is its near end. */
final class AgentConnection implements TargetConnection {
    /** How long a connection waits for the link, beside what the agent may take to connect. */
    static final long LINK_WAIT_MILLIS = 15_000;

    private final AgentLink link;
    private final TargetListener listener;
    private final Opening opening;
    private final int bufferBytes;
    private final Window toAgent = new Window();
    private final Window fromAgent = new Window();

    /** What was asked for and could not go out yet, in its order. */
    private final ArrayDeque<Step> queue = new ArrayDeque<>(2);

    private final Future<?> patience;
    private final int number;
    private int queuedBytes;
    private boolean asked;
    private boolean opened;
    private boolean full;
    private boolean reading = true;
    private boolean over;

    private sealed interface Step {
        record Bytes(ByteBuf bytes) implements Step {}

        record Tls() implements Step {}

        record Fin() implements Step {}
    }

    /** What the agent is asked for. */
    record Opening(
            InetSocketAddress peer,
            Optional<InetSocketAddress> client,
            boolean keepPort,
            boolean tls) {}

    AgentConnection(
            AgentLink link,
            Opening opening,
            Delivery delivery,
            EventLoop loop,
            TargetListener listener) {
        this.link = link;
        this.opening = opening;
        this.listener = listener;
        bufferBytes = delivery.sendBufferBytes();
        patience =
                loop.schedule(
                        () -> giveUp(link.isUp() ? "timeout" : "agent-unreachable"),
                        LINK_WAIT_MILLIS
                                + delivery.connectTimeout().toMillis()
                                        * (delivery.connectRetries() + 1),
                        TimeUnit.MILLISECONDS);
        number = link.join(this);
        link.counts().connection();
        if (link.isUp()) {
            linkUp();
        }
    }

    private void giveUp(String reason) {
        if (!opened && !over) {
            if (asked) {
                link.send(new Frame.Close(number));
            }
            link.leave(number);
            end(reason);
        }
    }

    // From the link.

    void linkUp() {
        asked = true;
        link.send(
                new Frame.Open(
                        number,
                        opening.tls(),
                        opening.keepPort(),
                        opening.peer(),
                        opening.client()));
        drain();
    }

    void opened() {
        opened = true;
        patience.cancel(false);
        if (!over) {
            listener.up(Clock.epochNanos());
        }
    }

    /** The buffer stays the caller's. */
    void received(ByteBuf bytes) {
        int length = bytes.readableBytes();
        link.counts().received(length);
        fromAgent.received(length);
        listener.received(bytes, Clock.epochNanos());
        giveBack();
    }

    void granted(int bytes) {
        // An agent that gives too much harms itself alone: no more than a window is ever sent.
        toAgent.grant(bytes);
        drain();
    }

    void end(String reason) {
        if (!over) {
            finish();
            listener.ended(reason, Clock.epochNanos());
        }
    }

    private void finish() {
        over = true;
        patience.cancel(false);
        link.counts().ended();
        for (Step step : queue) {
            if (step instanceof Step.Bytes(ByteBuf bytes)) {
                bytes.release();
            }
        }
        queue.clear();
    }

    /** Sends what may be sent now. */
    void drain() {
        while (!over && asked && !queue.isEmpty() && link.isWritable()) {
            switch (queue.peek()) {
                case Step.Bytes(ByteBuf bytes) -> {
                    if (!sendSome(bytes)) {
                        break;
                    }
                    continue;
                }
                case Step.Tls() -> {
                    queue.poll();
                    link.send(new Frame.StartTls(number));
                    continue;
                }
                case Step.Fin() -> {
                    queue.poll();
                    link.send(new Frame.Fin(number));
                    continue;
                }
            }
            break;
        }
        if (!over && asked && !queue.isEmpty() && !link.isWritable()) {
            link.waitsForRoom(this);
        }
        tellRoom();
    }

    /** False where there is no credit. */
    private boolean sendSome(ByteBuf bytes) {
        int length = Math.min(Math.min(bytes.readableBytes(), toAgent.credit()), Frame.MAX_DATA);
        if (length == 0 && bytes.isReadable()) {
            return false;
        }
        toAgent.spend(length);
        queuedBytes -= length;
        link.counts().sent(length);
        link.send(new Frame.Data(number, bytes.readRetainedSlice(length)));
        if (!bytes.isReadable()) {
            queue.poll();
            bytes.release();
        }
        return true;
    }

    private void tellRoom() {
        boolean now = queuedBytes > bufferBytes;
        if (now != full && !over) {
            full = now;
            listener.writable(!now);
        }
    }

    private void giveBack() {
        if (reading && !over) {
            int bytes = fromAgent.giveBack();
            if (bytes > 0) {
                link.send(new Frame.Credit(number, bytes));
            }
        }
    }

    // From the session.

    @Override
    public void send(ByteBuf bytes) {
        if (over || !bytes.isReadable()) {
            bytes.release();
            return;
        }
        queue.add(new Step.Bytes(bytes));
        queuedBytes += bytes.readableBytes();
        drain();
    }

    @Override
    public void flush() {
        // Frames go out at the end of each turn of the loop.
    }

    @Override
    public void startTls() {
        if (!over) {
            queue.add(new Step.Tls());
            drain();
        }
    }

    @Override
    public void halfClose() {
        if (!over) {
            queue.add(new Step.Fin());
            drain();
        }
    }

    @Override
    public void reading(boolean on) {
        reading = on;
        giveBack();
    }

    @Override
    public void close() {
        if (!over) {
            if (asked) {
                link.send(new Frame.Close(number));
            }
            link.leave(number);
            finish();
        }
    }
}
