package dev.understudy.cli;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Somebody wants the process to end. */
interface Interrupts {
    /** Calls {@code first} at the first signal from now on, {@code second} at each one after it. */
    void install(Runnable first, Runnable second);

    /**
     * SIGINT, SIGTERM and SIGHUP. The JVM's own reaction would begin a shutdown that a second
     * signal cannot cut short and that decides the exit code; so the signals are handled instead.
     * Java's only door to them is {@code sun.misc.Signal}: supported (module jdk.unsupported), but
     * javac warns of the name, so it is used by reflection. A signal that was ignored when the
     * process began (nohup) stays so.
     */
    static Interrupts ofProcess() {
        return (first, second) -> {
            AtomicInteger signals = new AtomicInteger();
            Runnable onSignal = () -> (signals.incrementAndGet() == 1 ? first : second).run();
            for (String name : List.of("INT", "TERM", "HUP")) {
                handle(name, onSignal);
            }
        };
    }

    private static void handle(String name, Runnable onSignal) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            MethodHandle run =
                    MethodHandles.lookup()
                            .findVirtual(Runnable.class, "run", methodType(void.class))
                            .bindTo(onSignal);
            Object handler =
                    MethodHandleProxies.asInterfaceInstance(
                            handlerType, MethodHandles.dropArguments(run, 0, signal));
            signal.getMethod("handle", signal, handlerType)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
        } catch (ReflectiveOperationException _) {
            // Without it (-Xrs, a cut-down runtime) a signal ends the run at once, without report.
            return;
        }
    }
}
