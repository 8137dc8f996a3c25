package dev.understudy.delivery;

import java.util.concurrent.atomic.LongAdder;

/** What connectors counted, of all event loops; read by any thread. */
public final class DeliveryCounts {
    private final LongAdder otherPorts = new LongAdder();

    /** Nothing has been counted. */
    public DeliveryCounts() {}

    void otherPort() {
        otherPorts.increment();
    }

    /** Connections that could not have their client's port, and were made from another one. */
    public long otherPorts() {
        return otherPorts.sum();
    }
}
