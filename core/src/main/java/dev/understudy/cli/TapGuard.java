package dev.understudy.cli;

import dev.understudy.cli.config.HostLimits;
import dev.understudy.sys.CpuUse;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Keeps a tap within what it may take of its host; on the thread that captures. */
final class TapGuard implements BooleanSupplier {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final HostWatch watch;
    private final Consumer<String> say;
    private Optional<String> withheld = Optional.empty();
    private long nextLook = System.nanoTime();

    TapGuard(HostLimits limits, Consumer<String> say) {
        watch = new HostWatch(limits);
        this.say = say;
    }

    /** Whether nothing is to be shipped now; looks at the host once a second. */
    @Override
    public boolean getAsBoolean() {
        if (System.nanoTime() - nextLook >= 0) {
            nextLook = System.nanoTime() + SECOND;
            look();
        }
        return withheld.isPresent();
    }

    private void look() {
        try {
            Optional<String> now = watch.look(CpuUse.now()).passOver();
            if (now.isPresent() && withheld.isEmpty()) {
                say.accept("nothing is shipped for now: " + now.get());
            } else if (now.isEmpty() && withheld.isPresent()) {
                say.accept("shipping again");
            }
            withheld = now;
        } catch (IOException e) {
            say.accept("the host's load cannot be read (%s)".formatted(e.getMessage()));
        }
    }
}
