package dev.understudy.ledger;

import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;

/** Sessions, requests and exchanges to book. */
final class Bookings {
    static final SessionLabel SESSION = new SessionLabel(1, "192.0.2.7:40312");

    private Bookings() {}

    static Request request(String fingerprint) {
        return new Request(0, "COM_QUERY", fingerprint, fingerprint + " -- text", 1_000, true);
    }

    /**
     * An exchange answered in 1 ms by the online server and in {@code targetMillis} by the target.
     */
    static Exchange exchange(Request request, long targetMillis) {
        Reply reply = () -> "1 row";
        return new Exchange(
                request, reply, reply, 5_000, 1_000 + 1_000_000, 5_000 + targetMillis * 1_000_000);
    }

    static Exchange exchange(String fingerprint) {
        return exchange(request(fingerprint), 2);
    }
}
