package dev.understudy.http.state;

import dev.understudy.http.message.FieldLine;
import dev.understudy.http.message.Fields;
import dev.understudy.http.message.RequestHead;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.session.ValueMapping;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
         */
        record Ready<T>(T part, Optional<String> unjudged) implements Rewritten<T> {}
    }

    /** One look at a request: what it needs, and what was found for it. */
    private final class Pass {
        private final List<SessionAction> out;
        private boolean awaited;
        private Optional<String> unjudged = Optional.empty();

        private Pass(List<SessionAction> out) {
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
                case ValueMapping.Found.Known(byte[] found) -> usable(found);
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
            return awaited ? new Rewritten.Awaited<>() : new Rewritten.Ready<>(part, unjudged);
        }
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
     */
    public Rewritten<RequestHead> head(RequestHead head, String path, List<SessionAction> out) {
        Pass pass = new Pass(out);
        RequestHead moved = settings.on() ? query(head, pass) : head;
        List<FieldLine> lines = new ArrayList<>(head.fields().lines().size());
        for (FieldLine line : head.fields().lines()) {
            String value = line.header().value();
            String now = field(moved, path, line.header().name(), value, pass);
            lines.add(now.equals(value) ? line : FieldLine.of(line.header().name(), now));
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
                                                head.target()));
        if (answer.isEmpty() && !pass.awaited) {
            pass.unjudged("digest-not-made");
        }
        return answer.orElse(value);
    }

    private RequestHead query(RequestHead head, Pass pass) {
        int mark = head.target().indexOf('?');
        if (mark < 0 || !shared.hasTokens()) {
            return head;
        }
        String before = head.target().substring(mark + 1);
        String now = pairs(before, pass);
        return now.equals(before)
                ? head
                : head.withTarget(head.target().substring(0, mark + 1) + now);
    }

    /** Names and values as forms and queries write them. */
    private String pairs(String text, Pass pass) {
        StringBuilder written = new StringBuilder(text.length());
        for (String pair : text.split("(?<=&)", -1)) {
            int end = pair.endsWith("&") ? pair.length() - 1 : pair.length();
            int equals = pair.indexOf('=');
            boolean token =
                    equals >= 0
                            && equals < end
                            && settings.names()
                                    .isField(Escapes.fromForm(pair.substring(0, equals)));
            if (!token) {
                written.append(pair);
                continue;
            }
            String value = pair.substring(equals + 1, end);
            written.append(pair, 0, equals + 1)
                    .append(
                            pass.lookUp(TOKEN_KIND, Escapes.fromForm(value))
                                    .map(found -> URLEncoder.encode(found, StandardCharsets.UTF_8))
                                    .orElse(value))
                    .append(pair, end, pair.length());
        }
        return written.toString();
    }

    /**
     * Whether the body may carry tokens that are known by now: then it has to be there as a whole.
     *
     * @param bytes the body's length
     */
    public boolean wantsBody(RequestHead head, long bytes) {
        return settings.on()
                && bytes <= settings.maxBodyBytes()
                && bodyKind(head) != BodyKind.OTHER
                && shared.hasTokens();
    }

    private enum BodyKind {
        FORM,
        JSON,
        OTHER
    }

    private static BodyKind bodyKind(RequestHead head) {
        if (!head.fields().members("content-encoding").isEmpty()) {
            return BodyKind.OTHER;
        }
        String type = head.fields().first("content-type").orElse("").toLowerCase(Locale.ROOT);
        if (type.startsWith("application/x-www-form-urlencoded")) {
            return BodyKind.FORM;
        }
        return type.startsWith("application/json") || type.contains("+json")
                ? BodyKind.JSON
                : BodyKind.OTHER;
    }

    /** The body with the target's tokens; the same array where nothing was rewritten. */
    public Rewritten<byte[]> body(RequestHead head, byte[] body, List<SessionAction> out) {
        Pass pass = new Pass(out);
        // One byte, one character: what is not rewritten stays to the letter.
        String text = new String(body, StandardCharsets.ISO_8859_1);
        String now =
                switch (bodyKind(head)) {
                    case FORM -> pairs(text, pass);
                    case JSON -> members(text, pass);
                    case OTHER -> text;
                };
        return pass.done(now.equals(text) ? body : now.getBytes(StandardCharsets.ISO_8859_1));
    }

    private String members(String text, Pass pass) {
        Matcher found = settings.names().inJson().matcher(text);
        StringBuilder written = new StringBuilder(text.length());
        int at = 0;
        while (found.find()) {
            String value = Escapes.fromJson(found.group(2));
            Optional<String> other = pass.lookUp(TOKEN_KIND, value);
            if (other.isPresent()) {
                written.append(text, at, found.start(2)).append(Escapes.toJson(other.get()));
                at = found.end(2);
            }
        }
        return written.append(text, at, text.length()).toString();
    }
}
