package dev.understudy.http.compare;

import java.util.Set;

/** What has been learnt to be noise, as of one moment. Immutable. */
public final class LearntNoise {
    private static final LearntNoise NONE = new LearntNoise(Set.of());

    /**
     * A value that may differ.
     *
     * @param request the fingerprint of the requests whose answers hold it
     * @param place as {@code json:$.items[*].updated} or {@code header:x-build}
     */
    record Place(String request, String place) {}

    private final Set<Place> places;

    LearntNoise(Set<Place> places) {
        this.places = Set.copyOf(places);
    }

    /** Nothing learnt. */
    public static LearntNoise none() {
        return NONE;
    }

    /** How many places are taken for noise. */
    public int size() {
        return places.size();
    }

    /** Only a value can be noise: what is missing or of another type is told all the same. */
    boolean covers(String request, Difference difference) {
        return difference.value()
                && !places.isEmpty()
                && places.contains(new Place(request, difference.general()));
    }
}
