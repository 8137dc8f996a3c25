package dev.understudy.http.compare;

/**
 * One thing that two answers do not have in common.
 *
 * @param place where, for a reader: {@code json:$.items[3].price}
 * @param general where, for counting: {@code json:$.items[*].price}
 * @param online production's value for a reader, secrets hidden
 * @param value whether one value stands against another: only such a difference can be noise. What
 *     is missing, of another type or in another number is structure, and never is
 * @param shape what both values look like
 */
record Difference(
        Kind kind,
        String place,
        String general,
        String online,
        String target,
        boolean value,
        Shape shape) {
    /** A difference of structure. */
    static Difference structural(Kind kind, String place, String online, String target) {
        return new Difference(kind, place, place, online, target, false, Shape.NONE);
    }

    /** A difference of two values in a place that has no indices. */
    static Difference ofValues(Kind kind, String place, String online, String target, Shape shape) {
        return new Difference(kind, place, place, online, target, true, shape);
    }

    /** What a verdict is named for it. */
    Kind told() {
        return shape == Shape.NONE ? kind : Kind.LIKELY_NOISE;
    }
}
