package dev.understudy.http.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The differences of one comparison, up to a number. */
final class Findings {
    private final Predicate<Difference> noise;
    private final int most;
    private final List<Difference> found = new ArrayList<>();
    private boolean more;

    /**
     * @param noise differences that are not told
     * @param most differences that are kept
     */
    Findings(Predicate<Difference> noise, int most) {
        this.noise = noise;
        this.most = most;
    }

    void add(Difference difference) {
        if (noise.test(difference)) {
            return;
        }
        if (found.size() < most) {
            found.add(difference);
            return;
        }
        more = true;
        // Likely noise must not crowd out what is none.
        if (difference.shape() == Shape.NONE) {
            for (int i = found.size() - 1; i >= 0; i--) {
                if (found.get(i).shape() != Shape.NONE) {
                    found.remove(i);
                    found.add(difference);
                    return;
                }
            }
        }
    }

    /** Whether looking on would change nothing: all that is kept is certain, and there is more. */
    boolean full() {
        return more && found.stream().allMatch(difference -> difference.shape() == Shape.NONE);
    }

    List<Difference> found() {
        return found;
    }

    boolean more() {
        return more;
    }
}
