package dev.understudy.ledger;

import com.google.common.hash.Hashing;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * How requests ended, grouped by operation and fingerprint. Loops write, any thread reads; a lock
 * is taken only to keep a sample, so never for a request that ended as {@link RequestEnd#SAME}.
 */
public final class Scoreboard {
    /** Groups; requests of further ones count in the group {@value #OTHER}. */
    public static final int MAX_GROUPS = 10_000;

    /** Samples kept of each group for each kind, reason or rule. */
    public static final int MAX_SAMPLES_PER_REASON = 3;

    /** Characters of all samples together; past that requests are counted without a sample. */
    public static final long MAX_SAMPLE_CHARS = 8L * 1024 * 1024;

    /** Characters of a fingerprint; a longer one is cut and told apart by a hash. */
    public static final int MAX_FINGERPRINT = 512;

    /** Operation and fingerprint of the group past {@link #MAX_GROUPS}. */
    public static final String OTHER = "(other)";

    /** Values of labels that are counted apart; further ones count as {@value #OTHER}. */
    public static final int MAX_LABELLED = 1_000;

    private record Key(String operation, String fingerprint) {
        private static Key of(Request request) {
            return new Key(
                    ReasonCounts.bounded(request.operation()), bounded(request.fingerprint()));
        }

        private static String bounded(String fingerprint) {
            if (fingerprint.length() <= MAX_FINGERPRINT) {
                return fingerprint;
            }
            String hash =
                    Hashing.murmur3_128()
                            .hashString(fingerprint, StandardCharsets.UTF_8)
                            .toString();
            return fingerprint.substring(0, MAX_FINGERPRINT - hash.length() - 2) + "…#" + hash;
        }
    }

    private record SampleKey(RequestEnd end, String reason) {}

    private static final class Tally {
        private final LongAdder same = new LongAdder();
        private final LongAdder noAnswerDue = new LongAdder();
        private final Map<RequestEnd, ReasonCounts> byReason = new EnumMap<>(RequestEnd.class);
        private final LatencySketch online = new LatencySketch();
        private final LatencySketch target = new LatencySketch();
        private final Map<SampleKey, List<Sample>> samples = new HashMap<>();

        private Tally() {
            for (RequestEnd end : RequestEnd.values()) {
                byReason.put(end, new ReasonCounts());
            }
        }

        private synchronized List<Sample> samples() {
            return samples.values().stream()
                    .flatMap(List::stream)
                    .sorted(
                            Comparator.comparing(Sample::end)
                                    .thenComparing(Sample::reason)
                                    .thenComparingLong(Sample::capturedNanos)
                                    .thenComparingLong(sample -> sample.session().id())
                                    .thenComparingLong(Sample::ordinal))
                    .toList();
        }

        private Group snapshot(Key key) {
            var different = byReason.get(RequestEnd.DIFFERENT).snapshot();
            var notCompared = byReason.get(RequestEnd.NOT_COMPARED).snapshot();
            var unanswered = byReason.get(RequestEnd.UNANSWERED).snapshot();
            var skipped = byReason.get(RequestEnd.SKIPPED).snapshot();
            var lost = byReason.get(RequestEnd.LOST).snapshot();
            long sameCount = same.sum();
            long noAnswerDueCount = noAnswerDue.sum();
            long count = sameCount + noAnswerDueCount;
            for (var counts : List.of(different, notCompared, unanswered, skipped, lost)) {
                count += counts.values().stream().mapToLong(Long::longValue).sum();
            }
            return new Group(
                    key.operation(),
                    key.fingerprint(),
                    count,
                    sameCount,
                    different,
                    notCompared,
                    noAnswerDueCount,
                    unanswered,
                    skipped,
                    lost,
                    online.snapshot(),
                    target.snapshot(),
                    samples());
        }
    }

    private final Map<Key, Tally> tallies = new ConcurrentHashMap<>();
    private final Map<Key, Tally> labelled = new ConcurrentHashMap<>();
    private final AtomicLong sampleChars = new AtomicLong();
    private final LongAdder samplesOmitted = new LongAdder();

    Scoreboard() {}

    void same(Exchange exchange) {
        forEach(
                exchange.request(),
                tally -> {
                    tally.same.increment();
                    time(tally, exchange);
                });
    }

    void noAnswerDue(Request request) {
        forEach(request, tally -> tally.noAnswerDue.increment());
    }

    /** An exchange that is not the same: {@code sample} says what it is. */
    void compared(Exchange exchange, Sample sample) {
        ended(exchange.request(), sample);
        forEach(exchange.request(), tally -> time(tally, exchange));
    }

    /** The target alone has answered, as {@code sample} says, in this time. */
    void oneSided(long latencyNanos, Request request, Sample sample) {
        ended(request, sample);
        tallyOf(request).target.recordMicros(TimeUnit.NANOSECONDS.toMicros(latencyNanos));
    }

    /**
     * Counts a request under the sample's end and reason, and keeps the sample if there is room.
     */
    void ended(Request request, Sample sample) {
        forEach(request, tally -> tally.byReason.get(sample.end()).increment(sample.reason()));
        keep(tallyOf(request), sample);
    }

    /** What counts a request: its group, and each of its labels. */
    private void forEach(Request request, Consumer<Tally> count) {
        count.accept(tallyOf(request));
        if (!request.labels().isEmpty()) {
            request.labels().forEach((label, value) -> count.accept(labelled(label, value)));
        }
    }

    private Tally labelled(String label, String value) {
        Key key = new Key(ReasonCounts.bounded(label), Key.bounded(value));
        Tally known = labelled.get(key);
        return known == null ? begin(labelled, key, MAX_LABELLED) : known;
    }

    private void keep(Tally tally, Sample sample) {
        synchronized (tally) {
            SampleKey key = new SampleKey(sample.end(), sample.reason());
            List<Sample> kept = tally.samples.getOrDefault(key, List.of());
            if (kept.size() >= MAX_SAMPLES_PER_REASON) {
                return;
            }
            if (sampleChars.addAndGet(sample.size()) > MAX_SAMPLE_CHARS) {
                sampleChars.addAndGet(-sample.size());
                samplesOmitted.increment();
                return;
            }
            tally.samples.computeIfAbsent(key, _ -> new ArrayList<>()).add(sample);
        }
    }

    private static void time(Tally tally, Exchange exchange) {
        tally.online.recordMicros(TimeUnit.NANOSECONDS.toMicros(exchange.onlineLatencyNanos()));
        tally.target.recordMicros(TimeUnit.NANOSECONDS.toMicros(exchange.targetLatencyNanos()));
    }

    private Tally tallyOf(Request request) {
        Key key = Key.of(request);
        Tally known = tallies.get(key);
        return known == null ? begin(tallies, key, MAX_GROUPS) : known;
    }

    /** Synchronized so that two loops with a new group each cannot both take the last place. */
    private synchronized Tally begin(Map<Key, Tally> among, Key key, int most) {
        boolean fits = among.containsKey(key) || among.size() < most - 1;
        return among.computeIfAbsent(fits ? key : new Key(OTHER, OTHER), _ -> new Tally());
    }

    /** All groups, those with most differences first, then the largest; a copy. */
    public List<Group> groups() {
        return groups(tallies);
    }

    /**
     * Requests by their labels, in the order of {@link #groups}: a label stands in the place of the
     * operation, its value in that of the fingerprint. No samples.
     */
    public List<Group> byLabel() {
        return groups(labelled);
    }

    private static List<Group> groups(Map<Key, Tally> tallies) {
        return tallies.entrySet().stream()
                .map(entry -> entry.getValue().snapshot(entry.getKey()))
                .sorted(
                        Comparator.comparingLong(Group::differentSum)
                                .thenComparingLong(Group::count)
                                .reversed()
                                .thenComparing(Group::operation)
                                .thenComparing(Group::fingerprint))
                .toList();
    }

    /** Samples that were due and not kept since {@link #MAX_SAMPLE_CHARS} was reached. */
    public long samplesOmitted() {
        return samplesOmitted.sum();
    }
}
