package dev.understudy.report;

import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.PacketLedger;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.Table;
import dev.understudy.protocol.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Runs to report on. */
final class Runs {
    static final SessionLabel FIRST = new SessionLabel(1, "192.0.2.7:40312");
    static final SessionLabel SECOND = new SessionLabel(2, "192.0.2.8:40313");

    static final RunDescription DESCRIPTION =
            new RunDescription(
                    "0.1.0",
                    "mysql",
                    "0.1.0, mysql-0.1.0.zip",
                    "monday.pcapng",
                    "192.0.2.1:3306 (db.example)",
                    "192.0.2.2:3306",
                    "keep",
                    new TreeMap<>(Map.of("otherPort", 2L)),
                    "causal",
                    "1",
                    Instant.parse("2026-11-23T09:00:00Z"),
                    Duration.ofMillis(30_250),
                    new TreeMap<>(Map.of("limits.lost", "1", "mysql.users", "(set)")),
                    List.of("secret file /run/secrets/app can be read by everybody"),
                    List.of(
                            new Table(
                                    "hit rate",
                                    List.of("keys", "online", "target"),
                                    List.of(
                                            List.of("session:*", "97.1 %", "8.0 %"),
                                            List.of("a", "1 %", "1 %")))));

    static final Ending FINISHED = new Ending.Finished("end of the recording");

    private Runs() {}

    /** A run in which one session was left out and each end of a request came up once or more. */
    static Ledger eventful() {
        Ledger ledger = new Ledger();
        for (int i = 0; i < 6; i++) {
            ledger.packets().delivered();
        }
        ledger.packets().used();
        ledger.packets().repeated();
        ledger.packets().withoutPayload();
        ledger.packets().filtered();
        ledger.packets().notForUs();
        ledger.packets().malformed();
        for (int i = 0; i < 3; i++) {
            ledger.sessionCaptured();
        }
        ledger.sessionEnded(FIRST, new SessionEnd.Complete());
        ledger.sessionEnded(SECOND, new SessionEnd.LeftOut("tls", "SSLRequest at byte 4"));
        ledger.sessionEnded(new SessionLabel(3, "192.0.2.9:1"), new SessionEnd.JoinedLate());

        same(ledger, request(0, "login", "login as app"));
        same(ledger, request(1, "select ? from t", "select 1 from t"));
        differs(ledger, request(2, "select ? from t", "select 2 from t"), "content");
        differs(ledger, request(3, "select ? from t", "select 3 from t"), "rows");
        Request large = ask(ledger, request(4, "select * from big", "select * from big"));
        ledger.verdict(FIRST, exchange(large), new Verdict.NotCompared("too-large"));
        ledger.noAnswerDue(ask(ledger, request(5, "close", "close 7")));
        ledger.unanswered(FIRST, ask(ledger, request(6, "sleep ?", "sleep 9")), "timeout");
        ledger.skipped(FIRST, ask(ledger, request(7, "kill ?", "kill 12")), "kill");
        ledger.lost(SECOND, ask(ledger, request(0, "login", "login")), "session-left-out");
        ledger.injected("set-names");
        ledger.hold("login", 12_500_000);
        ledger.orderWait(2_000_000);
        ledger.lag(64_000);
        return ledger;
    }

    /** A run of one session with one request, answered alike. */
    static Ledger uneventful() {
        return uneventful(new Ledger());
    }

    private static Ledger uneventful(Ledger ledger) {
        ledger.sessionCaptured();
        ledger.sessionEnded(FIRST, new SessionEnd.Complete());
        same(ledger, request(0, "select ?", "select 1"));
        return ledger;
    }

    static void same(Ledger ledger, Request request) {
        ledger.verdict(FIRST, exchange(ask(ledger, request)), new Verdict.Same());
    }

    static void differs(Ledger ledger, Request request, String kind) {
        ledger.verdict(
                FIRST,
                exchange(ask(ledger, request)),
                new Verdict.Different(kind, "row 1: (2, 'a')", "row 1: (2, '\u001b[31mb')"));
    }

    static Request ask(Ledger ledger, Request request) {
        ledger.asked(request);
        return request;
    }

    static Request request(long ordinal, String fingerprint, String text) {
        return new Request(ordinal, "COM_QUERY", fingerprint, text, 1_000 * ordinal, true);
    }

    private static Exchange exchange(Request request) {
        Reply reply = () -> "1 row";
        return new Exchange(
                request, reply, reply, 5_000, request.capturedNanos() + 64_000, 5_000 + 128_000);
    }

    /** Two targets of which one answered otherwise, and has a warning of its own. */
    static RunReport two() {
        RunDescription one = DESCRIPTION;
        List<String> warnings = new ArrayList<>(one.warnings());
        warnings.add("tables are not alike");
        RunDescription other =
                new RunDescription(
                        one.version(),
                        one.protocol(),
                        one.plugin(),
                        one.source(),
                        one.online(),
                        "192.0.2.3:3306",
                        one.clientAddress(),
                        one.delivery(),
                        one.order(),
                        one.speed(),
                        one.started(),
                        one.took(),
                        one.settings(),
                        warnings,
                        List.of());
        PacketLedger packets = new PacketLedger();
        Ledger equal = uneventful(new Ledger(packets));
        Ledger differing = uneventful(new Ledger(packets));
        differs(differing, request(1, "select ? from t", "select 1 from t"), "rows");
        return new RunReport(
                List.of(
                        Report.of(one, equal, FINISHED, AllowedLimits.strict(), SampleDetail.FULL),
                        Report.of(
                                other,
                                differing,
                                FINISHED,
                                AllowedLimits.strict(),
                                SampleDetail.FULL)));
    }

    static Report report(Ledger ledger, SampleDetail detail) {
        return Report.of(DESCRIPTION, ledger, FINISHED, AllowedLimits.strict(), detail);
    }
}
