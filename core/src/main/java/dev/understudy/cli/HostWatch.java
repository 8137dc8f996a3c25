package dev.understudy.cli;

import dev.understudy.cli.config.HostLimits;
import dev.understudy.sys.CpuUse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;

/**
 * Says from one look a second whether the copier is to make room on its host. A short peak is none:
 * the mean of {@value #SPAN} s counts; and it goes on only after {@value #CALM} s within the
 * limits, so that it is not its own absence that calls it back.
 */
final class HostWatch {
    /** Seconds of which the mean is taken. */
    static final int SPAN = 3;

    /** Seconds within the limits before it goes on. */
    static final int CALM = 10;

    private static final Say GO_ON = new Say(Optional.empty(), false);

    private final HostLimits limits;
    private final Deque<CpuUse> looks = new ArrayDeque<>();
    private Optional<String> reason = Optional.empty();
    private int over;
    private int calm;
    private int secondsOverLimit;
    private int secondsBusy;

    /**
     * What is to be done.
     *
     * @param passOver why nothing more is to be taken on; empty where all is well
     * @param shed that was not enough: a part of what was taken on is to be given up
     */
    record Say(Optional<String> passOver, boolean shed) {}

    HostWatch(HostLimits limits) {
        this.limits = limits;
    }

    /** To be called once a second. */
    Say look(CpuUse now) {
        looks.addLast(now);
        if (looks.size() <= SPAN) {
            return GO_ON;
        }
        CpuUse spent = now.since(looks.removeFirst());
        boolean limit = limits.cpuLimit().filter(most -> spent.ownShare() > most).isPresent();
        boolean busy = limits.pauseAbove().filter(most -> spent.busyShare() > most).isPresent();
        if (limit || busy) {
            calm = 0;
            reason = Optional.of(limit ? "cpu-limit" : "host-busy");
        } else if (reason.isPresent() && ++calm == CALM) {
            reason = Optional.empty();
        }
        over = limit ? over + 1 : 0;
        secondsOverLimit += limit ? 1 : 0;
        secondsBusy += busy ? 1 : 0;
        return new Say(reason, over > 1 && over % SPAN == 1);
    }

    /** What became of the limits, for the report; empty where they were kept to. */
    Optional<String> told() {
        if (secondsOverLimit + secondsBusy == 0) {
            return Optional.empty();
        }
        return Optional.of(
                String.format(
                        Locale.ROOT,
                        "%d s were over host.cpu-limit and %d s over host.pause-above: connections that began then, and in the %d s after, were not copied",
                        secondsOverLimit,
                        secondsBusy,
                        CALM));
    }
}
