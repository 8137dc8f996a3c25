package dev.understudy.http.state;

import dev.understudy.http.message.FieldLine;
import dev.understudy.http.message.Fields;
import dev.understudy.http.message.RequestHead;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.session.ValueMapping;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps the state of users true on the target, for one session: tells which values answers gave,
 * and writes into requests what the target gave in their place.
 */
public final class UserState {
    /** The reason of the hold while the target has not given its value yet. */
    public static final String HOLD = "auth-state";

    private static final Pattern ENTITY_TAG = Pattern.compile("(?:W/)?\"[^\"]*\"");
    private static final String TOKEN_KIND = "";

    /** What became of a part of a request. */
    public sealed interface Rewritten<T> {
        /** The target's value is awaited: come again with the same part. */
        record Awaited<T>() implements Rewritten<T> {}

        /**
         * It may be sent.
         *
         * @param unjudged why the answers to it cannot be compared, where they cannot
         * @param replaced what was written otherwise, for a reader
         */
        record Ready<T>(T part, Optional<String> unjudged, Set<String> replaced)
                implements Rewritten<T> {}
    }

    /** One look at a request: what it needs, and what was found for it. */
    private final class Pass implements MadeIds.Ids {
        private final Optional<byte[]> body;
        private final List<SessionAction> out;
        private final Set<String> replaced = new LinkedHashSet<>(2);
        private boolean awaited;
        private Optional<String> unjudged = Optional.empty();

        private Pass(Optional<byte[]> body, List<SessionAction> out) {
            this.body = body;
            this.out = out;
        }

        /** The value to send instead, or the same. */
        private String value(String slot, String value) {
            return lookUp(slot, value).orElse(value);
        }

        /** What the target gave instead; empty where that is not known. */
        private Optional<String> lookUp(String slot, String value) {
            Optional<BornValues.Born> born =
                    slot.equals(TOKEN_KIND) ? shared.findToken(value) : shared.find(slot, value);
            if (born.isEmpty()) {
                return Optional.empty();
            }
            if (!born.get().copied()) {
                unjudged("login-not-copied");
                return Optional.empty();
            }
            return switch (mapping.find(
                    born.get().slot(), value.getBytes(StandardCharsets.UTF_8), out)) {
                case ValueMapping.Found.Known(byte[] found) -> {
                    Optional<String> usable = usable(found);
                    if (usable.filter(there -> !there.equals(value)).isPresent()) {
                        replaced.add(shown(born.get().slot()));
                    }
                    yield usable;
                }
                case ValueMapping.Found.Awaited() -> {
                    awaited = true;
                    yield Optional.empty();
                }
                case ValueMapping.Found.Unknown() -> Optional.empty();
                case ValueMapping.Found.Expired() -> {
                    unjudged("auth-state-expired");
                    yield Optional.empty();
                }
            };
        }

        @Override
        public Optional<String> instead(String slot, String id) {
            return lookUp(slot, id);
        }

        /** Tokens by their names, and what else goes by a name. */
        private RequestBody.Tokens values(BiFunction<String, String, Optional<String>> others) {
            return new RequestBody.Tokens() {
                @Override
                public Optional<String> instead(String name, String value) {
                    return settings.names().isParameter(name)
                            ? lookUp(TOKEN_KIND, value)
                            : others.apply(name, value);
                }

                @Override
                public String members(String json) {
                    return settings.ids().members(json, Pass.this);
                }
            };
        }

        /** A line end in a value would make two lines of one. */
        private Optional<String> usable(byte[] found) {
            String value = new String(found, StandardCharsets.UTF_8);
            if (Credentials.isOneLine(value)) {
                return Optional.of(value);
            }
            unjudged("auth-state-unusable");
            return Optional.empty();
        }

        private void unjudged(String reason) {
            if (unjudged.isEmpty()) {
                unjudged = Optional.of(reason);
            }
        }

        private <T> Rewritten<T> done(T part) {
            return awaited
                    ? new Rewritten.Awaited<>()
                    : new Rewritten.Ready<>(part, unjudged, replaced);
        }
    }

