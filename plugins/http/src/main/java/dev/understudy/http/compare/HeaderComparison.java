package dev.understudy.http.compare;

import dev.understudy.http.message.Header;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Compares fields by name. The order of different names means nothing, that of lines of one name
 * does; a list whose order means nothing is a set, on however many lines it stands.
 */
final class HeaderComparison {
    /**
     * What servers say about themselves, the moment and the connection, and not about the content.
     */
    private static final Set<String> NOISE =
            Set.of(
                    "date",
                    "age",
                    "server",
                    "via",
                    "connection",
                    "keep-alive",
                    "proxy-connection",
                    "transfer-encoding",
                    "te",
                    "trailer",
                    "etag",
                    "x-request-id",
                    "x-correlation-id",
                    "x-trace-id",
                    "request-id",
                    "traceparent",
                    "tracestate",
                    "server-timing",
                    "x-runtime",
                    "x-response-time",
                    "x-served-by",
                    "x-timer",
                    "x-cache",
                    "x-cache-hits",
                    "x-varnish",
                    "x-amz-id-2",
                    "x-amz-request-id",
                    "x-amzn-requestid",
                    "x-amzn-trace-id",
                    "x-amz-cf-id",
                    "x-amz-cf-pop",
                    "x-cloud-trace-context",
                    "x-envoy-upstream-service-time",
                    "cf-ray",
                    "cf-cache-status",
                    "cf-request-id",
                    "report-to",
                    "nel",
                    "content-encoding");

    private static final String NOISE_PREFIX = "x-b3-";

    /** What follows from the bytes of the body, and is told by comparing them. */
    private static final Set<String> OF_CONTENT =
            Set.of("content-length", "content-md5", "digest", "content-digest", "repr-digest");

    private static final Set<String> LISTS =
            Set.of(
                    "allow",
                    "accept-ranges",
                    "cache-control",
                    "content-language",
                    "access-control-allow-headers",
                    "access-control-allow-methods",
                    "access-control-expose-headers",
                    "clear-site-data",
                    "link",
                    "pragma",
                    "vary");

    /** Told by themselves, and in their own way. */
    private static final Set<String> ELSEWHERE = Set.of("content-type", "location", "set-cookie");

    private static final Set<String> OF_DIGEST =
            Set.of(
                    "www-authenticate",
                    "authentication-info",
                    "proxy-authenticate",
                    "proxy-authentication-info");

    private static final String SET_COOKIE = "set-cookie";

    /** How far apart two times of expiry may be, counted from each answer's own date. */
    private static final Duration EXPIRY_TOLERANCE = Duration.ofSeconds(2);

    private final CompareSettings settings;
    private final Findings findings;

    HeaderComparison(CompareSettings settings, Findings findings) {
        this.settings = settings;
        this.findings = findings;
    }

    /**
     * Compares two heads.
     *
     * @param content whether the bodies are compared, too
     */
    void heads(HttpReply online, HttpReply target, boolean content) {
        boolean sameCodings = online.body().codings().equals(target.body().codings());
        Map<String, List<String>> mine = byName(online.headers());
        Map<String, List<String>> theirs = byName(target.headers());
        Set<String> names = new TreeSet<>(mine.keySet());
        names.addAll(theirs.keySet());
        for (String name : names) {
            if (ELSEWHERE.contains(name)
                    || (OF_CONTENT.contains(name) && (content || !sameCodings))
                    || (name.equals("accept-ranges") && !sameCodings)) {
                continue;
            }
            List<String> one = mine.getOrDefault(name, List.of());
            List<String> other = theirs.getOrDefault(name, List.of());
            if (one.equals(other)) {
                continue;
            }
            if (OF_CONTENT.contains(name) && (one.isEmpty() || other.isEmpty())) {
                // Without the content itself, as after HEAD, servers may leave them out.
                continue;
            }
            boolean expiry =
                    name.equals("expires")
                            && sameExpiry(
                                    one, other, date(online.headers()), date(target.headers()));
            if (!expiry) {
                field(Kind.HEADER, name, one, other);
            }
        }
        if (!mine.getOrDefault(SET_COOKIE, List.of())
                .equals(theirs.getOrDefault(SET_COOKIE, List.of()))) {
            cookies(online, target);
        }
    }

    /** Compares the fields after two bodies. */
    void trailers(List<Header> online, List<Header> target) {
        Map<String, List<String>> mine = byName(online);
        Map<String, List<String>> theirs = byName(target);
        Set<String> names = new TreeSet<>(mine.keySet());
        names.addAll(theirs.keySet());
        for (String name : names) {
            if (!OF_CONTENT.contains(name)) {
                field(
                        Kind.TRAILER,
                        name,
                        mine.getOrDefault(name, List.of()),
                        theirs.getOrDefault(name, List.of()));
            }
        }
    }

