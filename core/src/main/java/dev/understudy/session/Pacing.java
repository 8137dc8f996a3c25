package dev.understudy.session;

/** When a captured packet is handed on. */
public sealed interface Pacing {
    /** As it is captured. */
    record Live() implements Pacing {}

    /**
     * A recording with its own times between packets, divided by a factor.
     *
     * @param factor above 0; 1 is the original pace, 2 twice as fast
     */
    record Scaled(double factor) implements Pacing {
        public Scaled {
            if (!(factor > 0) || Double.isInfinite(factor)) {
                throw new IllegalArgumentException("speed must be above 0: " + factor);
            }
        }
    }

    /** A recording as fast as answers allow. */
    record FlatOut() implements Pacing {}
}
