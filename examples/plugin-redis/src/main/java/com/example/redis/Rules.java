package com.example.redis;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What is known of commands by their names. Of those that stand nowhere here nothing is special.
 */
final class Rules {
    private static final long TOLERANCE_SECONDS = 10;

    /** From here on the connection speaks another way, or not in answers; by command. */
    private static final Map<String, String> LEFT_OUT = new HashMap<>();

    private static final Map<String, Likeness> LIKENESS = new HashMap<>();

    /** What changes the server itself or wipes it; sent to the target only when allowed. */
    private static final Set<String> CONTROL =
            Set.of(
                    "acl",
                    "bgrewriteaof",
                    "bgsave",
                    "client-kill",
                    "client-no-evict",
                    "client-pause",
                    "client-unblock",
                    "client-unpause",
                    "cluster",
                    "config",
                    "debug",
                    "failover",
                    "flushall",
                    "flushdb",
                    "function-delete",
                    "function-flush",
                    "function-kill",
                    "function-restore",
                    "latency-reset",
                    "migrate",
                    "module",
                    "replicaof",
                    "save",
                    "script-flush",
                    "script-kill",
                    "shutdown",
                    "slaveof",
                    "slowlog-reset",
                    "swapdb");

    private static final Set<String> SCANS = Set.of("SCAN", "SSCAN", "HSCAN", "ZSCAN");

    static {
        leaveOut("pub-sub", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE");
        leaveOut("pub-sub", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE");
        leaveOut("monitor", "MONITOR");
        leaveOut("replication", "SYNC", "PSYNC", "REPLCONF");
        leaveOut("client-reply", "CLIENT REPLY");

        alike(new Likeness.AnyOrder(), "SMEMBERS", "SUNION", "SINTER", "SDIFF", "KEYS", "HKEYS");
        alike(new Likeness.AnyOrder(), "HVALS", "PUBSUB CHANNELS");
        alike(new Likeness.FieldsInAnyOrder(), "HGETALL");
        alike(new Likeness.Time(TOLERANCE_SECONDS), "TTL", "EXPIRETIME", "OBJECT IDLETIME");
        alike(new Likeness.Time(1000 * TOLERANCE_SECONDS), "PTTL", "PEXPIRETIME");
        alike(new Likeness.Scan(new Likeness.AnyOrder()), "SCAN", "SSCAN");
        alike(new Likeness.Scan(new Likeness.FieldsInAnyOrder()), "HSCAN", "ZSCAN");
        alike(new Likeness.Greeting(), "HELLO");
        own("random", "SPOP", "SRANDMEMBER", "RANDOMKEY", "HRANDFIELD", "ZRANDMEMBER");
        own("clock", "TIME", "LASTSAVE");
        own("replicas", "WAIT", "WAITAOF", "ROLE");
        own("server-values", "INFO", "CLIENT ID", "CLIENT INFO", "CLIENT LIST", "CLIENT GETREDIR");
        own("server-values", "COMMAND", "COMMAND DOCS", "COMMAND INFO", "COMMAND COUNT", "LOLWUT");
        own("server-values", "COMMAND LIST", "MEMORY USAGE", "MEMORY STATS", "MEMORY DOCTOR");
        own("server-values", "OBJECT FREQ", "OBJECT ENCODING", "OBJECT REFCOUNT", "SLOWLOG GET");
        own("server-values", "SLOWLOG LEN", "LATENCY LATEST", "LATENCY HISTORY", "XINFO STREAM");
        own("server-values", "XINFO CONSUMERS", "XINFO GROUPS", "DUMP");
    }

    private Rules() {}

    private static void leaveOut(String reason, String... names) {
        for (String name : names) {
            LEFT_OUT.put(name, reason);
        }
    }

    private static void own(String reason, String... names) {
        alike(new Likeness.ServersOwn(reason), names);
    }

    private static void alike(Likeness likeness, String... names) {
        for (String name : names) {
            LIKENESS.put(name, likeness);
        }
    }

    /** Why the session cannot go on behind this command. */
    static Optional<String> leavesOut(Command command) {
        return Optional.ofNullable(LEFT_OUT.get(command.name()));
    }

    /** The rule by which a command is kept from the target. */
    static Optional<String> keptBack(Command command, Set<String> allowed) {
        if (SCANS.contains(command.word(0)) && !cursor(command).equals("0")) {
            // The cursor is production's; the target would start anywhere.
            return Optional.of("scan-cursor");
        }
        String name = command.name().toLowerCase(Locale.ROOT).replace(' ', '-');
        String container = command.word(0).toLowerCase(Locale.ROOT);
        return Stream.of(name, container)
                .filter(CONTROL::contains)
                .filter(rule -> !allowed.contains(rule))
                .findFirst();
    }

    private static String cursor(Command scan) {
        int place = scan.word(0).equals("SCAN") ? 1 : 2;
        return place < scan.words().size() ? scan.words().get(place) : "0";
    }

    /** How its answers are compared. */
    static Likeness likeness(Command command) {
        if (command.word(0).equals("XADD") && command.words().contains("*")) {
            return new Likeness.ServersOwn("made-up-id");
        }
        return LIKENESS.getOrDefault(command.name(), new Likeness.Exact());
    }

    /** The rules that {@code allow} may name. */
    static Set<String> controls() {
        return new TreeSet<>(CONTROL);
    }
}