    private static boolean noise(String name) {
        return NOISE.contains(name) || name.startsWith(NOISE_PREFIX);
    }

    private static Map<String, List<String>> byName(List<Header> headers) {
        Map<String, List<String>> byName = new LinkedHashMap<>();
        for (Header header : headers) {
            String name = header.name().toLowerCase(Locale.ROOT);
            if (!noise(name)) {
                byName.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(header.value().strip());
            }
        }
        return byName;
    }

    private void field(Kind kind, String name, List<String> online, List<String> target) {
        String place = kind.word() + ":" + Shown.plain(name, 80);
        if (LISTS.contains(name)) {
            Set<String> mine = members(name, online);
            Set<String> theirs = members(name, target);
            if (!mine.equals(theirs)
                    && !mine.equals(
                            theirs.stream()
                                    .map(settings.hosts()::asOnline)
                                    .collect(Collectors.toSet()))) {
                add(kind, place, name, online, target, Shape.NONE);
            }
            return;
        }
        if (online.equals(target)
                || online.equals(target.stream().map(settings.hosts()::asOnline).toList())
                || (OF_DIGEST.contains(name) && challenges(online).equals(challenges(target)))) {
            return;
        }
        boolean single = online.size() == 1 && target.size() == 1;
        if (single
                && settings.names().bornThere(name)
                && Shape.drawnAlike(online.getFirst(), target.getFirst())) {
            return;
        }
        Shape shape =
                single && !name.equals("expires")
                        ? Shape.ofBoth(online.getFirst(), target.getFirst())
                        : Shape.NONE;
        add(kind, place, name, online, target, shape);
    }

    private void add(
            Kind kind,
            String place,
            String name,
            List<String> online,
            List<String> target,
            Shape shape) {
        String mine = shown(name, online);
        String theirs = shown(name, target);
        boolean value =
                online.size() == target.size()
                        && !online.isEmpty()
                        && !SecretNames.neverNoise(name);
        findings.add(
                value
                        ? Difference.ofValues(kind, place, mine, theirs, shape)
                        : Difference.structural(kind, place, mine, theirs));
    }

    private String shown(String name, List<String> values) {
        return values.isEmpty()
                ? Shown.ABSENT
                : values.stream()
                        .limit(4)
                        .map(value -> new Shown(settings.names()).value(name, value))
                        .collect(Collectors.joining(", "));
    }

    /** The members of a list; negotiation of a coding is the encoder's own business. */
    private static Set<String> members(String name, List<String> lines) {
        return lines.stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .map(String::strip)
                .map(member -> name.equals("link") ? member : member.toLowerCase(Locale.ROOT))
                .filter(member -> !member.isEmpty())
                .filter(member -> !(name.equals("vary") && member.equals("accept-encoding")))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Challenges without what is drawn for each, and what a server says of a login without what
     * follows from that and the password (RFC 7616, sections 3.3 and 3.5).
     */
    private static List<String> challenges(List<String> lines) {
        return lines.stream()
                .map(
                        line ->
                                line.replaceAll(
                                        "(?i)\\b(nonce|opaque|nextnonce|rspauth)\\s{0,4}=\\s{0,4}(\"[^\"]{0,4096}\"|[^,\\s]{0,4096})",
                                        "$1"))
                .toList();
    }

    private static boolean sameExpiry(
            List<String> online,
            List<String> target,
            Optional<Instant> onlineDate,
            Optional<Instant> targetDate) {
        Optional<Instant> mine = online.stream().findFirst().flatMap(Cookie::instant);
        Optional<Instant> theirs = target.stream().findFirst().flatMap(Cookie::instant);
        if (mine.isEmpty() || theirs.isEmpty() || onlineDate.isEmpty() || targetDate.isEmpty()) {
            return false;
        }
        Duration one = Duration.between(onlineDate.get(), mine.get());
        Duration other = Duration.between(targetDate.get(), theirs.get());
        return one.minus(other).abs().compareTo(EXPIRY_TOLERANCE) <= 0;
    }

    private static Optional<Instant> date(List<Header> headers) {
        return headers.stream()
                .filter(header -> header.is("date"))
                .findFirst()
                .map(Header::value)
                .flatMap(Cookie::instant);
    }

    private void cookies(HttpReply online, HttpReply target) {
        Cookie.compare(
                cookies(online, Hosts.none()),
                cookies(target, settings.hosts()),
                settings.names(),
                findings);
    }

    private static List<Cookie> cookies(HttpReply reply, Hosts hosts) {
        Optional<Instant> date = date(reply.headers());
        return reply.headers().stream()
                .filter(header -> header.is(SET_COOKIE))
                .map(header -> Cookie.of(header.value(), date, hosts))
                .toList();
    }
}
