package dev.understudy.http.compare;

import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A request's path without what is another one each time, to group by: {@code
 * /users/42/orders?page=2&sort=x} is {@code /users/{id}/orders?page&sort}. Of the query and of path
 * parameters the names stay, each once and sorted, since clients send them in any order; their
 * values, which may be secrets, do not.
 *
 * @param text at most {@value #MAX_CHARACTERS} characters
 */
public record PathTemplate(String text) {
    /** Characters of a template; a longer one is cut. */
    public static final int MAX_CHARACTERS = 400;

    private static final int MAX_READ = 8192;
    private static final int MAX_NAMES = 32;

    private static final String ALONE = "(?<![A-Za-z0-9%])";
    private static final String END = "(?![A-Za-z0-9])";

    private static final Pattern UUID =
            Pattern.compile(ALONE + "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}" + END);
    private static final Pattern DATE =
            Pattern.compile(
                    ALONE
                            + "(?:19|20)\\d\\d-[01]\\d-[0-3]\\d(?:[T_ ][0-2]\\d(?::|%3A)?[0-5]\\d[0-9:.A-Z%+-]{0,20})?"
                            + END);
    private static final Pattern TOKEN =
            Pattern.compile("(?<![A-Za-z0-9%_-])[A-Za-z0-9_-]{22,}(?![A-Za-z0-9_-])");
    private static final Pattern HEX =
            Pattern.compile(
                    ALONE
                            + "(?=[0-9a-fA-F]{0,40}\\d)(?=[0-9a-fA-F]{0,40}[a-fA-F])[0-9a-fA-F]{8,128}"
                            + END);
    private static final Pattern NUMBER = Pattern.compile(ALONE + "\\d+" + END);

    /**
     * Folds a request's target.
     *
     * @param pathAndQuery in origin form; scheme and authority of an absolute form are left out
     */
    public static PathTemplate of(String pathAndQuery) {
        String rest =
                pathAndQuery.length() > MAX_READ
                        ? pathAndQuery.substring(0, MAX_READ)
                        : pathAndQuery;
        int hash = rest.indexOf('#');
        rest = hash < 0 ? rest : rest.substring(0, hash);
        int question = rest.indexOf('?');
        String query = question < 0 ? "" : rest.substring(question + 1);
        String path = question < 0 ? rest : rest.substring(0, question);
        int slashes = path.indexOf("://");
        if (slashes > 0 && !path.startsWith("/")) {
            int begin = path.indexOf('/', slashes + 3);
            path = begin < 0 ? "/" : path.substring(begin);
        }
        StringBuilder out = new StringBuilder();
        for (String segment : path.split("/", -1)) {
            out.append(out.isEmpty() && segment.isEmpty() ? "" : segment(segment)).append('/');
        }
        out.setLength(out.length() - 1);
        if (out.isEmpty()) {
            out.append('/');
        }
        String names = names(query);
        if (!names.isEmpty()) {
            out.append('?').append(names);
        }
        return new PathTemplate(
                out.length() <= MAX_CHARACTERS
                        ? out.toString()
                        : out.substring(0, MAX_CHARACTERS - 1) + "…");
    }

    private static String segment(String segment) {
        String[] parts = segment.split(";", -1);
        StringBuilder out = new StringBuilder(folded(parts[0]));
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            out.append(';').append(folded(equals < 0 ? parts[i] : parts[i].substring(0, equals)));
        }
        return out.toString();
    }

    private static String names(String query) {
        TreeSet<String> names = new TreeSet<>();
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            if (!name.isEmpty() && names.size() < MAX_NAMES) {
                names.add(folded(name));
            }
        }
        return String.join("&", names);
    }

    private static String folded(String text) {
        String folded = UUID.matcher(text).replaceAll("{uuid}");
        folded = DATE.matcher(folded).replaceAll("{date}");
        folded = HEX.matcher(folded).replaceAll(m -> m.group().length() < 32 ? "{hex}" : "{hash}");
        folded =
                TOKEN.matcher(folded)
                        .replaceAll(match -> random(match.group()) ? "{token}" : match.group());
        return NUMBER.matcher(folded).replaceAll("{id}");
    }

    /** Words joined by dashes are long, too; what is drawn at random has both cases. */
    private static boolean random(String text) {
        return text.chars().anyMatch(c -> c >= 'a' && c <= 'z')
                && text.chars().anyMatch(c -> c >= 'A' && c <= 'Z')
                && text.chars().anyMatch(c -> c >= '0' && c <= '9');
    }

    @Override
    public String toString() {
        return text;
    }
}
