package dev.understudy.session;

import dev.understudy.capture.PacketSource;

/** Where the connections come from that a run copies. Either is closed by the run. */
public sealed interface Traffic {
    /** Out of captured packets, live or recorded. */
    record Packets(PacketSource source) implements Traffic {}

    /** From one who has their bytes in order already; always live. */
    record Flows(FlowSource source) implements Traffic {}
}
