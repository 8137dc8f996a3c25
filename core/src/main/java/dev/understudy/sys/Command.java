package dev.understudy.sys;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One run of iproute2's {@code ip} or {@code ss}, or of what lists a firewall. They are used in
 * place of netlink since an administrator can then repeat and undo by hand what was done.
 *
 * @param output standard output and error
 */
record Command(List<String> line, int status, String output) {
    private static final int MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
    private static final long MAX_SECONDS = 20;

    /** What programs come with, but for those of iproute2. */
    private static final Map<String, String> PACKAGES =
            Map.of("nft", "nftables", "iptables-save", "iptables", "ip6tables-save", "iptables");

    /** Where they are, also for a shell whose path lacks it. */
    private static final List<String> FOLDERS =
            List.of("/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin");

    /** Runs a program to its end, whatever its status. */
    static Command run(List<String> line) throws IOException {
        List<String> whole = new ArrayList<>(line);
        whole.set(0, find(line.getFirst()));
        Process process =
                new ProcessBuilder(whole)
                        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                        .redirectErrorStream(true)
                        .start();
        try (InputStream out = process.getInputStream()) {
            String output =
                    new String(out.readNBytes(MAX_OUTPUT_BYTES), StandardCharsets.UTF_8).strip();
            if (!process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("no end of '%s'".formatted(String.join(" ", line)));
            }
            return new Command(line, process.exitValue(), output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted in '%s'".formatted(String.join(" ", line)), e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** The same; a status other than 0 is a failure. */
    static Command must(List<String> line) throws IOException {
        Command done = run(line);
        if (done.status != 0) {
            throw new IOException("'%s' failed: %s".formatted(String.join(" ", line), done.output));
        }
        return done;
    }

    List<String> lines() {
        return output.lines().toList();
    }

    private static String find(String program) throws IOException {
        for (String folder : FOLDERS) {
            Path path = Path.of(folder, program);
            if (Files.isExecutable(path)) {
                return path.toString();
            }
        }
        throw new IOException(
                "there is no program '%s': install %s"
                        .formatted(program, PACKAGES.getOrDefault(program, "iproute2")));
    }
}
