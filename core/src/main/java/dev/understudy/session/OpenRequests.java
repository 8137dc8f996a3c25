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
        private final Request request;
        private long sentNanos;
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

        void sent(long nanos) {
            if (sentNanos == 0) {
                sentNanos = nanos;
            }
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

    void remove(Open ended) {
        open.remove(ended);
    }

    boolean isEmpty() {
        return open.isEmpty();
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
