package dev.understudy.ledger;

import static dev.understudy.ledger.Bookings.SESSION;
import static dev.understudy.ledger.Bookings.exchange;
import static dev.understudy.ledger.Bookings.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Request;
import dev.understudy.protocol.Verdict;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ScoreboardTest {
    private final Ledger ledger = new Ledger();

    private List<Group> groups() {
        return ledger.scoreboard().groups();
    }

    private void differ(String fingerprint, String kind, long ordinal, String value) {
        Request request = new Request(ordinal, "COM_QUERY", fingerprint, "text", 0, true);
        ledger.verdict(
                SESSION, exchange(request, 1), new Verdict.Different(kind, value, value + "'"));
    }

    @Test
    void groupsWithMostDifferencesComeFirst() {
        ledger.verdict(SESSION, exchange("a"), new Verdict.Same());
        ledger.verdict(SESSION, exchange("a"), new Verdict.Same());
        ledger.verdict(SESSION, exchange("b"), new Verdict.Same());
        differ("c", "rows", 0, "1");
        assertEquals(List.of("c", "a", "b"), groups().stream().map(Group::fingerprint).toList());
    }

    private void labelled(String user, Verdict verdict) {
        Request request =
                new Request(
                        0,
                        "COM_QUERY",
                        "a",
                        "text",
                        0,
                        true,
                        Map.of("user", user, "db", "d"),
                        false,
                        false);
        ledger.verdict(SESSION, exchange(request, 3), verdict);
    }

    @Test
    void requestsCountUnderEachOfTheirLabels() {
        labelled("app", new Verdict.Same());
        labelled("app", new Verdict.Same());
        labelled("batch", new Verdict.Different("rows", "1", "2"));
        assertEquals(
                List.of("db d 3 1", "user batch 1 1", "user app 2 0"),
                ledger.scoreboard().byLabel().stream()
                        .map(
                                group ->
                                        "%s %s %d %d"
                                                .formatted(
                                                        group.operation(),
                                                        group.fingerprint(),
                                                        group.count(),
                                                        group.differentSum()))
                        .toList());
        assertEquals(1, groups().size());
        assertEquals(9_000, groups().getFirst().targetLatency().totalMicros());
    }

    @Test
    void valuesOfLabelsPastTheLimitCountTogether() {
        for (int i = 0; i < Scoreboard.MAX_LABELLED + 50; i++) {
            labelled("user" + i, new Verdict.Same());
        }
        List<Group> labels = ledger.scoreboard().byLabel();
        assertEquals(Scoreboard.MAX_LABELLED, labels.size());
        assertEquals(
                2L * (Scoreboard.MAX_LABELLED + 50), labels.stream().mapToLong(Group::count).sum());
    }

    @Test
    void threeSamplesAreKeptOfEachKindWithBothValues() {
        for (int i = 0; i < 10; i++) {
            differ("a", "rows", i, "r" + i);
            differ("a", "error", i, "e" + i);
        }
        Group group = groups().getFirst();
        assertEquals(Map.of("rows", 10L, "error", 10L), group.different());
        assertEquals(6, group.samples().size());
        Sample sample = group.samples().get(3);
        assertEquals("rows", sample.reason());
        assertEquals("r0", sample.online());
        assertEquals("r0'", sample.target());
        assertEquals(SESSION, sample.session());
    }

    @Test
    void requestsPastTheLastGroupCountTogether() {
        int tooMany = Scoreboard.MAX_GROUPS + 100;
        for (int i = 0; i < tooMany; i++) {
            ledger.noAnswerDue(request("f" + i));
        }
        assertEquals(Scoreboard.MAX_GROUPS, groups().size());
        assertEquals(Scoreboard.OTHER, groups().getFirst().fingerprint());
        assertEquals(101, groups().getFirst().count());
    }

    @Test
    void samplesHaveALimitInAllAndWhatIsPastItIsCounted() {
        String value = "v".repeat(Verdict.Different.MAX_VALUE - 1);
        long fitting = Scoreboard.MAX_SAMPLE_CHARS / (2L * Verdict.Different.MAX_VALUE) + 10;
        for (int i = 0; i < fitting; i++) {
            differ("f" + i, "content", i, value);
        }
        LongStream sizes =
                groups().stream()
                        .flatMap(group -> group.samples().stream())
                        .mapToLong(Sample::size);
        assertTrue(sizes.sum() <= Scoreboard.MAX_SAMPLE_CHARS);
        assertTrue(ledger.scoreboard().samplesOmitted() > 0);
        assertEquals(fitting, ledger.counts().requests().differentSum());
    }

    @Test
    void longFingerprintsAreCutAndStayApart() {
        String begin = "select ".repeat(1_000);
        ledger.noAnswerDue(request(begin + "a"));
        ledger.noAnswerDue(request(begin + "b"));
        assertEquals(2, groups().size());
        for (Group group : groups()) {
            assertEquals(Scoreboard.MAX_FINGERPRINT, group.fingerprint().length());
        }
    }

    @Test
    void sketchedPercentilesAreAtMostAQuarterAboveTheTruth() {
        for (long micros : new long[] {0, 1, 3, 4, 7, 100, 12_345, 60_000_000}) {
            LatencySketch sketch = new LatencySketch();
            sketch.recordMicros(micros);
            long sketched = sketch.percentileMicros(99);
            assertTrue(sketched >= micros && sketched <= micros * 1.25, micros + ": " + sketched);
        }
        assertEquals(0, new LatencySketch().percentileMicros(50));
    }
}
