package dev.understudy.session;

import dev.understudy.capture.CaptureCounts;
import dev.understudy.capture.PacketBatch;
import dev.understudy.capture.PacketSource;
import dev.understudy.wire.LinkLayer;
import java.time.Duration;
import java.util.List;

/** A capture that a test has written down. */
final class ListSource implements PacketSource {
    private final List<CapturedConnection.Packet> packets;
    private int next;

    ListSource(List<CapturedConnection.Packet> packets) {
        this.packets = packets;
    }

    @Override
    public State poll(PacketBatch into, Duration wait) {
        while (next < packets.size()) {
            CapturedConnection.Packet packet = packets.get(next);
            int length = packet.ethernet().length;
            if (!into.hasRoom(length)) {
                return State.OPEN;
            }
            into.add(packet.timeNanos(), LinkLayer.ETHERNET, length, packet.ethernet(), 0, length);
            next++;
        }
        return State.ENDED;
    }

    @Override
    public CaptureCounts counts() {
        return new CaptureCounts(next, 0, 0, 0, CaptureCounts.NOT_CUT);
    }

    @Override
    public String describe() {
        return "a list of packets";
    }

    @Override
    public void stop() {
        next = packets.size();
    }

    @Override
    public void close() {
        stop();
    }
}