    /** What was replaced, for a reader: a cookie by its name, what else there is by its kind. */
    private static String shown(String slot) {
        int slash = slot.indexOf('/');
        String kind = slash < 0 ? slot : slot.substring(0, slash);
        return (kind.equals("cookie") ? "cookie " + slot.substring(slash + 1) : kind)
                + ": the target's own value in the place of production's";
    }

    private final StateSettings settings;
    private final BornValues shared;
    private final ValueMapping mapping;

    public UserState(StateSettings settings, BornValues shared) {
        this.settings = settings;
        this.shared = shared;
        this.mapping = new ValueMapping(HOLD, settings.maxWait());
    }

    // Answers.

    /** The answer of one side to a copied request is whole. */
    public void answered(
            Side side, long ordinal, Map<String, String> values, List<SessionAction> out) {
        values.forEach(
                (slot, value) -> {
                    if (!shared.isEqual(slot, value)) {
                        if (side == Side.ONLINE) {
                            shared.add(slot, value, true);
                        }
                        mapping.gave(
                                side, ordinal, slot, value.getBytes(StandardCharsets.UTF_8), out);
                    }
                });
        if (settings.on()) {
            mapping.answered(side, ordinal, out);
        }
    }

    /** Both answers to a request are there: what they agree on needs no mapping from here on. */
    public void agree(Map<String, String> online, Map<String, String> target) {
        online.forEach(
                (slot, value) -> {
                    if (value.equals(target.get(slot))) {
                        shared.equal(slot, value);
                    }
                });
    }

    /** An online answer gave values that the target could not give: its request was not copied. */
    public void answeredOnlineAlone(Map<String, String> values) {
        values.forEach((slot, value) -> shared.add(slot, value, false));
    }

    /** A request ended without both answers. */
    public void gone(long ordinal, List<SessionAction> out) {
        mapping.gone(ordinal, out);
    }

    // Requests.

    /** Takes an event in; says whether it was for this. */
    public boolean on(SessionEvent event, List<SessionAction> out) {
        return mapping.on(event, out);
    }

    /** Whether the session is held for a value. */
    public boolean isAwaiting() {
        return mapping.isAwaiting();
    }

    /** The request was sent, or will not be. */
    public void used() {
        mapping.used();
    }

    /**
     * The head with the target's values in the place of the online server's.
     *
     * @param path as it was captured: validators belong to it
     * @param body all of it as it will be sent, where it is there: a Digest may want its hash
     */
    public Rewritten<RequestHead> head(
            RequestHead head, String path, Optional<byte[]> body, List<SessionAction> out) {
        Pass pass = new Pass(body, out);
        RequestHead moved = settings.on() ? path(query(head, pass), pass) : head;
        List<FieldLine> lines = new ArrayList<>(head.fields().lines().size());
        for (FieldLine line : head.fields().lines()) {
            String value = line.header().value();
            String now = field(moved, path, line.header().name(), value, pass);
            lines.add(now.equals(value) ? line : FieldLine.of(line.header().name(), now));
            if (pass.replaced.isEmpty()
                    && !now.equals(value)
                    && line.header().is("authorization")) {
                pass.replaced.add("authorization made anew with the target's credentials");
            }
        }
        return pass.done(moved.with(new Fields(lines)));
    }

