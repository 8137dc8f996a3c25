package dev.understudy.cli;

/** Where the process begins. */
public final class Main {
    private Main() {}

    /** Runs one command; the process ends with its exit code. */
    public static void main(String[] arguments) {
        Console console = Console.ofProcess(System.getenv());
        int exitCode = Understudy.run(Wiring.parts(System.getenv()), console, arguments);
        console.out().flush();
        console.err().flush();
        System.exit(exitCode);
    }
}
