package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TargetHealthTest {
    @Test
    void tenFailuresInARowAreALostTargetAndTenOfEachCopyWhereSessionsAreMultiplied() {
        for (int copies : new int[] {1, 3}) {
            TargetHealth health = new TargetHealth(0.5, 100, copies);
            for (int i = 0; i < 10 * copies - 1; i++) {
                health.failed("refused");
            }
            assertTrue(health.lost().isEmpty(), copies + " copies");
            health.failed("refused");
            assertTrue(health.lost().isPresent(), copies + " copies");
        }
    }
}
