package dev.understudy.cli;

import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Ledger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Shows the progress of a run and passes on that the user wants it to end. A run that does not end
 * in its time after that is ended, with {@link ExitCode#INTERNAL}.
 */
final class LiveControl implements RunControl, Recorder.Progress, AutoCloseable {
    private static final Duration ON_TERMINAL = Duration.ofMillis(500);
    private static final Duration OTHERWISE = Duration.ofSeconds(5);

    /** Exit code of a process that a second signal ended, as shells know it (128 + SIGINT). */
    private static final int ENDED_BY_SIGNAL = 130;

    private static final String CLEAR_LINE = "\r\u001b[K";

    private final Console console;
    private final String openedLine;
    private final Duration patience;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("progress").factory());

    private boolean stopWanted;
    private Optional<Runnable> stop = Optional.empty();
    private List<Ledger> columns = List.of();
    private long requestsBefore;
    private long printedAtNanos;

    /**
     * Nothing is shown yet.
     *
     * @param openedLine printed once, when packets are being captured
     * @param patience how long the run may take to end when it was asked to
     */
    LiveControl(Console console, Interrupts interrupts, String openedLine, Duration patience) {
        this.console = console;
        this.openedLine = openedLine;
        this.patience = patience;
        interrupts.install(this::interrupted, this::interruptedAgain);
    }

    @Override
    public synchronized void opened(Ledger... running) {
        if (shown()) {
            return;
        }
        columns = List.of(running);
        printedAtNanos = System.nanoTime();
        console.err().println(openedLine);
        long period = (console.errIsTerminal() ? ON_TERMINAL : OTHERWISE).toMillis();
        timer.scheduleAtFixedRate(this::show, period, period, TimeUnit.MILLISECONDS);
    }

    /** For a recording: there is no ledger to show. */
    @Override
    public synchronized void opened() {
        console.err().println(openedLine);
    }

    @Override
    public void onStop(Runnable wanted) {
        boolean now;
        synchronized (this) {
            stop = Optional.of(wanted);
            now = stopWanted;
        }
        if (now) {
            wanted.run();
        }
    }

    @Override
    public synchronized void say(String line) {
        console.err().println(console.errIsTerminal() ? CLEAR_LINE + line : line);
    }

    private void interrupted() {
        Optional<Runnable> told;
        synchronized (this) {
            String drained = shown() ? ", sessions are drained" : "";
            say("ending: no more is captured" + drained + "; a second signal ends it at once");
            stopWanted = true;
            told = stop;
        }
        timer.schedule(this::giveUp, patience.toMillis(), TimeUnit.MILLISECONDS);
        told.ifPresent(Runnable::run);
    }

    private void interruptedAgain() {
        console.err().println("ended at once: there is no report");
        Runtime.getRuntime().halt(ENDED_BY_SIGNAL);
    }

    private void giveUp() {
        console.err()
                .printf(
                        "internal error: the run did not end within %d s; please report this%n",
                        patience.toSeconds());
        Runtime.getRuntime().halt(ExitCode.INTERNAL);
    }

    private synchronized void show() {
        if (!shown()) {
            return;
        }
        List<Counts> counts = columns.stream().map(Ledger::counts).toList();
        long lagNanos = columns.stream().mapToLong(Ledger::lastLagNanos).max().orElse(0);
        long now = System.nanoTime();
        String line = ProgressLine.of(counts, requestsBefore, now - printedAtNanos, lagNanos);
        requestsBefore = ProgressLine.requests(counts);
        printedAtNanos = now;
        if (console.errIsTerminal()) {
            console.err().print(CLEAR_LINE + line);
            console.err().flush();
        } else {
            console.err().println(line);
        }
    }

    /** Stops showing; where the run was opened, its last state is shown once more. */
    @Override
    public void close() {
        timer.shutdownNow();
        show();
        if (console.errIsTerminal() && shown()) {
            console.err().println();
        }
    }

    private synchronized boolean shown() {
        return !columns.isEmpty();
    }
}
