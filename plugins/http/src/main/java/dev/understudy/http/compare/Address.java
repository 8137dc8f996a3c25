package dev.understudy.http.compare;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * A reference (RFC 3986) as in {@code Location}, taken apart as far as two are compared.
 *
 * @param scheme in lower case, empty where it is relative
 * @param authority in lower case, without its scheme's usual port; empty where there is none, or
 *     where it is one of the server's own names
 * @param parameters of the query, values as written
 * @param fragment without the hash
 */
record Address(
        Optional<String> scheme,
        String authority,
        String path,
        Map<String, String> parameters,
        String fragment) {

    /**
     * Reads a reference of the target, with its hosts made the online ones, or of the online
     * server.
     */
    static Address of(String text, Hosts hosts) {
        String rest = text.strip();
        int hash = rest.indexOf('#');
        String fragment = hash < 0 ? "" : rest.substring(hash + 1);
        rest = hash < 0 ? rest : rest.substring(0, hash);
        int question = rest.indexOf('?');
        String query = question < 0 ? "" : rest.substring(question + 1);
        rest = question < 0 ? rest : rest.substring(0, question);
        Optional<String> scheme = Optional.empty();
        int slashes = rest.indexOf("://");
        if (slashes > 0 && rest.indexOf('/') == slashes + 1) {
            scheme = Optional.of(rest.substring(0, slashes).toLowerCase(Locale.ROOT));
            rest = rest.substring(slashes + 1);
        }
        String authority = "";
        if (rest.startsWith("//")) {
            int end = rest.indexOf('/', 2);
            authority = rest.substring(2, end < 0 ? rest.length() : end);
            rest = end < 0 ? "/" : rest.substring(end);
            authority = own(authority, scheme, hosts);
        }
        return new Address(scheme, authority, rest, parameters(query), fragment);
    }

    private static String own(String authority, Optional<String> scheme, Hosts hosts) {
        String online = hosts.onlineOf(authority);
        if (hosts.online(online)) {
            return "";
        }
        String usual = scheme.filter("https"::equals).isPresent() ? ":443" : ":80";
        String bare =
                online.endsWith(usual)
                        ? online.substring(0, online.length() - usual.length())
                        : online;
        String mapped = hosts.onlineOf(bare);
        return hosts.online(mapped) ? "" : mapped;
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new TreeMap<>();
        if (!query.isEmpty()) {
            for (String pair : query.split("&", -1)) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                parameters.merge(
                        name,
                        equals < 0 ? "" : pair.substring(equals + 1),
                        (one, other) -> one + "&" + other);
            }
        }
        return parameters;
    }

    /** This address with another path. */
    Address folded(UnaryOperator<String> paths) {
        return new Address(scheme, authority, paths.apply(path), parameters, fragment);
    }

    /**
     * Whether both lead to the same place; what a login draws at random has to be there in both.
     */
    boolean sameAs(Address other, SecretNames names) {
        boolean schemes = scheme.isEmpty() || other.scheme.isEmpty() || scheme.equals(other.scheme);
        return schemes
                && authority.equals(other.authority)
                && path.equals(other.path)
                && alike(parameters, other.parameters, names)
                && (fragment.equals(other.fragment)
                        || (fragment.contains("=")
                                && alike(parameters(fragment), parameters(other.fragment), names)));
    }

    private static boolean alike(
            Map<String, String> mine, Map<String, String> theirs, SecretNames names) {
        return mine.keySet().equals(theirs.keySet())
                && mine.entrySet().stream()
                        .allMatch(
                                entry ->
                                        alike(
                                                entry.getKey(),
                                                entry.getValue(),
                                                theirs.get(entry.getKey()),
                                                names));
    }

    /** A code of a login is drawn by each server; {@code code=404} is not such a one. */
    private static boolean alike(String name, String mine, String theirs, SecretNames names) {
        return mine.equals(theirs)
                || (names.loginParameter(name) && Shape.drawnAlike(mine, theirs));
    }

    /** What the one part that differs looks like in both, if it is the path's last segments. */
    Shape shapeBeside(Address other, SecretNames names) {
        String[] mine = path.split("/", -1);
        String[] theirs = other.path.split("/", -1);
        if (mine.length != theirs.length
                || !new Address(scheme, authority, other.path, parameters, fragment)
                        .sameAs(other, names)) {
            return Shape.NONE;
        }
        Shape shape = Shape.NONE;
        for (int i = 0; i < mine.length; i++) {
            if (!mine[i].equals(theirs[i])) {
                shape = Shape.ofBoth(mine[i], theirs[i]);
                if (shape == Shape.NONE) {
                    return shape;
                }
            }
        }
        return shape;
    }

    /** For a reader, without what a login put into it. */
    static String shown(String given, SecretNames names) {
        String reference = given.replaceFirst("//[^/]*@", "//(secret)@");
        StringBuilder out = new StringBuilder();
        // A fragment may hold what a query does (RFC 6749, section 4.2.2).
        for (String piece : reference.split("(?=[?&#])", -1)) {
            int equals = piece.indexOf('=');
            String name = equals < 0 ? "" : piece.substring(0, equals);
            boolean hide =
                    !name.isEmpty()
                            && "?&#".indexOf(name.charAt(0)) >= 0
                            && names.hiddenInAddress(name);
            out.append(hide ? name + "=(secret)" : piece);
        }
        return new Shown(names).text(out.toString());
    }
}
