package dev.understudy.http.rules;

import dev.understudy.http.message.RequestHead;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.session.Filters;
import java.util.Map;
import java.util.regex.Pattern;

/** The keys by which {@link Filters} pick requests of HTTP. */
public final class RequestFilters {
    private RequestFilters() {}

    /** Reads the two sections of {@code http} that filters stand in. */
    public static Filters<RequestHead> read(Settings settings) {
        return Filters.of(
                settings,
                true,
                Map.of(
                        "path", RequestFilters::path,
                        "method", (_, text) -> method(Filters.glob(text)),
                        "host", (_, text) -> host(Filters.glob(text))));
    }

    private static Filters.Test<RequestHead> path(String setting, String text) {
        PathPattern pattern = PathPattern.of(setting, text);
        return (head, _) -> pattern.matches(head.path());
    }

    private static Filters.Test<RequestHead> method(Pattern name) {
        return (head, _) -> name.matcher(head.method()).matches();
    }

    private static Filters.Test<RequestHead> host(Pattern name) {
        return (head, _) ->
                head.fields()
                        .first("host")
                        .filter(host -> name.matcher(host).matches())
                        .isPresent();
    }
}
