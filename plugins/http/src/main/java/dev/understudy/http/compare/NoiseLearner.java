package dev.understudy.http.compare;

import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Request;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Learns which values differ between equal servers, too. It is shown pairs of answers to one safe
 * request from servers that must agree (a control beside production, or the same target asked
 * twice), and the pairs that are compared anyway; both are counted by request and place.
 *
 * <p>A place that differs between equal servers is noise, unless production and target differ in it
 * clearly more often: by more than {@value #RELATIVE_PERCENT} % of the sum of both rates, and in
 * more than {@value #ABSOLUTE_PERCENT} % of all answers. Only values can be learnt, never what is
 * missing, an array's length, a type, a status or a whole body; and no field that protects.
 *
 * <p>Safe for several threads.
 */
public final class NoiseLearner {
    static final double RELATIVE_PERCENT = 20;
    static final double ABSOLUTE_PERCENT = 0.03;

    /** Pairs of equal servers before anything is taken for noise. */
    static final int LEAST_PAIRS = 5;

    private final Comparison comparison;
    private final ReentrantLock lock = new ReentrantLock();

    /** All that noise is drawn from. */
    private final NoiseCounts seen = new NoiseCounts();

    /** What this run's file gets from here, beside what it got from others. */
    private final NoiseCounts own = new NoiseCounts();

    /** Learns nothing yet; what the rules of the settings silence is never counted. */
    public NoiseLearner(CompareSettings settings) {
        this.comparison = new Comparison(settings);
    }

    /** Takes in a pair that is compared: production and target. */
    public void compared(Exchange exchange) {
        if (exchange.online() instanceof HttpReply online
                && exchange.target() instanceof HttpReply target) {
            observe(exchange.request(), online, target, false, List.of(seen, own));
        }
    }

    /** Takes in two answers of one server to one safe request. */
    public void twice(Request request, HttpReply first, HttpReply second) {
        observe(request, first, second, true, List.of(seen, own));
    }

    /** Takes in what production and the control answered to a request that a target got, too. */
    public void beside(Request request, HttpReply online, HttpReply control) {
        // The control's own copy writes it down, once for all targets.
        observe(request, online, control, true, List.of(seen));
    }

    /**
     * Takes in what production and the control answered, where the control is the target: for the
     * file alone, since the control's own report has to show where it is not like production.
     */
    public void ofControl(Exchange exchange) {
        if (exchange.online() instanceof HttpReply online
                && exchange.target() instanceof HttpReply control) {
            observe(exchange.request(), online, control, true, List.of(own));
        }
    }

    /** Another status is another answer: nothing about its values can be learnt. */
    static boolean comparable(HttpReply one, HttpReply other) {
        return one.outcome().complete()
                && other.outcome().complete()
                && one.status() == other.status();
    }

    private void observe(
            Request request,
            HttpReply one,
            HttpReply other,
            boolean equalServers,
            List<NoiseCounts> counts) {
        if (!comparable(one, other)) {
            return;
        }
        // Each place once for each pair, however many elements of an array it stands in.
        Map<String, Difference> byPlace =
                learnable(comparison.unfiltered(request, one, other))
                        .collect(
                                Collectors.toMap(
                                        Difference::general,
                                        difference -> difference,
                                        (a, b) -> a.shape() == Shape.NONE ? a : b));
        lock.lock();
        try {
            counts.forEach(each -> each.observe(request.fingerprint(), byPlace, equalServers));
        } finally {
            lock.unlock();
        }
    }

    /** Those of all differences between two answers that may be noise. */
    static Stream<Difference> learnable(List<Difference> all) {
        // Of arrays with other numbers of elements these are not each other's.
        Set<String> uneven =
                all.stream()
                        .filter(difference -> !difference.value())
                        .map(Difference::place)
                        .collect(Collectors.toSet());
        return all.stream()
                .filter(NoiseLearner::learnable)
                .filter(difference -> !isElement(difference.place(), uneven));
    }

    private static boolean isElement(String place, Set<String> ofArrays) {
        for (int at = place.indexOf('['); at > 0; at = place.indexOf('[', at + 1)) {
            if (ofArrays.contains(place.substring(0, at))) {
                return true;
            }
        }
        return false;
    }

    /** Whether a difference is of a kind, and in a place, that may be noise. */
    private static boolean learnable(Difference difference) {
        return difference.value()
                && !SecretNames.neverNoise(difference.general())
                && switch (difference.kind()) {
                    case JSON, HEADER, TRAILER -> true;
                    case TRANSPORT,
                            LOGIN_LOST,
                            STATE,
                            STATUS,
                            LOCATION,
                            TYPE,
                            BODY,
                            COOKIE,
                            LIKELY_NOISE ->
                            false;
                };
    }

    /** Whether the counts, or a reviewer, say that a place is noise. */
    static boolean noise(NoiseCounts.Requests seen, NoiseCounts.Place place) {
        return switch (place.decision) {
            case IGNORE -> true;
            case SHOW -> false;
            case OPEN -> seen.pairs >= LEAST_PAIRS && place.noise > 0 && !clearlyMore(seen, place);
        };
    }

    private static boolean clearlyMore(NoiseCounts.Requests seen, NoiseCounts.Place place) {
        if (seen.compared == 0) {
            return false;
        }
        // Equal servers are asked less often: their count is brought to the same number of answers.
        double noise = (double) place.noise * seen.compared / seen.pairs;
        double more = place.raw - noise;
        return more > 0
                && more / (place.raw + noise) * 100 > RELATIVE_PERCENT
                && more / seen.compared * 100 > ABSOLUTE_PERCENT;
    }

    /** What is noise by all that was seen so far. */
    public LearntNoise learnt() {
        lock.lock();
        try {
            Set<LearntNoise.Place> places = new HashSet<>();
            seen.requests()
                    .forEach(
                            (request, counts) ->
                                    counts.places.forEach(
                                            (place, found) -> {
                                                if (noise(counts, found)) {
                                                    places.add(
                                                            new LearntNoise.Place(request, place));
                                                }
                                            }));
            return new LearntNoise(places);
        } finally {
            lock.unlock();
        }
    }

    /** How many requests and places were not counted, since there were too many. */
    public long leftOut() {
        lock.lock();
        try {
            return seen.leftOut();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reads what earlier runs learnt, and a reviewer decided.
     *
     * @throws IOException where the file cannot be read, or a line of it not understood
     */
    public void read(Path file) throws IOException {
        NoiseCounts read = NoiseFile.read(file);
        lock.lock();
        try {
            seen.add(read);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Adds what was seen here to the file, whoever has written to it meanwhile: sorted, one place a
     * line. The file is replaced as a whole.
     *
     * @throws IOException where it cannot be read, or written
     */
    public void addTo(Path file) throws IOException {
        NoiseCounts more = new NoiseCounts();
        lock.lock();
        try {
            more.add(own);
        } finally {
            lock.unlock();
        }
        NoiseFile.add(file, more);
    }
}
