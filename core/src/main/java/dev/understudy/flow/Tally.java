package dev.understudy.flow;

import dev.understudy.protocol.Direction;
import java.util.EnumMap;
import java.util.Map;

/** The numbers of {@link FlowCounts} while they grow, and the memory all flows share. */
final class Tally {
    private final Map<PacketFate, Count> packets = new EnumMap<>(PacketFate.class);
    long fragments;
    long flowsOpened;
    long flowsJoinedMidway;
    long flowsRefused;
    long packetsUnclear;
    long flowsEndedIdle;
    long flowsReplaced;
    long gaps;
    long gapBytes;
    long gapsByLimit;
    long repeatedBytes;
    long outOfOrderBytes;
    long resetsIgnored;
    long clientPayloads;
    long serverPayloads;

    Tally() {
        for (PacketFate fate : PacketFate.values()) {
            packets.put(fate, new Count());
        }
    }

    /** A segment of a connection with an online server was shown. */
    void payload(Direction direction, boolean some) {
        if (some && direction == Direction.FROM_CLIENT) {
            clientPayloads++;
        } else if (some) {
            serverPayloads++;
        }
    }

    void packet(PacketFate fate) {
        packets.get(fate).packets++;
    }

    FlowCounts counts(int flowsOpen) {
        Map<PacketFate, Long> byFate = new EnumMap<>(PacketFate.class);
        packets.forEach((fate, count) -> byFate.put(fate, count.packets));
        return new FlowCounts(
                byFate,
                fragments,
                flowsOpen,
                flowsOpened,
                flowsJoinedMidway,
                flowsRefused,
                packetsUnclear,
                flowsEndedIdle,
                flowsReplaced,
                gaps,
                gapBytes,
                gapsByLimit,
                repeatedBytes,
                outOfOrderBytes,
                resetsIgnored,
                clientPayloads,
                serverPayloads);
    }

    /** A number in a map that grows without allocation. */
    private static final class Count {
        private long packets;
    }
}