    private String field(RequestHead head, String path, String name, String value, Pass pass) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.equals("authorization")) {
            return authorization(head, value, pass);
        }
        if (!settings.on()) {
            return value;
        }
        return switch (lower) {
            case "cookie" -> cookies(value, pass);
            case "if-none-match", "if-match", "if-range" ->
                    ENTITY_TAG
                            .matcher(value)
                            .replaceAll(
                                    found ->
                                            Matcher.quoteReplacement(
                                                    pass.value("etag/" + path, found.group())));
            default -> settings.names().isHeader(name) ? pass.value(TOKEN_KIND, value) : value;
        };
    }

    private static String cookies(String field, Pass pass) {
        StringBuilder written = new StringBuilder(field.length());
        for (String pair : field.split("(?<=;)", -1)) {
            int end = pair.endsWith(";") ? pair.length() - 1 : pair.length();
            int equals = pair.indexOf('=');
            if (equals < 0 || equals > end) {
                written.append(pair);
                continue;
            }
            String value = pair.substring(equals + 1, end);
            written.append(pair, 0, equals + 1)
                    .append(pass.value("cookie/" + pair.substring(0, equals).strip(), value))
                    .append(pair, end, pair.length());
        }
        return written.toString();
    }

    private String authorization(RequestHead head, String value, Pass pass) {
        int space = value.indexOf(' ');
        String scheme = (space < 0 ? value : value.substring(0, space)).toLowerCase(Locale.ROOT);
        String rest = space < 0 ? "" : value.substring(space + 1).strip();
        return switch (scheme) {
            case "basic" -> settings.credentials().basic(value).orElse(value);
            case "digest" -> digest(head, value, pass);
            case "bearer", "token" -> {
                Optional<String> known =
                        settings.on() ? pass.lookUp(TOKEN_KIND, rest) : Optional.empty();
                yield known.or(() -> settings.credentials().bearer(rest))
                        .map(token -> value.substring(0, space + 1) + token)
                        .orElse(value);
            }
            default -> value;
        };
    }

    private String digest(RequestHead head, String value, Pass pass) {
        if (!settings.on()) {
            return value;
        }
        Optional<DigestChallenge> captured = DigestChallenge.of(value);
        if (captured.isEmpty()) {
            return value;
        }
        Optional<DigestChallenge> challenge =
                pass.lookUp("digest/nonce", captured.get().nonce()).flatMap(DigestChallenge::of);
        Optional<String> answer =
                challenge.flatMap(
                        found ->
                                settings.credentials()
                                        .digest(
                                                captured.get(),
                                                found,
                                                head.method(),
                                                head.target(),
                                                pass.body));
        if (answer.isEmpty() && !pass.awaited) {
            pass.unjudged("digest-not-made");
        }
        return answer.orElse(value);
    }

    private RequestHead path(RequestHead head, Pass pass) {
        if (!shared.hasIds() || !head.target().startsWith("/")) {
            return head;
        }
        String before = head.path();
        String now = settings.ids().path(before, pass);
        return now.equals(before)
                ? head
                : head.withTarget(now + head.target().substring(before.length()));
    }

    private RequestHead query(RequestHead head, Pass pass) {
        int mark = head.target().indexOf('?');
        if (mark < 0 || !(shared.hasTokens() || shared.hasIds())) {
            return head;
        }
        String before = head.target().substring(mark + 1);
        String now =
                RequestBody.pairs(
                        before,
                        pass.values((name, value) -> settings.ids().parameter(name, value, pass)));
        return now.equals(before)
                ? head
                : head.withTarget(head.target().substring(0, mark + 1) + now);
    }

    /** Whether the body may carry tokens that are known by now, or is hashed for a Digest. */
    public boolean wantsBody(RequestHead head) {
        return settings.on()
                && settings.maxBodyBytes() > 0
                && (isHashed(head)
                        || ((shared.hasTokens() || (shared.hasIds() && settings.ids().inBodies()))
                                && RequestBody.of(head, settings.names()).isPresent()));
    }

    /** Whether the client protects the body, too (RFC 7616, section 3.4.3). */
    private static boolean isHashed(RequestHead head) {
        return head.fields()
                .first("authorization")
                .flatMap(DigestChallenge::of)
                .filter(digest -> digest.of("qop", "").equalsIgnoreCase("auth-int"))
                .isPresent();
    }

    /** Bytes of a body that are waited for, to be looked at. */
    public int maxBodyBytes() {
        return settings.maxBodyBytes();
    }

    /**
     * The body, or the beginning of it, with the target's tokens; the same array where nothing was
     * replaced.
     *
     * @param whole whether that is all of the body
     */
    public Rewritten<byte[]> body(
            RequestHead head, byte[] body, boolean whole, List<SessionAction> out) {
        Pass pass = new Pass(Optional.empty(), out);
        return pass.done(
                RequestBody.of(head, settings.names())
                        .map(
                                read ->
                                        read.replaced(
                                                body,
                                                whole,
                                                pass.values(
                                                        (name, value) ->
                                                                settings.ids()
                                                                        .field(name, value, pass))))
                        .orElse(body));
    }
}
