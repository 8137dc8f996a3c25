package dev.understudy.session;

import dev.understudy.delivery.Clock;
import dev.understudy.delivery.Origin;
import dev.understudy.delivery.TargetConnection;
import dev.understudy.delivery.TargetConnector;
import dev.understudy.delivery.TargetListener;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A target without a network: the test says what it does, and reads what it was told. */
final class FakeTarget implements TargetConnector {
    private final List<Connection> connections = new ArrayList<>();

    static final class Connection implements TargetConnection {
        private final Origin origin;
        private final TargetListener listener;
        private final StringBuilder log = new StringBuilder();
        private Runnable onFlush = () -> {};

        private Connection(Origin origin, TargetListener listener) {
            this.origin = origin;
            this.listener = listener;
        }

        /** The port of the client whose session it is of. */
        int clientPort() {
            return origin.client().getPort();
        }

        Connection begun(InetSocketAddress local) {
            listener.begun(local, Clock.epochNanos());
            return this;
        }

        Connection up() {
            return up(5);
        }

        Connection up(long timeNanos) {
            listener.up(timeNanos);
            return this;
        }

        Connection say(String text) {
            listener.received(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII), 6);
            return this;
        }

        Connection ended(String reason) {
            listener.ended(reason, 7);
            return this;
        }

        Connection writable(boolean now) {
            listener.writable(now);
            return this;
        }

        void onFlush(Runnable task) {
            onFlush = task;
        }

        /** What was sent, with (tls), (fin) and (closed) where they came. */
        String log() {
            return log.toString();
        }

        @Override
        public void send(ByteBuf bytes) {
            log.append(bytes.toString(StandardCharsets.US_ASCII));
            bytes.release();
        }

        @Override
        public void flush() {
            Runnable task = onFlush;
            onFlush = () -> {};
            task.run();
        }

        @Override
        public void startTls() {
            log.append("(tls)");
        }

        @Override
        public void halfClose() {
            log.append("(fin)");
        }

        @Override
        public void reading(boolean on) {
            log.append(on ? "(reading)" : "(not reading)");
        }

        @Override
        public void close() {
            log.append("(closed)");
        }
    }

    @Override
    public TargetConnection connect(
            InetSocketAddress peer,
            Origin origin,
            boolean tls,
            EventLoop loop,
            TargetListener listener) {
        Connection made = new Connection(origin, listener);
        connections.add(made);
        return made;
    }

    /** The n-th connection made, from 0. */
    Connection connection(int n) {
        return connections.get(n);
    }

    int connections() {
        return connections.size();
    }
}
