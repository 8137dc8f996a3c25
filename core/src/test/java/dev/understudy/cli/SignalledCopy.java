package dev.understudy.cli;

import dev.understudy.ledger.Ledger;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A process that copies until a signal ends it; with {@code stubborn}, it does not end. */
final class SignalledCopy {
    private SignalledCopy() {}

    public static void main(String[] arguments) {
        boolean stubborn = arguments[0].equals("stubborn");
        CommandLineRun run =
                new CommandLineRun(Path.of("plugins"))
                        .interrupts(Interrupts.ofProcess())
                        .engine((_, control) -> untilStopped(control, stubborn));
        int exitCode = run.run("copy", "-i=lo", "--online=192.0.2.1:1", "--target=192.0.2.2:1");
        System.out.println(run.out().lines().findFirst().orElse(""));
        System.exit(exitCode);
    }

    private static void untilStopped(RunControl control, boolean stubborn) {
        CountDownLatch stopped = new CountDownLatch(stubborn ? 2 : 1);
        control.onStop(
                () -> {
                    System.out.println("stopping");
                    stopped.countDown();
                });
        control.opened(new Ledger());
        System.out.println("capturing");
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
