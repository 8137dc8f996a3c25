package dev.understudy.http;

import dev.understudy.http.compare.PathTemplate;
import dev.understudy.http.compare.SecretNames;
import dev.understudy.http.message.RequestHead;
import dev.understudy.http.state.Escapes;
import dev.understudy.protocol.Request;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request for the reader of a report: the request line and a few headers that hold no secret.
 * Values of the query whose names speak of secrets are masked, as are user names in a URI.
 */
final class RequestText {
    private static final String MASK = "***";
    private static final List<String> SHOWN =
            List.of("Host", "Content-Type", "Content-Length", "Accept", "Range");

    /** Escapes within escapes that are undone. */
    private static final int MAX_ESCAPED = 5;

    private static final Pattern NAME =
            Pattern.compile("(?<![A-Za-z0-9_.\\[\\]-])([A-Za-z0-9_.\\[\\]-]++)=");

    /** As tokens look, whatever their names. */
    private static final Pattern LIKE_A_TOKEN =
            Pattern.compile("(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_.~+/=%-]{24,}");

    /**
     * The same within a path, whose words are parted by dashes; and what stands behind {@code ;}.
     */
    private static final Pattern SECRET_IN_PATH =
            Pattern.compile(
                    "(;[^=/;]*=)[^/;]*|(?<![A-Za-z0-9_~+=%])(?=[A-Za-z_~+=%]*+[0-9])(?=[0-9_~+=%]*+[A-Za-z])[A-Za-z0-9_~+=%]{20,}+");

    /** Up to the last {@code @} before the path; what is no path may be an authority alone. */
    private static final Pattern USER_INFO =
            Pattern.compile("^([A-Za-z][A-Za-z0-9+.-]*://)?[^/]*@");

    private RequestText() {}

    /** The request as the ledger knows it, grouped by method and path template. */
    static Request request(long ordinal, RequestHead head, long timeNanos, SecretNames names) {
        return new Request(
                ordinal,
                head.method(),
                head.method() + " " + PathTemplate.of(head.target()).text(),
                of(head, names),
                timeNanos,
                true);
    }

    static String of(RequestHead head, SecretNames names) {
        StringBuilder text =
                new StringBuilder(head.method()).append(' ').append(target(head.target(), names));
        text.append(" HTTP/1.").append(head.minor());
        for (String name : SHOWN) {
            head.fields()
                    .first(name)
                    .ifPresent(value -> text.append('\n').append(name).append(": ").append(value));
        }
        return text.toString();
    }

    static String target(String target, SecretNames names) {
        String open = USER_INFO.matcher(target).replaceFirst("$1" + MASK + "@");
        int mark = open.indexOf('?');
        String path = mark < 0 ? open : open.substring(0, mark);
        String safePath =
                SECRET_IN_PATH
                        .matcher(path)
                        .replaceAll(
                                found ->
                                        Matcher.quoteReplacement(
                                                (found.group(1) == null ? "" : found.group(1))
                                                        + MASK));
        if (mark < 0) {
            return safePath;
        }
        StringBuilder shown = new StringBuilder(safePath).append('?');
        for (String pair : open.substring(mark + 1).split("(?<=[&;?])", -1)) {
            int end =
                    !pair.isEmpty() && "&;?".indexOf(pair.charAt(pair.length() - 1)) >= 0
                            ? pair.length() - 1
                            : pair.length();
            int equals = pair.indexOf('=');
            boolean secret =
                    equals >= 0
                            && secret(
                                    pair.substring(0, equals),
                                    pair.substring(equals + 1, end),
                                    names);
            shown.append(
                    secret ? pair.substring(0, equals + 1) + MASK + pair.substring(end) : pair);
        }
        return shown.toString();
    }

    /** A value may be an address again, with a query of its own, percent-encoded. */
    private static boolean secret(String name, String value, SecretNames names) {
        return names.hiddenInAddress(plain(name))
                || LIKE_A_TOKEN.matcher(value).matches()
                || NAME.matcher(plain(value))
                        .results()
                        .anyMatch(inner -> names.hiddenInAddress(inner.group(1)));
    }

    private static String plain(String escaped) {
        String plain = escaped;
        for (int i = 0; i < MAX_ESCAPED && plain.indexOf('%') >= 0; i++) {
            plain = Escapes.fromForm(plain);
        }
        return plain;
    }
}
