package dev.understudy.memcached;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.Side;
import dev.understudy.protocol.Table;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The rates in the course of a run. */
class HitCourseTest {
    private final HitCourse course = new HitCourse();

    private void read(long second, int online, int target) {
        long nanos = TimeUnit.SECONDS.toNanos(1_700_000_000L + second);
        course.answered(Side.ONLINE, nanos, 10, online);
        course.answered(Side.TARGET, nanos, 10, target);
    }

    @Test
    void eachSecondHasItsRates() {
        read(0, 9, 0);
        read(0, 9, 1);
        read(3, 9, 9);
        assertEquals(
                List.of(
                        new Table(
                                "hit rate over time, in slices of 1 s",
                                List.of("from", "keys asked", "online", "target"),
                                List.of(
                                        List.of("0 s", "20", "90.0 %", "5.0 %"),
                                        List.of("3 s", "10", "90.0 %", "90.0 %")))),
                course.tables());
    }

    @Test
    void aLongerRunHasWiderSlicesAndLosesNothing() {
        for (int second = 0; second < 500; second++) {
            read(second, 10, second < 250 ? 0 : 10);
        }
        Table table = course.tables().getFirst();
        assertEquals("hit rate over time, in slices of 16 s", table.title());
        assertEquals(32, table.rows().size());
        assertEquals(List.of("0 s", "160", "100.0 %", "0.0 %"), table.rows().getFirst());
        assertEquals(List.of("496 s", "40", "100.0 %", "100.0 %"), table.rows().getLast());
        assertEquals(
                5000, table.rows().stream().mapToInt(row -> Integer.parseInt(row.get(1))).sum());
    }

    @Test
    void whatCameBeforeTheFirstCountsWithIt() {
        read(5, 10, 10);
        read(2, 0, 0);
        read(6, 10, 10);
        assertEquals(
                List.of("0 s", "20", "50.0 %", "50.0 %"),
                course.tables().getFirst().rows().getFirst());
    }
}
