package dev.understudy.http.compare;

import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Holds the two answers to one request against each other. Immutable, and a pure function of the
 * answers, the settings and the noise that was learnt.
 *
 * <p>Kinds of difference, the gravest first: {@code transport}, {@code login-lost}, {@code state},
 * {@code status}, {@code location}, {@code type}, {@code json}, {@code body}, {@code cookie},
 * {@code header}, {@code trailer}, {@code likely-noise}. Of several the gravest names the verdict,
 * and its values list each, one a line, with its place. Reasons not to compare: {@code online-cut},
 * {@code cut-on-both}, {@code too-large}, {@code coding}, {@code corrupt}.
 */
public final class Comparison {
    private static final Verdict SAME = new Verdict.Same();
    private static final Set<Integer> LOGIN_WANTED = Set.of(401, 403, 407);

    /** Differences between production and a reference target that are looked at. */
    private static final int MAX_NOISY = 1000;

    private final CompareSettings settings;
    private final LearntNoise noise;

    /** Compares without anything learnt. */
    public Comparison(CompareSettings settings) {
        this(settings, LearntNoise.none());
    }

    private Comparison(CompareSettings settings, LearntNoise noise) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.noise = Objects.requireNonNull(noise, "noise");
    }

    /** The same comparison with what has been learnt. */
    public Comparison with(LearntNoise learnt) {
        return new Comparison(settings, learnt);
    }

    /** What the comparison comes to where no reference target was asked. */
    public Verdict compare(Exchange exchange) {
        return compare(exchange, Optional.empty());
    }

    /**
     * What the comparison comes to.
     *
     * @param control the answer of a reference target: a value in which production and it differ,
     *     too, is noise
     * @throws IllegalArgumentException where the answers are not {@link HttpReply}s
     */
    public Verdict compare(Exchange exchange, Optional<HttpReply> control) {
        if (!(exchange.online() instanceof HttpReply online)
                || !(exchange.target() instanceof HttpReply target)) {
            throw new IllegalArgumentException("not replies of this protocol");
        }
        Map<String, Shape> noisy =
                control.map(reply -> noisy(exchange.request(), online, reply)).orElse(Map.of());
        return verdict(
                results(
                        exchange.request(),
                        online,
                        target,
                        settings.maxDifferences(),
                        found ->
                                noise.covers(exchange.request().fingerprint(), found)
                                        || excuses(noisy, found)));
    }

    /** What looks like a time, or an id, on both equal servers has to look so on the target. */
    private static boolean excuses(Map<String, Shape> noisy, Difference found) {
        Shape look = noisy.get(found.place());
        return found.value() && look != null && (look == found.shape() || !look.isCertain());
    }

    private Verdict verdict(Result result) {
        List<Difference> all = result.findings().found();
        List<Difference> certain =
                all.stream().filter(found -> found.told() != Kind.LIKELY_NOISE).toList();
        List<Difference> told = certain.isEmpty() && !settings.likelyNoiseIgnored() ? all : certain;
        if (certain.isEmpty() && result.notCompared().isPresent()) {
            return new Verdict.NotCompared(result.notCompared().get());
        }
        if (told.isEmpty()) {
            return SAME;
        }
        List<Difference> sorted =
                told.stream().sorted((a, b) -> a.told().compareTo(b.told())).toList();
        String more = result.findings().more() ? "\nand more" : "";
        String skipped =
                result.notCompared().map(reason -> "\nbody not compared: " + reason).orElse("");
        return new Verdict.Different(
                sorted.getFirst().told().word(),
                listed(sorted, Difference::online) + more + skipped,
                listed(sorted, Difference::target) + more + skipped);
    }

    private static String listed(List<Difference> differences, Function<Difference, String> value) {
        StringBuilder out = new StringBuilder();
        for (Difference difference : differences) {
            out.append(out.isEmpty() ? "" : "\n")
                    .append(difference.place())
                    .append(": ")
                    .append(value.apply(difference));
        }
        return out.toString();
    }

    /** All differences, also those that learning has found to be noise. */
    List<Difference> unfiltered(Request request, HttpReply online, HttpReply target) {
        return results(request, online, target, settings.maxDifferences(), _ -> false)
                .findings()
                .found();
    }

    /**
     * The places of values that a server differs in, too, which must agree with production, with
     * what both values look like. Each place is that of one value: another element of the same
     * array is none.
     */
    private Map<String, Shape> noisy(Request request, HttpReply online, HttpReply control) {
        if (!NoiseLearner.comparable(online, control)) {
            return Map.of();
        }
        List<Difference> found =
                results(request, online, control, MAX_NOISY, _ -> false).findings().found();
        return NoiseLearner.learnable(found)
                .collect(
                        Collectors.toMap(
                                Difference::place, Difference::shape, (one, other) -> one));
    }

    private record Result(Findings findings, Optional<String> notCompared) {}

    private Result results(
            Request request,
            HttpReply online,
            HttpReply target,
            int most,
            Predicate<Difference> silenced) {
        Findings findings =
                new Findings(
                        difference ->
                                settings.ignore().silences(difference) || silenced.test(difference),
                        most);
        Optional<String> cut = transport(online, target, findings);
        if (!findings.found().isEmpty() || online.status() == 0 || target.status() == 0) {
            return new Result(findings, cut);
        }
        boolean goesOn = status(online, target, findings);
        if (!goesOn) {
            return new Result(findings, Optional.empty());
        }
        boolean head = request.operation().equals("HEAD");
        boolean content = cut.isEmpty() && !head && hasContent(online, target);
        new HeaderComparison(settings, findings).heads(online, target, content);
        boolean sameType = type(online, target, findings);
        if (cut.isPresent() || head) {
            return new Result(findings, cut);
        }
        if (!online.trailers().equals(target.trailers())) {
            new HeaderComparison(settings, findings).trailers(online.trailers(), target.trailers());
        }
        Optional<String> notCompared =
                sameType && sameRange(online, target)
                        ? new BodyComparison(settings, findings).compare(online, target)
                        : Optional.empty();
        return new Result(findings, notCompared);
    }

    /** Tells an end that is the target's fault; returns why the bodies cannot be compared. */
    private static Optional<String> transport(
            HttpReply online, HttpReply target, Findings findings) {
        boolean onlineWhole = online.outcome().complete();
        boolean targetWhole = target.outcome().complete();
        if (onlineWhole && !targetWhole) {
            findings.add(
                    Difference.structural(
                            Kind.TRANSPORT, "answer", online.describe(), target.describe()));
        }
        if (onlineWhole) {
            return Optional.empty();
        }
        return Optional.of(targetWhole ? "online-cut" : "cut-on-both");
    }

    /** Compares statuses and where they lead; false where the rest would say nothing new. */
    private boolean status(HttpReply online, HttpReply target, Findings findings) {
        int mine = online.status();
        int theirs = target.status();
        Optional<String> onlineLocation = online.header("location");
        Optional<String> targetLocation = target.header("location");
        boolean lost =
                (LOGIN_WANTED.contains(theirs) && !LOGIN_WANTED.contains(mine))
                        || (mine < 400
                                && leadsToLogin(target, targetLocation)
                                && !leadsToLogin(online, onlineLocation));
        if (lost) {
            findings.add(
                    Difference.structural(
                            Kind.LOGIN_LOST, "status", shownStatus(online), shownStatus(target)));
            return false;
        }
        if (mine != theirs) {
            boolean state =
                    (mine == 304 && theirs / 100 == 2) || (theirs == 304 && mine / 100 == 2);
            findings.add(
                    Difference.structural(
                            state ? Kind.STATE : Kind.STATUS,
                            "status",
                            shownStatus(online),
                            shownStatus(target)));
            return false;
        }
        if (!onlineLocation.equals(targetLocation)) {
            location(onlineLocation, targetLocation, findings);
        }
        return true;
    }

    private boolean leadsToLogin(HttpReply reply, Optional<String> location) {
        return reply.status() / 100 == 3
                && location.map(where -> Address.of(where, settings.hosts()).path())
                        .filter(path -> settings.loginPage(path.toLowerCase(Locale.ROOT)))
                        .isPresent();
    }

    private String shownStatus(HttpReply reply) {
        return reply.header("location")
                .filter(_ -> reply.status() / 100 == 3)
                .map(where -> reply.status() + " to " + Address.shown(where, settings.names()))
                .orElseGet(reply::describe);
    }

    private void location(Optional<String> online, Optional<String> target, Findings findings) {
        if (online.isPresent() && target.isPresent()) {
            Address mine = Address.of(online.get(), settings.hosts()).folded(settings.paths());
            Address theirs = Address.of(target.get(), settings.hosts()).folded(settings.paths());
            if (!mine.sameAs(theirs, settings.names())) {
                findings.add(
                        Difference.ofValues(
                                Kind.LOCATION,
                                "header:location",
                                Address.shown(online.get(), settings.names()),
                                Address.shown(target.get(), settings.names()),
                                mine.shapeBeside(theirs, settings.names())));
            }
            return;
        }
        findings.add(
                Difference.structural(
                        Kind.LOCATION,
                        "header:location",
                        online.map(where -> Address.shown(where, settings.names()))
                                .orElse(Shown.ABSENT),
                        target.map(where -> Address.shown(where, settings.names()))
                                .orElse(Shown.ABSENT)));
    }

    private static boolean hasContent(HttpReply online, HttpReply target) {
        return online.bodyBytes() > 0 || target.bodyBytes() > 0;
    }

    private static boolean type(HttpReply online, HttpReply target, Findings findings) {
        Optional<String> mine =
                online.header("content-type").map(MediaType::of).map(MediaType::name);
        Optional<String> theirs =
                target.header("content-type").map(MediaType::of).map(MediaType::name);
        if (mine.equals(theirs)) {
            return true;
        }
        findings.add(
                Difference.structural(
                        Kind.TYPE,
                        "header:content-type",
                        mine.map(name -> Shown.plain(name, 80)).orElse(Shown.ABSENT),
                        theirs.map(name -> Shown.plain(name, 80)).orElse(Shown.ABSENT)));
        return false;
    }

    /** Other bytes of a content differ of themselves; that the range is another one is told. */
    private static boolean sameRange(HttpReply online, HttpReply target) {
        return online.status() != 206
                || online.header("content-range").equals(target.header("content-range"));
    }
}
