package dev.understudy.http.compare;

import dev.understudy.http.compare.Json.Elements;
import dev.understudy.http.compare.Json.Members;
import dev.understudy.http.compare.Json.Word;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Walks two JSON trees and tells each place where they differ. The order of members is free. */
final class JsonComparison {
    /** Elements of an array that are looked at for having been put in another order. */
    private static final int MAX_REORDERED = 2000;

    private final CompareSettings settings;
    private final Findings findings;

    JsonComparison(CompareSettings settings, Findings findings) {
        this.settings = settings;
        this.findings = findings;
    }

    void compare(Json online, Json target) {
        compare(JsonPath.ROOT, online, target);
    }

    private void compare(JsonPath path, Json online, Json target) {
        if (findings.full()) {
            return;
        }
        switch (online) {
            case Members mine when target instanceof Members theirs -> members(path, mine, theirs);
            case Elements mine when target instanceof Elements theirs ->
                    elements(path, mine.elements(), theirs.elements());
            case Json.Text(String mine) when target instanceof Json.Text(String theirs) ->
                    texts(path, mine, theirs);
            case Json.Numeral(String mine) when target instanceof Json.Numeral(String theirs) -> {
                if (!sameNumber(mine, theirs)) {
                    values(path, online, target, Shape.ofBoth(mine, theirs));
                }
            }
            case Word(String mine)
                    when target instanceof Word(String theirs)
                            && online.type().equals(target.type()) -> {
                if (!mine.equals(theirs)) {
                    values(path, online, target, Shape.NONE);
                }
            }
            case Members _, Elements _, Json.Text _, Json.Numeral _, Word _ ->
                    structural(path, shown(path, online), shown(path, target));
        }
    }

    private void members(JsonPath path, Members online, Members target) {
        online.members()
                .forEach(
                        (name, mine) -> {
                            Json theirs = target.members().get(name);
                            if (theirs == null) {
                                JsonPath place = path.member(name);
                                structural(place, shown(place, mine), Shown.ABSENT);
                            } else {
                                compare(path.member(name), mine, theirs);
                            }
                        });
        target.members()
                .forEach(
                        (name, theirs) -> {
                            if (!online.members().containsKey(name)) {
                                JsonPath place = path.member(name);
                                structural(place, Shown.ABSENT, shown(place, theirs));
                            }
                        });
    }

    private void elements(JsonPath path, List<Json> online, List<Json> target) {
        if (online.size() == target.size()) {
            if (online.equals(target)) {
                return;
            }
            if (online.size() > 1
                    && online.size() <= MAX_REORDERED
                    && sameInAnyOrder(online, target)) {
                structural(path, "the same elements", "in another order");
                return;
            }
            for (int i = 0; i < online.size(); i++) {
                compare(path.element(i), online.get(i), target.get(i));
            }
            return;
        }
        // What was left out or put in is told by where the rest fits on both sides of it.
        int shorter = Math.min(online.size(), target.size());
        int begin = 0;
        while (begin < shorter && online.get(begin).equals(target.get(begin))) {
            begin++;
        }
        int end = 0;
        while (end < shorter - begin
                && online.get(online.size() - 1 - end)
                        .equals(target.get(target.size() - 1 - end))) {
            end++;
        }
        structural(
                path,
                counted(online.size(), begin, online.size() - end),
                counted(target.size(), begin, target.size() - end));
        int both = Math.min(online.size(), target.size()) - end;
        if (begin < both && end == 0) {
            for (int i = begin; i < both; i++) {
                compare(path.element(i), online.get(i), target.get(i));
            }
        }
    }

    private static String counted(int size, int from, int to) {
        String elements = size == 1 ? "1 element" : size + " elements";
        return switch (to - from) {
            case 0 -> elements;
            case 1 -> elements + ", [" + from + "] only here";
            default -> elements + ", [" + from + "] to [" + (to - 1) + "] only here";
        };
    }

    private static boolean sameInAnyOrder(List<Json> online, List<Json> target) {
        Map<Json, Integer> counts = new HashMap<>();
        online.forEach(element -> counts.merge(element, 1, Integer::sum));
        for (Json element : target) {
            if (counts.merge(element, -1, Integer::sum) < 0) {
                return false;
            }
        }
        return true;
    }

    private void texts(JsonPath path, String online, String target) {
        if (online.equals(target) || online.equals(settings.hosts().asOnline(target))) {
            return;
        }
        if (settings.names().bornThere(path.nearestName()) && Shape.drawnAlike(online, target)) {
            return;
        }
        values(path, new Json.Text(online), new Json.Text(target), Shape.ofBoth(online, target));
    }

    private boolean sameNumber(String online, String target) {
        if (online.equals(target)) {
            return true;
        }
        return settings.numbersByValue()
                && new BigDecimal(online).compareTo(new BigDecimal(target)) == 0;
    }

    private void values(JsonPath path, Json online, Json target, Shape shape) {
        String mine = shown(path, online);
        String theirs = shown(path, target);
        if (online instanceof Json.Text(String a) && target instanceof Json.Text(String b)) {
            int apart = TextComparison.firstDifference(a, b);
            if (apart > Shown.MAX_VALUE / 2 && !path.hidden(settings.names())) {
                mine = TextComparison.excerpt(a, apart, new Shown(settings.names()));
                theirs = TextComparison.excerpt(b, apart, new Shown(settings.names()));
            }
        }
        findings.add(
                new Difference(
                        Kind.JSON,
                        "json:" + path.exact(),
                        "json:" + path.general(),
                        mine,
                        theirs,
                        true,
                        shape));
    }

    private void structural(JsonPath path, String online, String target) {
        findings.add(
                new Difference(
                        Kind.JSON,
                        "json:" + path.exact(),
                        "json:" + path.general(),
                        online,
                        target,
                        false,
                        Shape.NONE));
    }

    private String shown(JsonPath path, Json value) {
        return switch (value) {
            case Members(var members) -> "object of " + members.size();
            case Elements(var elements) -> "array of " + elements.size();
            case Json.Text(String text) ->
                    path.hidden(settings.names())
                            ? Shown.secret(text)
                            : new Shown(settings.names()).text(text);
            case Json.Numeral(String number) ->
                    path.hidden(settings.names())
                            ? Shown.secret(number)
                            : Shown.plain(number, Shown.MAX_VALUE);
            case Word(String word) -> word;
        };
    }
}
