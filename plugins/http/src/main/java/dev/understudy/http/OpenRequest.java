package dev.understudy.http;

import dev.understudy.http.message.RequestHead;
import java.util.Map;
import java.util.Optional;

/** What a session remembers of a request until both servers have answered it. */
final class OpenRequest {
    private final long ordinal;
    private final RequestHead head;
    private final boolean copied;
    private Optional<String> unjudged = Optional.empty();
    private Optional<byte[]> again = Optional.empty();
    private Optional<String> authorization = Optional.empty();
    private int times;
    private Map<String, String> values = Map.of();
    private boolean onlineAnswered;
    private boolean targetSpoke;
    private boolean targetAnswered;
    private boolean over;
    private boolean probe;

    /**
     * @param head as it was captured
     * @param copied whether it goes to the target
     */
    OpenRequest(long ordinal, RequestHead head, boolean copied) {
        this.ordinal = ordinal;
        this.head = head;
        this.copied = copied;
    }

    /** The same request asked of the target once more: nothing of it is told to the ledger. */
    static OpenRequest probe(OpenRequest request) {
        OpenRequest second = new OpenRequest(request.ordinal, request.head, true);
        second.probe = true;
        second.end();
        return second;
    }

    /** Whether production did not ask this: its answer shows what is noise, and no more. */
    boolean isProbe() {
        return probe;
    }

    long ordinal() {
        return ordinal;
    }

    RequestHead head() {
        return head;
    }

    String method() {
        return head.method();
    }

    boolean copied() {
        return copied;
    }

    /** Its answers cannot be held against one another; the first reason stays. */
    void unjudged(String reason) {
        if (unjudged.isEmpty()) {
            unjudged = Optional.of(reason);
        }
    }

    Optional<String> unjudged() {
        return unjudged;
    }

    /** All of its bytes, to be sent once more should the target close without reading them. */
    void again(byte[] bytes) {
        again = Optional.of(bytes);
    }

    Optional<byte[]> again() {
        return again;
    }

    /** The credential that was sent to the target. */
    void authorization(String sent) {
        authorization = Optional.of(sent);
    }

    Optional<String> authorization() {
        return authorization;
    }

    /** Counts how often it was sent. */
    void sentOnceMore() {
        times++;
    }

    int times() {
        return times;
    }

    /** What the first of the two answers gave, by its slots. */
    Map<String, String> values() {
        return values;
    }

    void values(Map<String, String> given) {
        values = given;
    }

    boolean onlineAnswered() {
        return onlineAnswered;
    }

    void answeredOnline() {
        onlineAnswered = true;
    }

    /** Whether the target has said 100, or has answered. */
    boolean targetSpoke() {
        return targetSpoke;
    }

    void spokenTo() {
        targetSpoke = true;
    }

    boolean targetAnswered() {
        return targetAnswered;
    }

    void answeredByTarget() {
        targetSpoke = true;
        targetAnswered = true;
    }

    /** Whether the ledger has been told its end: no answer may be told any more. */
    boolean over() {
        return over;
    }

    void end() {
        over = true;
    }
}
