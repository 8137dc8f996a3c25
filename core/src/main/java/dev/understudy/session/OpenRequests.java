package dev.understudy.session;

import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Optional;

/** The requests of a session that were captured and have not come to their end, oldest first. */
final class OpenRequests implements Iterable<OpenRequests.Open> {
    /** One request, and how far it has come. Times are nanoseconds since the epoch, 0 before. */
    static final class Open {
        private static final int NOT_EARLY = -1;
        private final Request request;
        private long sentNanos;
        private int early = NOT_EARLY;
        private long onlineNanos;
        private long targetNanos;
        private Optional<Reply> online = Optional.empty();
        private Optional<Reply> target = Optional.empty();

        private Open(Request request) {
            this.request = request;
        }

        Request request() {
            return request;
        }

        boolean sent() {
            return sentNanos != 0;
        }

        long sentNanos() {
            return sentNanos;
        }

        /** It was given to a lane, whose socket takes it now or once the lane is up. */
        void sentOn(int lane, boolean up, long nanos) {
            sentNanos = nanos;
            early = up ? NOT_EARLY : lane;
        }

        Optional<Reply> online() {
            return online;
        }

        long onlineNanos() {
            return onlineNanos;
        }

        void online(Reply reply, long nanos) {
            online = Optional.of(reply);
            onlineNanos = nanos;
        }

        Optional<Reply> target() {
            return target;
        }

        long targetNanos() {
            return targetNanos;
        }

        void target(Reply reply, long nanos) {
            target = Optional.of(reply);
            targetNanos = nanos;
            if (sentNanos == 0) {
                sentNanos = nanos;
            }
        }
    }

    private final ArrayDeque<Open> open = new ArrayDeque<>(4);

    Open add(Request request) {
        Open added = new Open(request);
        open.add(added);
        return added;
    }

    Optional<Open> find(long ordinal) {
        for (Open candidate : open) {
            if (candidate.request.ordinal() == ordinal) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** What was given to a lane before it was up has been sent now. */
    void laneUp(int lane, long nanos) {
        for (Open candidate : open) {
            if (candidate.early == lane) {
                candidate.sentOn(lane, true, nanos);
            }
        }
    }

    void clear() {
        open.clear();
    }

    void remove(Open ended) {
        open.remove(ended);
    }

    int size() {
        return open.size();
    }

    /** Capture time of the earliest online answer that the target has not given, or NEVER. */
    long earliestOwed() {
        long earliest = CausalOrder.NEVER;
        for (Open candidate : open) {
            if (candidate.online.isPresent() && candidate.target.isEmpty()) {
                earliest = Math.min(earliest, candidate.onlineNanos);
            }
        }
        return earliest;
    }

    @Override
    public Iterator<Open> iterator() {
        return open.iterator();
    }
}
