package dev.understudy.http.compare;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * How often values differed, by kind of request and place; sorted, and bounded in both. Not safe
 * for several threads.
 */
final class NoiseCounts {
    /** Kinds of requests that are counted. */
    static final int MAX_REQUESTS = 2000;

    /** Places that are counted for each of them. */
    static final int MAX_PLACES = 200;

    /** What a counter shows; fits a long. */
    private static final Pattern WHOLE = Pattern.compile("\\d{1,18}");

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

        private void observe(Difference found, boolean equalServers) {
            if (equalServers) {
                noise++;
                return;
            }
            raw++;
            boolean counted = counted(found);
            shaped += counted || found.shape() != Shape.NONE ? 1 : 0;
        }

        private void add(Place other) {
            raw += other.raw;
            shaped += other.shaped;
            noise += other.noise;
            if (other.decision != Decision.OPEN) {
                decision = other.decision;
            }
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

    private final Map<String, Requests> requests = new TreeMap<>();
    private long left;

    /** By the fingerprint of the requests. */
    Map<String, Requests> requests() {
        return requests;
    }

    /** How many requests and places were not counted, since there were too many. */
    long leftOut() {
        return left;
    }

    /**
     * Counts what differs between two answers to one request.
     *
     * @param byPlace each place once, however many elements of an array it stands in
     */
    void observe(String request, Map<String, Difference> byPlace, boolean equalServers) {
        of(request)
                .ifPresent(
                        seen -> {
                            if (equalServers) {
                                seen.pairs++;
                            } else {
                                seen.compared++;
                            }
                            byPlace.forEach(
                                    (name, found) ->
                                            of(seen, name)
                                                    .ifPresent(
                                                            place ->
                                                                    place.observe(
                                                                            found, equalServers)));
                        });
    }

    /** Adds what was counted elsewhere. */
    void add(NoiseCounts other) {
        left += other.left;
        other.requests.forEach(
                (request, counts) ->
                        of(request)
                                .ifPresent(
                                        seen -> {
                                            seen.compared += counts.compared;
                                            seen.pairs += counts.pairs;
                                            counts.places.forEach(
                                                    (name, found) ->
                                                            of(seen, name)
                                                                    .ifPresent(
                                                                            place ->
                                                                                    place.add(
                                                                                            found)));
                                        }));
    }

    /** Takes over one place as a file has it; each line of a request has all its pairs. */
    void read(String request, long compared, long pairs, String name, Place place) {
        of(request)
                .ifPresent(
                        seen -> {
                            seen.compared = Math.max(seen.compared, compared);
                            seen.pairs = Math.max(seen.pairs, pairs);
                            of(seen, name).ifPresent(found -> found.add(place));
                        });
    }

    private Optional<Requests> of(String request) {
        return within(requests, MAX_REQUESTS, request, Requests::new);
    }

    private Optional<Place> of(Requests seen, String name) {
        return within(seen.places, MAX_PLACES, name, Place::new);
    }

    /** The counts of a name; none where there are too many names already. */
    private <C> Optional<C> within(
            Map<String, C> counts, int most, String name, Supplier<C> first) {
        if (counts.size() >= most && !counts.containsKey(name)) {
            left++;
            return Optional.empty();
        }
        return Optional.of(counts.computeIfAbsent(name, _ -> first.get()));
    }
}
