package dev.understudy.integration.lab;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A real Redis or Valkey on loopback, with a password for its default user. */
public final class RedisServer implements AutoCloseable {
    /** The lab's tree of Redis 7.0. */
    public static final String REDIS_7 = "redis70";

    /** The lab's tree of Valkey 8.1. */
    public static final String VALKEY_8 = "valkey81";

    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final Pattern CALLS = Pattern.compile("cmdstat_([^:]+):calls=(\\d+)");

    private final String name;
    private final String password;
    private final int port;

    private RedisServer(String tree, String password) {
        this.name =
                "it-redis-%d-%d"
                        .formatted(ProcessHandle.current().pid(), NUMBERS.incrementAndGet());
        this.password = password;
        Shell.run(Project.lab("server.sh"), "start", name, tree, "0", "--requirepass", password);
        this.port =
                Integer.parseInt(
                        Splitter.on(CharMatcher.whitespace())
                                .omitEmptyStrings()
                                .splitToList(Shell.run(Project.lab("server.sh"), "where", name))
                                .get(2));
    }

    /** Starts one on a free port; returns when it takes clients. */
    public static RedisServer start(String tree, String password) {
        return new RedisServer(tree, password);
    }

    /** How a command line names it. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** Sends lines to it by redis-cli, on one connection, logged in; returns what that printed. */
    public String cli(List<String> options, String... lines) {
        return cli(password, options, lines);
    }

    /** The same with a password that may be wrong. */
    public String cli(String with, List<String> options, String... lines) {
        List<String> command =
                new ArrayList<>(List.of("bash", "-c", "printf %s \"$LINES\" | \"$@\"", "cli"));
        command.addAll(client());
        command.addAll(List.of("-p", String.valueOf(port)));
        command.addAll(options);
        return Shell.run(
                Map.of("REDISCLI_AUTH", with, "LINES", String.join("\n", lines) + "\n"), command);
    }

    /** Sends bytes as they are, and returns the first line that came back. */
    public String raw(String bytes) {
        return Shell.run(
                        "bash",
                        "-c",
                        "exec 3<>/dev/tcp/127.0.0.1/$0; printf %b \"$1\" >&3; read -r line <&3;"
                                + " echo \"$line\"",
                        String.valueOf(port),
                        bytes)
                .strip();
    }

    private static List<String> client() {
        String tree = Shell.run(Project.lab("build-rootfs.sh"), "--path", REDIS_7).strip();
        return List.of("chroot", tree, "redis-cli");
    }

    /** How often it was asked what, by its own account. */
    public Map<String, Long> calls() {
        Map<String, Long> calls = new TreeMap<>();
        Matcher each = CALLS.matcher(cli(List.of(), "info commandstats"));
        while (each.find()) {
            calls.put(each.group(1), Long.valueOf(each.group(2)));
        }
        return calls;
    }

    @Override
    public void close() {
        Shell.run(Project.lab("server.sh"), "stop", name);
    }
}
