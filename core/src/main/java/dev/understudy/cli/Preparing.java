package dev.understudy.cli;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** A plugin's own work before and after a run: it may block, so it has a thread and a limit. */
final class Preparing {
    private Preparing() {}

    /**
     * What the plugin found.
     *
     * @throws RefusedException if it fails, or takes longer
     */
    static <T> T within(Duration limit, String name, Supplier<T> preparing)
            throws RefusedException {
        CompletableFuture<T> preparation = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                preparation.complete(preparing.get());
                            } catch (RuntimeException | LinkageError e) {
                                preparation.completeExceptionally(e);
                            }
                        });
        try {
            return preparation.get(limit.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new RefusedException(name + ": " + e.getCause().getMessage(), e);
        } catch (TimeoutException e) {
            throw new RefusedException(
                    "%s: the plugin was not ready after %d s: do the servers answer?"
                            .formatted(name, limit.toSeconds()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RefusedException(name + ": interrupted", e);
        }
    }
}
