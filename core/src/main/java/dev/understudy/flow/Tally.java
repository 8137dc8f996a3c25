package dev.understudy.flow;

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

    Tally() {
        for (PacketFate fate : PacketFate.values()) {
            packets.put(fate, new Count());
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
                resetsIgnored);
    }

    /** A number in a map that grows without allocation. */
    private static final class Count {
        private long packets;
    }
}
