package dev.understudy.flow;

import java.util.Map;

/**
 * What a {@link FlowTable} has seen so far. All but {@code flowsOpen} and {@code outOfOrderBytes}
 * only grow.
 *
 * @param packets by fate; their sum is the number of packets shown. A fate without a packet is
 *     there with 0
 * @param fragments of the {@link PacketFate#MALFORMED}, those that are IP fragments of TCP packets
 * @param flowsOpen followed now
 * @param flowsOpened given to the handler, refused ones not among them
 * @param flowsJoinedMidway of the opened, those whose beginning the capture lacks
 * @param flowsRefused not opened, because the table was full
 * @param packetsUnclear of the {@link PacketFate#FILTERED}, those of flows without a beginning that
 *     came while more flows were refused than can be remembered: they may be of these
 * @param flowsEndedIdle ended because no packet came
 * @param flowsReplaced ended because another connection took their ports
 * @param gaps holes given out as such
 * @param gapBytes their length in all
 * @param gapsByLimit of the gaps, those declared because out-of-order bytes reached a limit
 * @param repeatedBytes payload that was there before
 * @param outOfOrderBytes memory in use now for bytes behind holes
 * @param resetsIgnored RST segments outside of the window
 * @param clientPayloads segments with payload that clients sent to an online server
 * @param serverPayloads the same of the servers
 */
public record FlowCounts(
        Map<PacketFate, Long> packets,
        long fragments,
        int flowsOpen,
        long flowsOpened,
        long flowsJoinedMidway,
        long flowsRefused,
        long packetsUnclear,
        long flowsEndedIdle,
        long flowsReplaced,
        long gaps,
        long gapBytes,
        long gapsByLimit,
        long repeatedBytes,
        long outOfOrderBytes,
        long resetsIgnored,
        long clientPayloads,
        long serverPayloads) {
    public FlowCounts {
        packets = Map.copyOf(packets);
    }
}
