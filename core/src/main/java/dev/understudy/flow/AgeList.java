package dev.understudy.flow;

import java.util.Optional;

/**
 * Flows by their last packet, oldest first, linked through themselves: a flow is in one list at
 * most, and moves without allocation.
 */
final class AgeList {
    /** Capture time without a packet after which a flow of this list is due. */
    final long idleNanos;

    private TrackedFlow oldest;
    private TrackedFlow youngest;
    private int size;

    AgeList(long idleNanos) {
        this.idleNanos = idleNanos;
    }

    int size() {
        return size;
    }

    Optional<TrackedFlow> oldest() {
        return Optional.ofNullable(oldest);
    }

    /** The oldest flow, if it has been idle for too long. */
    Optional<TrackedFlow> due(long now) {
        return oldest != null && now - oldest.seenNanos >= idleNanos
                ? Optional.of(oldest)
                : Optional.empty();
    }

    /** Makes {@code flow} the youngest of this list, and takes it out of the one it was in. */
    void take(TrackedFlow flow, long now) {
        flow.seenNanos = now;
        if (youngest == flow) {
            return;
        }
        if (flow.list != null) {
            flow.list.remove(flow);
        }
        flow.list = this;
        flow.older = youngest;
        if (youngest == null) {
            oldest = flow;
        } else {
            youngest.younger = flow;
        }
        youngest = flow;
        size++;
    }

    void remove(TrackedFlow flow) {
        if (flow.older == null) {
            oldest = flow.younger;
        } else {
            flow.older.younger = flow.younger;
        }
        if (flow.younger == null) {
            youngest = flow.older;
        } else {
            flow.younger.older = flow.older;
        }
        flow.older = null;
        flow.younger = null;
        flow.list = null;
        size--;
    }
}
