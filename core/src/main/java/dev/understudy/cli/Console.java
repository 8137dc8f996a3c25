package dev.understudy.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where results and everything else are printed.
 *
 * @param out results
 * @param err messages and progress
 * @param errIsTerminal whether a line of {@code err} can be written over
 * @param inIsTerminal whether standard input is somebody typing
 */
record Console(PrintStream out, PrintStream err, boolean errIsTerminal, boolean inIsTerminal) {
    /** Those of the process, as UTF-8. */
    static Console ofProcess(Map<String, String> environment) {
        boolean dumb = environment.getOrDefault("TERM", "dumb").equals("dumb");
        return new Console(
                new PrintStream(System.out, true, StandardCharsets.UTF_8),
                new PrintStream(System.err, true, StandardCharsets.UTF_8),
                !dumb && isTerminal(2),
                isTerminal(0));
    }

    /** Java tells this of standard input and output together only; Linux tells it of each. */
    private static boolean isTerminal(int descriptor) {
        try {
            String device =
                    Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty");
        } catch (IOException _) {
            return false;
        }
    }
}
