package dev.understudy.session;

import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.RunContext;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Calls {@link Protocol#refresh} while a run goes on, on virtual threads of its own. A call that
 * takes too long is interrupted, and none begins before it has ended.
 */
public final class Refreshing implements AutoCloseable {
    /** How long one call may take. */
    static final Duration MAX_CALL = Duration.ofSeconds(30);

    private static final Duration LEAST_INTERVAL = Duration.ofMillis(100);

    /** How long the end of a run waits for a call that was interrupted. */
    private static final Duration CLOSING = Duration.ofSeconds(2);

    /** Different warnings that are kept. */
    static final int MAX_WARNINGS = 100;

    private final Protocol protocol;
    private final RunContext run;
    private final Duration maxCall;
    private final Consumer<String> say;
    private final Set<String> warnings = new LinkedHashSet<>();
    private final Thread thread;

    private Refreshing(Protocol protocol, RunContext run, Duration maxCall, Consumer<String> say) {
        this.protocol = protocol;
        this.run = run;
        this.maxCall = maxCall;
        this.say = say;
        this.thread = Thread.ofVirtual().unstarted(this::untilInterrupted);
    }

    /**
     * Begins; the first call comes an interval from now.
     *
     * @param say is told each warning once
     */
    public static Refreshing begin(Protocol protocol, RunContext run, Consumer<String> say) {
        return begin(protocol, run, MAX_CALL, say);
    }

    static Refreshing begin(
            Protocol protocol, RunContext run, Duration maxCall, Consumer<String> say) {
        Refreshing refreshing = new Refreshing(protocol, run, maxCall, say);
        refreshing.thread.start();
        return refreshing;
    }

    /** What was found so far, each warning once; at most {@value #MAX_WARNINGS}. */
    public List<String> warnings() {
        synchronized (warnings) {
            return List.copyOf(warnings);
        }
    }

    /** Ends the calls; returns when none is under way, or does not heed its interrupt. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(CLOSING);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void untilInterrupted() {
        try {
            while (true) {
                Duration interval = protocol.refreshInterval();
                Thread.sleep(interval.compareTo(LEAST_INTERVAL) < 0 ? LEAST_INTERVAL : interval);
                callOnce();
            }
        } catch (InterruptedException _) {
            // The run is over.
        } catch (RuntimeException | LinkageError e) {
            warn("the plugin looks no more while the run goes on: " + e);
        }
    }

    private void callOnce() throws InterruptedException {
        CompletableFuture<Preparation> found = new CompletableFuture<>();
        Thread call =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        found.complete(protocol.refresh(run));
                                    } catch (RuntimeException | LinkageError e) {
                                        found.completeExceptionally(e);
                                    }
                                });
        try {
            Preparation told = found.get(maxCall.toMillis(), TimeUnit.MILLISECONDS);
            told.problems().forEach(this::warn);
            told.warnings().forEach(this::warn);
        } catch (ExecutionException e) {
            warn("%s failed while the run went on: %s".formatted(protocol.name(), e.getCause()));
        } catch (TimeoutException _) {
            warn(
                    "%s looked for more than %d ms while the run went on, and was stopped: does the server answer?"
                            .formatted(protocol.name(), maxCall.toMillis()));
            call.interrupt();
            call.join();
        } catch (InterruptedException e) {
            call.interrupt();
            throw e;
        }
    }

    private void warn(String warning) {
        boolean isNew;
        synchronized (warnings) {
            isNew = warnings.size() < MAX_WARNINGS && warnings.add(warning);
        }
        if (isNew) {
            say.accept(warning);
        }
    }
}
