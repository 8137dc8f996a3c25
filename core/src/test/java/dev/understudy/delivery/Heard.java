package dev.understudy.delivery;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A listener that remembers what it was told; reads may come from any thread. */
class Heard implements TargetListener {
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final List<InetSocketAddress> begun = new CopyOnWriteArrayList<>();
    private final List<String> pieces = new CopyOnWriteArrayList<>();

    @Override
    public void begun(InetSocketAddress local, long timeNanos) {
        begun.add(local);
    }

    @Override
    public void up(long timeNanos) {
        events.add("up");
    }

    @Override
    public void received(ByteBuf bytes, long timeNanos) {
        pieces.add(bytes.toString(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void writable(boolean writable) {
        events.add(writable ? "writable" : "full");
    }

    @Override
    public void ended(String reason, long timeNanos) {
        events.add("ended:" + reason);
    }

    List<String> events() {
        return List.copyOf(events);
    }

    /** Where tries were begun from. */
    List<InetSocketAddress> begun() {
        return List.copyOf(begun);
    }

    boolean heard(String event) {
        return events.contains(event);
    }

    String text() {
        return String.join("", pieces);
    }
}
