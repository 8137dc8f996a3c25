package dev.understudy.http.compare;

import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Request;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Learns which values differ between equal servers, too. It is shown pairs of answers to one safe
 * request from servers that must agree (a reference target, or the same target asked twice), and
 * the pairs that are compared anyway; both are counted by request and place.
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

    /** Kinds of requests that are counted. */
    static final int MAX_REQUESTS = 2000;

    /** What a counter shows; fits a long. */
    private static final Pattern WHOLE = Pattern.compile("\\d{1,18}");

    /** Places that are counted for each of them. */
    static final int MAX_PLACES = 200;

    /** What a reviewer of the file says, whatever the counts say. */
    enum Decision {
        OPEN,
        IGNORE,
        SHOW
    }

    /** How often one value differed. */
    static final class Place {
        /** Between production and target. */
        long raw;

        /** Of these, how often both values looked as if each server made, or counted, its own. */
        long shaped;

        /** Between equal servers. */
        long noise;

        Decision decision = Decision.OPEN;

        /** The numbers seen last, for counters: each server's goes up from answer to answer. */
        private long lastOnline = -1;

        private long lastTarget = -1;

        /** Whether both are whole numbers above those seen before. */
        private boolean counted(Difference difference) {
            if (!WHOLE.matcher(difference.online()).matches()
                    || !WHOLE.matcher(difference.target()).matches()) {
                return false;
            }
            long online = Long.parseLong(difference.online());
            long target = Long.parseLong(difference.target());
            boolean up = lastOnline >= 0 && online > lastOnline && target > lastTarget;
            lastOnline = online;
            lastTarget = target;
            return up;
        }
    }

    /** What was seen of one kind of request. */
    static final class Requests {
        /** Pairs of production and target. */
        long compared;

        /** Pairs of equal servers. */
        long pairs;

        final Map<String, Place> places = new TreeMap<>();
    }

    private final Comparison comparison;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Requests> requests = new HashMap<>();
    private long left;

    /** Learns nothing yet; what the rules of the settings silence is never counted. */
    public NoiseLearner(CompareSettings settings) {
        this.comparison = new Comparison(settings);
    }

    /** Takes in two answers to one safe request by servers that must agree. */
    public void reference(Request request, HttpReply one, HttpReply other) {
        if (comparable(one, other)) {
            observe(request, comparison.unfiltered(request, one, other), true);
        }
    }

    /** Takes in a pair that is compared: production and target. */
    public void compared(Exchange exchange) {
        if (exchange.online() instanceof HttpReply online
                && exchange.target() instanceof HttpReply target
                && comparable(online, target)) {
            observe(
                    exchange.request(),
                    comparison.unfiltered(exchange.request(), online, target),
                    false);
        }
    }

    /** Another status is another answer: nothing about its values can be learnt. */
    static boolean comparable(HttpReply one, HttpReply other) {
        return one.outcome().complete()
                && other.outcome().complete()
                && one.status() == other.status();
    }

    private void observe(Request request, List<Difference> differences, boolean equalServers) {
        // Each place once for each pair, however many elements of an array it stands in.
        Map<String, Difference> byPlace =
                differences.stream()
                        .filter(NoiseLearner::learnable)
                        .collect(
                                Collectors.toMap(
                                        Difference::general,
                                        difference -> difference,
                                        (one, other) -> one.shape() == Shape.NONE ? one : other));
        lock.lock();
        try {
            Requests seen = requests.get(request.fingerprint());
            if (seen == null) {
                if (requests.size() >= MAX_REQUESTS) {
                    left++;
                    return;
                }
                seen = new Requests();
                requests.put(request.fingerprint(), seen);
            }
            if (equalServers) {
                seen.pairs++;
            } else {
                seen.compared++;
            }
            for (Map.Entry<String, Difference> found : byPlace.entrySet()) {
                Place place = seen.places.get(found.getKey());
                if (place == null) {
                    if (seen.places.size() >= MAX_PLACES) {
                        left++;
                        continue;
                    }
                    place = new Place();
                    seen.places.put(found.getKey(), place);
                }
                if (equalServers) {
                    place.noise++;
                } else {
                    place.raw++;
                    boolean counted = place.counted(found.getValue());
                    place.shaped += counted || found.getValue().shape() != Shape.NONE ? 1 : 0;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether a difference is of a kind, and in a place, that may be noise. */
    static boolean learnable(Difference difference) {
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
    static boolean noise(Requests seen, Place place) {
        return switch (place.decision) {
            case IGNORE -> true;
            case SHOW -> false;
            case OPEN -> seen.pairs >= LEAST_PAIRS && place.noise > 0 && !clearlyMore(seen, place);
        };
    }

    private static boolean clearlyMore(Requests seen, Place place) {
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
            requests.forEach(
                    (request, seen) ->
                            seen.places.forEach(
                                    (place, counts) -> {
                                        if (noise(seen, counts)) {
                                            places.add(new LearntNoise.Place(request, place));
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
            return left;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Adds what an earlier run learnt, and a reviewer decided.
     *
     * @throws IOException where the file cannot be read, or a line of it not understood
     */
    public void read(Path file) throws IOException {
        Map<String, Requests> read = NoiseFile.read(file);
        lock.lock();
        try {
            for (Map.Entry<String, Requests> entry : read.entrySet()) {
                if (requests.size() >= MAX_REQUESTS && !requests.containsKey(entry.getKey())) {
                    left++;
                    continue;
                }
                Requests seen = requests.computeIfAbsent(entry.getKey(), _ -> new Requests());
                seen.compared += entry.getValue().compared;
                seen.pairs += entry.getValue().pairs;
                entry.getValue()
                        .places
                        .forEach(
                                (name, counts) -> {
                                    Place place =
                                            seen.places.computeIfAbsent(name, _ -> new Place());
                                    place.raw += counts.raw;
                                    place.shaped += counts.shaped;
                                    place.noise += counts.noise;
                                    place.decision = counts.decision;
                                });
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Writes all that was seen, sorted, one place a line; the file is replaced as a whole.
     *
     * @throws IOException where it cannot be written
     */
    public void write(Path file) throws IOException {
        String text;
        lock.lock();
        try {
            text = NoiseFile.text(new TreeMap<>(requests));
        } finally {
            lock.unlock();
        }
        NoiseFile.write(file, text);
    }
}
