package dev.understudy.http;

import dev.understudy.http.compare.CompareSettings;
import dev.understudy.http.compare.SecretNames;
import dev.understudy.http.message.MessageLimits;
import dev.understudy.http.message.RequestHead;
import dev.understudy.http.rules.RequestFilters;
import dev.understudy.http.rules.Rewriting;
import dev.understudy.http.rules.SendRules;
import dev.understudy.http.state.StateSettings;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.session.Filters;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Set;

/**
 * The section {@code http} of the configuration.
 *
 * @param names which names' values are not shown
 * @param sendsAmbiguous whether requests are sent whose framing lets readers disagree
 * @param forwardsProxy whether a PROXY header in front of the captured requests goes to the target
 */
record HttpSettings(
        MessageLimits limits,
        SendRules rules,
        Filters<RequestHead> filters,
        Rewriting rewriting,
        StateSettings state,
        CompareSettings compare,
        SecretNames names,
        boolean sendsAmbiguous,
        boolean forwardsProxy) {
    private static final Set<String> KNOWN =
            Set.of(
                    "methods",
                    "paths",
                    "deny",
                    "only",
                    "login",
                    "host",
                    "hosts",
                    "headers",
                    "rewrite",
                    "tag",
                    "auth-state",
                    "auth-wait",
                    "token-fields",
                    "token-headers",
                    "ids",
                    "users",
                    "bearer",
                    "jwt",
                    "ambiguous-framing",
                    "proxy-protocol",
                    "limits",
                    "compare");

    private static final int MAX_LIMIT_BYTES = 16 << 20;

    /** Reads the section, with the present time for what expires. */
    static HttpSettings of(RunContext run, Instant now) {
        Settings settings = run.settings();
        settings.allowOnly(KNOWN);
        StateSettings state = StateSettings.of(settings, now);
        SecretNames names = new SecretNames(state.names().all());
        return new HttpSettings(
                limits(settings.section("limits")),
                SendRules.of(settings),
                RequestFilters.read(settings),
                Rewriting.of(settings, run.target()),
                state,
                // Each server may speak of itself by its address, as in Location.
                CompareSettings.of(settings.section("compare"))
                        .withHost(authority(run.online()), authority(run.target()))
                        .withPaths(state.ids()::folded)
                        .withNames(names),
                names,
                choice(settings, "ambiguous-framing", "leave-out", "send"),
                !choice(settings, "proxy-protocol", "forward", "drop"));
    }

    private static String authority(InetSocketAddress server) {
        String name = server.getHostString();
        return (name.indexOf(':') >= 0 ? "[" + name + "]" : name) + ":" + server.getPort();
    }

    private static MessageLimits limits(Settings settings) {
        settings.allowOnly(Set.of("line", "head", "chunk-line", "body-rewritten"));
        int line = bytes(settings, "line", MessageLimits.DEFAULT_LINE);
        int head = bytes(settings, "head", MessageLimits.DEFAULT_HEAD);
        if (line > head) {
            throw new SettingsException(
                    "%s.line is %d, more than %s.head, which is %d: raise the head, or lower the line"
                            .formatted(settings.path(), line, settings.path(), head));
        }
        return new MessageLimits(
                line, head, bytes(settings, "chunk-line", MessageLimits.DEFAULT_CHUNK_LINE));
    }

    private static int bytes(Settings settings, String name, int otherwise) {
        return settings.number(name, 64, MAX_LIMIT_BYTES).map(Long::intValue).orElse(otherwise);
    }

    /** Whether the second of two words was chosen; the first is the default. */
    private static boolean choice(Settings settings, String name, String usual, String other) {
        String word = settings.text(name).orElse(usual);
        if (!word.equals(usual) && !word.equals(other)) {
            throw new SettingsException(
                    "%s.%s is '%s': it is %s or %s"
                            .formatted(settings.path(), name, word, usual, other));
        }
        return word.equals(other);
    }
}
