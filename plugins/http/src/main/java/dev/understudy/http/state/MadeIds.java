package dev.understudy.http.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.http.message.FieldLine;
import dev.understudy.http.message.RequestHead;
import dev.understudy.http.message.ResponseHead;
import dev.understudy.http.rules.PathPattern;
import dev.understudy.http.rules.RequestPattern;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Numbers and names that servers give to what they make, as that of an order: which answers give
 * them, and where requests use them. Only what {@code http.ids} names is replaced, since nothing
 * else tells an id from any other number.
 */
public final class MadeIds {
    /** Kinds of one configuration, and rules of each. */
    private static final int MAX_RULES = 100;

    private static final int MAX_ID = 128;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._~-]{1," + MAX_ID + "}");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
    private static final Pattern JSON_PATH =
            Pattern.compile("json:\\$((?:\\.[A-Za-z0-9_-]+|\\[\\*])+)");
    private static final Pattern STEP = Pattern.compile("\\[\\*]|[A-Za-z0-9_-]+");

    /** A step to each element of a list. */
    private static final String EACH = "[*]";

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]*");
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * An answer that gives ids: at the end of {@code Location}, or in JSON.
     *
     * @param steps to the members of JSON; none where it is {@code Location}
     */
    private record Source(String kind, int number, RequestPattern requests, List<String> steps) {
        private boolean inJson() {
            return !steps.isEmpty();
        }
    }

    /** A path with an id in it, as group 1. */
    private record Place(String kind, Pattern path) {}

    private final List<Source> sources;
    private final List<Place> places;
    private final Map<String, String> query;
    private final Map<String, String> fields;
    private final Pattern inJson;

    private MadeIds(
            List<Source> sources,
            List<Place> places,
            Map<String, String> query,
            Map<String, String> fields) {
        this.sources = sources;
        this.places = places;
        this.query = query;
        this.fields = fields;
        this.inJson =
                Pattern.compile(
                        "\"("
                                + fields.keySet().stream()
                                        .map(Pattern::quote)
                                        .collect(Collectors.joining("|"))
                                + ")\"\\s*+:\\s*+(?:\"([A-Za-z0-9._~-]{1,128})\"|([0-9]{1,18})(?=[\\s,}\\]]))");
    }

    /** Reads the section {@code ids}. */
    public static MadeIds of(Settings settings) {
        List<Source> sources = new ArrayList<>();
        List<Place> places = new ArrayList<>();
        Map<String, String> query = new LinkedHashMap<>();
        Map<String, String> fields = new LinkedHashMap<>();
        for (String kind : few(settings.path(), new ArrayList<>(settings.names()))) {
            Settings rules = settings.section(kind);
            rules.allowOnly(Set.of("from", "in"));
            if (!NAME.matcher(kind).matches() || rules.texts("from").isEmpty()) {
                throw new SettingsException(
                        "%s: write from: [POST /orders json:$.id] and in: [/orders/{}], under a name of letters"
                                .formatted(rules.path()));
            }
            for (String rule : few(rules.path() + ".from", rules.texts("from"))) {
                sources.add(source(rules.path() + ".from", kind, sources.size(), rule));
            }
            for (String rule : few(rules.path() + ".in", rules.texts("in"))) {
                if (rule.startsWith("query:")) {
                    query.put(name(rules.path() + ".in", rule), kind);
                } else if (rule.startsWith("field:")) {
                    fields.put(name(rules.path() + ".in", rule), kind);
                } else {
                    places.add(place(rules.path() + ".in", kind, rule));
                }
            }
        }
        return new MadeIds(sources, places, query, fields);
    }

    private static List<String> few(String path, List<String> rules) {
        if (rules.size() > MAX_RULES) {
            throw new SettingsException(
                    "%s has %d rules, more than %d".formatted(path, rules.size(), MAX_RULES));
        }
        return rules;
    }

    private static String name(String path, String rule) {
        String name = rule.substring(rule.indexOf(':') + 1);
        if (!NAME.matcher(name).matches()) {
            throw new SettingsException("%s: '%s' is no name".formatted(path, name));
        }
        return name;
    }

    private static Source source(String path, String kind, int number, String rule) {
        List<String> words = List.of(rule.strip().split("\\s+"));
        String where = words.getLast();
        Matcher member = JSON_PATH.matcher(where);
        if (words.size() < 2 || !(member.matches() || where.equals("location"))) {
            throw new SettingsException(
                    "%s: '%s' is no rule: write a request and json:$.member, json:$.list[*].member or location, as 'POST /orders location'"
                            .formatted(path, rule));
        }
        return new Source(
                kind,
                number,
                RequestPattern.of(path, words.subList(0, words.size() - 1)),
                where.equals("location")
                        ? List.of()
                        : STEP.matcher(member.group(1)).results().map(MatchResult::group).toList());
    }

    private static Place place(String path, String kind, String rule) {
        int at = rule.indexOf("/{}");
        String after = rule.substring(Math.max(0, at) + 3 > rule.length() ? 0 : at + 3);
        if (!rule.startsWith("/") || at < 0 || !(after.isEmpty() || after.startsWith("/"))) {
            throw new SettingsException(
                    "%s: '%s' is no place: write a path with {} for the id, as /orders/{}/**, or query:name, or field:name"
                            .formatted(path, rule));
        }
        return new Place(
                kind,
                Pattern.compile(
                        PathPattern.regex(rule.substring(0, at))
                                + "/([^/]++)"
                                + PathPattern.regex(after)));
    }

    boolean isEmpty() {
        return sources.isEmpty();
    }

    /** Whether bodies of requests may hold ids. */
    boolean inBodies() {
        return !fields.isEmpty();
    }

    /** Whether the body of the answer to this request may give one. */
    boolean givesInJson(RequestHead asked) {
        return sources.stream().anyMatch(from -> from.inJson() && from.requests().matches(asked));
    }

    /** Where what an answer gives is put, and from which both servers' values are paired. */
    interface Given {
        void id(String slot, String value);
    }

    /** What the head of an answer gives. */
    void give(RequestHead asked, ResponseHead head, Given given) {
        for (Source source : sources) {
            if (!source.inJson() && source.requests().matches(asked)) {
                for (FieldLine line : head.fields().lines()) {
                    if (line.header().is("location")) {
                        String path = line.header().value().replaceFirst("[?#].*", "");
                        give(source, "", path.substring(path.lastIndexOf('/') + 1), given);
                    }
                }
            }
        }
    }

    /** What the JSON of an answer gives. */
    void give(RequestHead asked, String json, Given given) {
        if (!givesInJson(asked)) {
            return;
        }
        JsonNode tree;
        try {
            tree = JSON.readTree(json);
        } catch (JsonProcessingException _) {
            return; // Cut, or no JSON: it gives nothing.
        }
        for (Source source : sources) {
            if (source.inJson() && source.requests().matches(asked)) {
                give(source, source.steps(), "", tree, given);
            }
        }
    }

    /**
     * What stands at the end of the steps. Of lists the n-th elements are each other's, where both
     * servers' have as many.
     */
    private static void give(
            Source source, List<String> steps, String element, JsonNode from, Given given) {
        if (steps.isEmpty()) {
            if (from.isTextual() || from.isIntegralNumber()) {
                give(source, element, from.asText(), given);
            }
            return;
        }
        List<String> rest = steps.subList(1, steps.size());
        if (!steps.getFirst().equals(EACH)) {
            give(source, rest, element, from.path(steps.getFirst()), given);
            return;
        }
        for (int i = 0; from.isArray() && i < from.size(); i++) {
            String place = "%s/%d of %d".formatted(element, i, from.size());
            give(source, rest, place, from.get(i), given);
        }
    }

    /**
     * Ids of both servers are a pair only where they look alike: so their looks are in the slot.
     */
    private static void give(Source source, String element, String id, Given given) {
        if (ID.matcher(id).matches()) {
            given.id(slot(source.kind(), id) + "#" + source.number() + element, id);
        }
    }

    private static String slot(String kind, String id) {
        return "id/" + kind + (NUMBER.matcher(id).matches() ? "/number" : "/" + id.length());
    }

    /** What the target gave in the place of an id. */
    interface Ids {
        /** Empty where it stays as it is. */
        Optional<String> instead(String slot, String id);
    }

    /** The path with the target's ids. */
    String path(String path, Ids ids) {
        // Each place is looked at in the path as it was, and the first rule for it counts.
        NavigableMap<Integer, String> others = new TreeMap<>(Comparator.reverseOrder());
        Map<Integer, Integer> ends = new HashMap<>();
        for (Place place : places) {
            Matcher found = place.path().matcher(path);
            if (found.matches() && ID.matcher(found.group(1)).matches()) {
                String id = found.group(1);
                ids.instead(slot(place.kind(), id), id)
                        .ifPresent(other -> others.putIfAbsent(found.start(1), other));
                ends.put(found.start(1), found.end(1));
            }
        }
        StringBuilder written = new StringBuilder(path);
        others.forEach((start, other) -> written.replace(start, ends.get(start), other));
        return written.toString();
    }

    /** A parameter of the query. */
    Optional<String> parameter(String name, String value, Ids ids) {
        return one(query.get(name), value, ids);
    }

    /** A field of a form. */
    Optional<String> field(String name, String value, Ids ids) {
        return one(fields.get(name), value, ids);
    }

    private static Optional<String> one(String kind, String value, Ids ids) {
        return kind == null || !ID.matcher(value).matches()
                ? Optional.empty()
                : ids.instead(slot(kind, value), value);
    }

    /** JSON with the target's ids. */
    String members(String text, Ids ids) {
        if (fields.isEmpty()) {
            return text;
        }
        Matcher found = inJson.matcher(text);
        StringBuilder written = new StringBuilder(text.length());
        int at = 0;
        while (found.find()) {
            int group = found.group(2) == null ? 3 : 2;
            Optional<String> other = field(found.group(1), found.group(group), ids);
            if (other.isPresent()) {
                written.append(text, at, found.start(group)).append(other.get());
                at = found.end(group);
            }
        }
        return written.append(text, at, text.length()).toString();
    }

    /**
     * The path with a place holder for each id that the servers make: for comparison. What has no
     * digit is a word, as in {@code /orders/failed}, and is compared as it is.
     */
    public String folded(String path) {
        return places.isEmpty()
                ? path
                : path(
                        path,
                        (slot, id) ->
                                id.chars().anyMatch(c -> c >= '0' && c <= '9')
                                        ? Optional.of("{" + slot + "}")
                                        : Optional.empty());
    }
}
