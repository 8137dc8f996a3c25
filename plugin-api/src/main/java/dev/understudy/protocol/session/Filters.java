package dev.understudy.protocol.session;

import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * What a run copies of a protocol's sessions and requests: the sections {@code deny} and {@code
 * only}, in one form and with the same words for all protocols. A section has named entries; an
 * entry has keys, all of which have to fit, and of several patterns of one key any.
 *
 * <p>The keys {@value #CLIENT} and {@value #USER} are known here, the others are the protocol's.
 * What an entry of {@code deny} picks is refused as {@code deny-NAME}; where there is an {@code
 * only}, what none of its entries picks is refused as {@value #NOT_IN_ONLY}.
 *
 * @param <R> what the protocol knows of a request
 */
public final class Filters<R> {
    /** The names of the sections that are read here. */
    public static final Set<String> NAMES = Set.of("deny", "only");

    /** The captured client's network, or its address. */
    public static final String CLIENT = "client";

    /** The name of the captured user; {@code *} and {@code ?} are wildcards. */
    public static final String USER = "user";

    /** The word for what no entry of {@code only} picks. */
    public static final String NOT_IN_ONLY = "not-in-only";

    /** Entries of each section. */
    public static final int MAX_ENTRIES = 100;

    /** Literals alone: a name would be looked up. */
    private static final Pattern ADDRESS =
            Pattern.compile(
                    "(\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)(?:/(\\d{1,3}))?");

    private final List<Filter<R>> deny;
    private final List<Filter<R>> only;

    /**
     * Whose session it is.
     *
     * @param client empty where its address is not known
     * @param user empty while, or where, that is not known
     */
    public record Who(Optional<InetAddress> client, Optional<String> user) {
        /** The client of a session, whose user is not known yet. */
        public static Who of(SessionContext session) {
            return new Who(
                    Optional.of(session.client())
                            .filter(client -> !client.isUnresolved())
                            .map(InetSocketAddress::getAddress),
                    Optional.empty());
        }

        /** The same, and the user is this one. */
        public Who as(String name) {
            return new Who(client, Optional.of(name));
        }
    }

    /** Makes a test of a pattern that the user has written for one of the protocol's keys. */
    @FunctionalInterface
    public interface Key<R> {
        /**
         * Reads a pattern.
         *
         * @param setting names it in a {@link SettingsException}, should it be wrong
         */
        Test<R> of(String setting, String pattern);
    }

    /** Whether a request fits a pattern. */
    @FunctionalInterface
    public interface Test<R> {
        /**
         * Whether it fits.
         *
         * @param doubtful what to answer where that is not certain, as for a request that names
         *     several things of which one fits: true in {@code deny}, false in {@code only}
         */
        boolean fits(R request, boolean doubtful);
    }

    /** An entry. */
    public static final class Filter<R> {
        private final String name;
        private final Map<String, List<Test<Who>>> ofSession;
        private final List<List<Test<R>>> ofRequest;

        private Filter(
                String name,
                Map<String, List<Test<Who>>> ofSession,
                List<List<Test<R>>> ofRequest) {
            this.name = name;
            this.ofSession = ofSession;
            this.ofRequest = ofRequest;
        }

        /** What its picks are counted as in {@code deny}. */
        public String rule() {
            return "deny-" + name;
        }

        /** Whether client and user fit; one that is not known yet does not. */
        public boolean picks(Who who) {
            return ofSession.values().stream().allMatch(key -> any(key, who, false));
        }

        /** Whether client and user fit, or may turn out to. */
        private boolean mayPick(Who who) {
            return ofSession.entrySet().stream()
                    .allMatch(
                            key ->
                                    (key.getKey().equals(USER) && who.user().isEmpty())
                                            || any(key.getValue(), who, false));
        }

        /** Whether all of it fits. */
        public boolean picks(Who who, R request, boolean doubtful) {
            return picks(who) && ofRequest.stream().allMatch(key -> any(key, request, doubtful));
        }

        private static <T> boolean any(List<Test<T>> tests, T thing, boolean doubtful) {
            return tests.stream().anyMatch(test -> test.fits(thing, doubtful));
        }
    }

    private Filters(List<Filter<R>> deny, List<Filter<R>> only) {
        this.deny = List.copyOf(deny);
        this.only = List.copyOf(only);
    }

    /** Nothing is refused. */
    public static <R> Filters<R> none() {
        return new Filters<>(List.of(), List.of());
    }

    /**
     * Reads both sections.
     *
     * @param settings the protocol's section
     * @param keys the protocol's own keys; {@value #USER} is known where {@code users} says so
     * @param users whether the protocol knows whose a session or request is
     * @throws SettingsException for an unknown key, or a pattern that cannot be read
     */
    public static <R> Filters<R> of(Settings settings, boolean users, Map<String, Key<R>> keys) {
        return new Filters<>(
                all(settings.section("deny"), users, keys),
                all(settings.section("only"), users, keys));
    }

    private static <R> List<Filter<R>> all(
            Settings section, boolean users, Map<String, Key<R>> keys) {
        Set<String> known = new TreeSet<>(keys.keySet());
        known.add(CLIENT);
        if (users) {
            known.add(USER);
        }
        List<Filter<R>> filters = new ArrayList<>();
        for (String name : section.names()) {
            Settings entry = section.section(name);
            entry.allowOnly(known);
            if (entry.names().isEmpty() || filters.size() >= MAX_ENTRIES) {
                throw new SettingsException(
                        "%s: each entry needs one of %s, and there may be %d of them"
                                .formatted(entry.path(), known, MAX_ENTRIES));
            }
            Map<String, List<Test<Who>>> ofSession = new LinkedHashMap<>();
            List<List<Test<R>>> ofRequest = new ArrayList<>();
            for (String key : entry.names()) {
                String setting = entry.path() + "." + key;
                List<String> patterns = entry.texts(key);
                if (patterns.isEmpty()) {
                    throw new SettingsException(setting + " is empty: it would pick nothing");
                }
                switch (key) {
                    case CLIENT ->
                            ofSession.put(
                                    key,
                                    patterns.stream().map(text -> client(setting, text)).toList());
                    case USER ->
                            ofSession.put(
                                    key, patterns.stream().map(text -> user(glob(text))).toList());
                    default ->
                            ofRequest.add(
                                    patterns.stream()
                                            .map(text -> keys.get(key).of(setting, text))
                                            .toList());
                }
            }
            filters.add(new Filter<>(name, ofSession, ofRequest));
        }
        return filters;
    }

    /** A text with {@code *} for any characters and {@code ?} for one, in either case. */
    public static Pattern glob(String text) {
        StringBuilder pattern = new StringBuilder();
        text.chars()
                .mapToObj(Character::toString)
                .map(c -> c.equals("*") ? ".*" : c.equals("?") ? "." : Pattern.quote(c))
                .forEach(pattern::append);
        return Pattern.compile(pattern.toString(), Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    }

    private static Test<Who> user(Pattern name) {
        return (who, _) -> who.user().filter(user -> name.matcher(user).matches()).isPresent();
    }

    private static Test<Who> client(String setting, String text) {
        var matcher = ADDRESS.matcher(text);
        InetAddress network;
        int prefix;
        try {
            if (!matcher.matches()) {
                throw new IllegalArgumentException("no address");
            }
            network = InetAddress.ofLiteral(matcher.group(1));
            int bits = network.getAddress().length * Byte.SIZE;
            prefix = matcher.group(2) == null ? bits : Integer.parseInt(matcher.group(2));
            if (prefix > bits || !network.equals(first(network, prefix))) {
                throw new IllegalArgumentException("bits behind the prefix");
            }
        } catch (IllegalArgumentException e) {
            throw new SettingsException(
                    "%s: '%s' is no address and no network: write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32, the network by its first address"
                            .formatted(setting, text));
        }
        return (who, _) ->
                who.client()
                        .filter(one -> one.getAddress().length == network.getAddress().length)
                        .filter(one -> first(one, prefix).equals(network))
                        .isPresent();
    }

    /** The first address of the network that an address is in. */
    private static InetAddress first(InetAddress address, int prefix) {
        byte[] bytes = address.getAddress();
        for (int i = 0; i < bytes.length; i++) {
            int kept = Math.clamp(prefix - i * Byte.SIZE, 0, Byte.SIZE);
            bytes[i] &= (byte) (0xFF << (Byte.SIZE - kept));
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of %d bytes".formatted(bytes.length), e);
        }
    }

    /** The entries that forbid. */
    public List<Filter<R>> deny() {
        return deny;
    }

    /** The entries that alone allow; nothing is allowed by them where there are none. */
    public List<Filter<R>> only() {
        return only;
    }

    /** Whether nothing is refused, whatever it is. */
    public boolean areNone() {
        return deny.isEmpty() && only.isEmpty();
    }

    /**
     * The rule by which all that a session may ever ask for is refused; to be asked when it begins,
     * and again when its user is known. Empty where requests have to be looked at one by one.
     */
    public Optional<String> refusesSession(Who who) {
        for (Filter<R> filter : deny) {
            if (filter.ofRequest.isEmpty() && filter.picks(who)) {
                return Optional.of(filter.rule());
            }
        }
        return only.isEmpty() || only.stream().anyMatch(filter -> filter.mayPick(who))
                ? Optional.empty()
                : Optional.of(NOT_IN_ONLY);
    }

    /**
     * The protocol's own session, or one that is passed over: where what it is refused by is known
     * from the start.
     */
    public ProtocolSession open(SessionContext context, Supplier<ProtocolSession> own) {
        Optional<String> refusal = refusesSession(Who.of(context));
        return refusal.isEmpty()
                ? own.get()
                : event -> {
                    Unread.passOver(event);
                    return List.of(new SessionAction.PassOver(refusal.get()));
                };
    }

    /** The rule by which a request is refused. */
    public Optional<String> refuses(Who who, R request) {
        for (Filter<R> filter : deny) {
            if (filter.picks(who, request, true)) {
                return Optional.of(filter.rule());
            }
        }
        return only.isEmpty() || only.stream().anyMatch(one -> one.picks(who, request, false))
                ? Optional.empty()
                : Optional.of(NOT_IN_ONLY);
    }
}
