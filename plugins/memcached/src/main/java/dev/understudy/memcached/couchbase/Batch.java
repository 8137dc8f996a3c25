package dev.understudy.memcached.couchbase;

import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Ask;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The parts of one captured request on their way. */
final class Batch {
    private final long ordinal;
    private final Ask ask;
    private final Plan plan;
    private final List<Optional<KvReply>> replies;
    private int open;
    private boolean lost;

    /** One part: a request for one key. */
    static final class Part {
        private final Batch batch;
        private final int index;
        private final KvRequest request;
        private int tries;

        private Part(Batch batch, int index, KvRequest request) {
            this.batch = batch;
            this.index = index;
            this.request = request;
        }

        Batch batch() {
            return batch;
        }

        KvRequest request() {
            return request;
        }

        /** Counts one more try, and says how many there were with it. */
        int tryAgain() {
            tries++;
            return tries;
        }
    }

    Batch(long ordinal, Ask ask, Plan plan) {
        this.ordinal = ordinal;
        this.ask = ask;
        this.plan = plan;
        this.open = plan.parts().size();
        this.replies = new ArrayList<>(open);
        for (int i = 0; i < open; i++) {
            replies.add(Optional.empty());
        }
    }

    List<Part> parts() {
        List<Part> parts = new ArrayList<>(open);
        for (int i = 0; i < plan.parts().size(); i++) {
            parts.add(new Part(this, i, plan.parts().get(i)));
        }
        return parts;
    }

    /** Bytes of each value that are kept, as {@link Ask#keptBytes} says. */
    int keptBytes(int limit) {
        return ask.keptBytes(limit);
    }

    long ordinal() {
        return ordinal;
    }

    /** Takes the reply to a part; says whether it was the last one, and none was lost. */
    boolean complete(Part part, KvReply reply) {
        replies.set(part.index, Optional.of(reply));
        open--;
        return open == 0 && !lost;
    }

    /** A part ends without a reply; says whether it is the first one of its request. */
    boolean lose() {
        open--;
        boolean first = !lost;
        lost = true;
        return first;
    }

    /** What all replies say together, once they are complete. */
    Answer answer() {
        return plan.reading().of(replies.stream().map(Optional::orElseThrow).toList());
    }
}
