package dev.understudy.cli;

import dev.understudy.cli.config.HostLimits;
import dev.understudy.session.Rehearsal;
import dev.understudy.sys.CpuUse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a live copy within what it may take of its host, on a thread of its own. */
final class HostGuard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostGuard.class);

    private final Rehearsal rehearsal;
    private final HostWatch watch;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("host-guard").factory());

    private HostGuard(Rehearsal rehearsal, HostLimits limits) {
        this.rehearsal = rehearsal;
        watch = new HostWatch(limits);
    }

    /** Begins to look, where there are limits. */
    static HostGuard begin(Rehearsal rehearsal, HostLimits limits) {
        HostGuard guard = new HostGuard(rehearsal, limits);
        if (limits.any()) {
            guard.timer.scheduleAtFixedRate(guard::look, 0, 1, TimeUnit.SECONDS);
        }
        return guard;
    }

    /**
     * Refuses limits that could not be kept.
     *
     * @throws RefusedException where this system does not tell its load
     */
    static void requireKeepable(HostLimits limits) throws RefusedException {
        if (!limits.any()) {
            return;
        }
        try {
            CpuUse.now();
        } catch (IOException e) {
            throw new RefusedException(
                    "limits on the host's processors need Linux's /proc (%s): run without them"
                            .formatted(e.getMessage()),
                    e);
        }
    }

    private void look() {
        try {
            HostWatch.Say say = say();
            rehearsal.passOver(say.passOver());
            if (say.shed()) {
                rehearsal.shed();
            }
        } catch (IOException e) {
            LOG.warn("the host's load cannot be read; the copy goes on as it is", e);
        }
    }

    private synchronized HostWatch.Say say() throws IOException {
        return watch.look(CpuUse.now());
    }

    /** What became of the limits, for the report. */
    synchronized List<String> warnings() {
        return watch.told().stream().toList();
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
