package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Times in seconds: the capture begins at 1000, this process at 50. */
class PaceTest {
    private static final long SECOND = 1_000_000_000L;

    private static Pace pace(double speed) {
        return new Pace(new Pacing.Scaled(speed), Optional.empty());
    }

    private static void assertDue(double expected, Pace pace, double capture, double now) {
        assertEquals(
                Math.round(expected * SECOND),
                pace.due(Math.round(capture * SECOND), Math.round(now * SECOND)));
    }

    @Test
    void theRecordingsTimeIsDividedByTheSpeed() {
        Pace twice = pace(2);
        assertDue(50, twice, 1000, 50);
        assertDue(51, twice, 1002, 50);
        assertDue(55, twice, 1010, 58);
    }

    @Test
    void aChangeOfSpeedCountsFromNowOn() {
        Pace pace = pace(1);
        assertDue(50, pace, 1000, 50);
        assertDue(60, pace, 1010, 50);
        pace.changeTo(new Pacing.Scaled(2), 54 * SECOND);
        assertDue(57, pace, 1010, 54);
        pace.changeTo(new Pacing.FlatOut(), 55 * SECOND);
        assertDue(55, pace, 1010, 55);
        assertDue(55, pace, 5000, 56);
        pace.changeTo(new Pacing.Scaled(1), 60 * SECOND);
        assertDue(60, pace, 5000, 60);
        assertDue(63, pace, 5003, 60);
    }

    @Test
    void nothingIsDueWhilePausedAndThePauseIsNoTimeOfTheRecording() {
        Pace pace = pace(1);
        assertDue(50, pace, 1000, 50);
        assertDue(60, pace, 1010, 50);
        pace.pause(54 * SECOND);
        assertEquals(Pace.NEVER, pace.due(1010 * SECOND, 70 * SECOND));
        pace.changeTo(new Pacing.Scaled(2), 80 * SECOND);
        pace.resume(100 * SECOND);
        assertDue(103, pace, 1010, 100);
    }

    @Test
    void longIdleTimesAreCutAndAreAskedForTwice() {
        Pace pace = new Pace(new Pacing.Scaled(2), Optional.of(Duration.ofSeconds(4)));
        assertDue(50, pace, 1000, 50);
        assertDue(52, pace, 1004, 50);
        assertDue(54, pace, 1104, 53);
        assertDue(54, pace, 1104, 54);
        assertDue(55, pace, 1106, 54);
    }

    @Test
    void lagCountsByTheTimesThatWereInForce() {
        Pace pace = new Pace(new Pacing.Scaled(1), Optional.of(Duration.ofSeconds(4)));
        assertDue(50, pace, 1000, 50);
        assertDue(54, pace, 1100, 50);
        assertEquals(Optional.of(3 * SECOND), pace.lag(1000 * SECOND, 53 * SECOND));
        assertEquals(Optional.of(SECOND), pace.lag(1101 * SECOND, 56 * SECOND));
        assertEquals(
                Optional.empty(),
                new Pace(new Pacing.FlatOut(), Optional.empty()).lag(1000 * SECOND, 53 * SECOND));
    }
}
