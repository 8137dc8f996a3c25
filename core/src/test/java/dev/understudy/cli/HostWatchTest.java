package dev.understudy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.cli.config.HostLimits;
import dev.understudy.sys.CpuUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HostWatchTest {
    private static final HostLimits BOTH = new HostLimits(Optional.of(0.1), Optional.of(0.8));

    private final HostWatch watch = new HostWatch(BOTH);
    private CpuUse use = new CpuUse(0, 0, 0);

    /** Seconds in which the copier and all together take these percent. */
    private List<HostWatch.Say> seconds(int many, int own, int busy) {
        List<HostWatch.Say> said = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            use = new CpuUse(use.own() + own, use.busy() + busy, use.all() + 100);
            said.add(watch.look(use));
        }
        return said;
    }

    private static long sheds(List<HostWatch.Say> said) {
        return said.stream().filter(HostWatch.Say::shed).count();
    }

    @Test
    void aPeakIsNoLoad() {
        seconds(10, 1, 10);
        assertTrue(
                seconds(1, 25, 100).stream().allMatch(say -> say.passOver().isEmpty()),
                "27 % and 120 % in 3 s");
        assertTrue(seconds(5, 1, 10).stream().allMatch(say -> say.passOver().isEmpty()));
        assertEquals(Optional.empty(), watch.told());
    }

    @Test
    void aBusyHostIsLeftAloneUntilItWasCalmForAWhile() {
        seconds(4, 1, 10);
        List<HostWatch.Say> busy = seconds(6, 1, 100);
        assertEquals(Optional.of("host-busy"), busy.getLast().passOver());
        assertEquals(0, sheds(busy), "sessions that are open go on");
        List<HostWatch.Say> calm = seconds(HostWatch.CALM + HostWatch.SPAN, 1, 10);
        assertEquals(Optional.of("host-busy"), calm.get(HostWatch.CALM - 2).passOver());
        assertEquals(Optional.empty(), calm.getLast().passOver());
        assertTrue(watch.told().isPresent());
    }

    @Test
    void aCopierOverItsLimitTakesOnNothingAndThenGivesUpSessionsByAndBy() {
        seconds(4, 1, 10);
        List<HostWatch.Say> over = seconds(3, 50, 60);
        assertEquals(Optional.of("cpu-limit"), over.getLast().passOver());
        assertEquals(0, sheds(over), "first it takes on nothing");
        assertEquals(4, sheds(seconds(12, 50, 60)));
        List<HostWatch.Say> calm = seconds(HostWatch.CALM + HostWatch.SPAN, 5, 10);
        assertFalse(calm.getLast().shed());
        assertEquals(Optional.empty(), calm.getLast().passOver());
    }

    @Test
    void withinTheLimitsNothingIsSaid() {
        assertTrue(
                seconds(100, 9, 79).stream()
                        .allMatch(say -> say.passOver().isEmpty() && !say.shed()));
        assertEquals(Optional.empty(), watch.told());
    }

    @Test
    void sharesAreWrittenInPercent() {
        assertEquals(0.025, HostLimits.share("2.5%"));
        assertEquals(1, HostLimits.share("100%"));
        for (String wrong : List.of("0%", "101%", "10", "-1%", "x%", "1.234%", "")) {
            String said =
                    assertThrows(IllegalArgumentException.class, () -> HostLimits.share(wrong))
                            .getMessage();
            assertTrue(said.contains("'" + wrong + "'"), said);
        }
    }
}
