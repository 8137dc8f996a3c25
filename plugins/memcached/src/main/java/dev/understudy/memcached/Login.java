package dev.understudy.memcached;

import dev.understudy.memcached.MemcachedSettings.LoginMode;
import dev.understudy.memcached.MemcachedSettings.TargetUser;
import dev.understudy.memcached.MemcachedSettings.TextAuth;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.OpenRequests;
import dev.understudy.memcached.command.Pending;
import dev.understudy.memcached.command.Shape;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The logins of a connection: production's is followed to its end, then one of our own is made on
 * the target while what was captured waits. The two need not have as many steps.
 */
final class Login {
    /** The reason of the hold while the target is logged in to. */
    static final String HOLD = "login";

    /** How long a login on the target may take, the connection included. */
    static final Duration MAX_LOGIN = Duration.ofSeconds(30);

    /** User, blank and password of a text login; servers read no more. */
    private static final int MAX_TEXT_BYTES = 512;

    private static final int MAX_USER = 64;

    private final Shared shared;
    private final MemcachedSettings settings;
    private final boolean binary;
    private final OpenRequests openRequests;

    private Optional<TargetLogin> target = Optional.empty();
    private Optional<Ask> ask = Optional.empty();
    private Optional<TargetUser> targetUser = Optional.empty();
    private String user = "";
    private String mechanism = "";
    private long ordinal = SessionAction.NO_ORDINAL;
    private boolean open;
    private boolean unauthenticated;
    private boolean begun;
    private boolean firstSeen;

    /**
     * What a captured request of a login is.
     *
     * @param asks whether it begins one, and is a request in the ledger
     * @param skipped whether that request ends here
     */
    record Captured(boolean asks, boolean skipped, Ask shown) {}

    /** What an answer of production means. */
    sealed interface Outcome {
        /** More steps follow. */
        record Going() implements Outcome {}

        /** The client was not let in. */
        record Refused() implements Outcome {}

        /** It was, and the target is not to be logged in to for it. */
        record NotCopied() implements Outcome {}

        /** It was; who it is on the target is not known. */
        record Unknown(String user) implements Outcome {}

        /** It was; the target has refused this user often enough. */
        record Stopped(String user) implements Outcome {}

        /** It was: the target's login comes next. */
        record Accepted() implements Outcome {}

        /** Whether the client is logged in now. */
        default boolean isIn() {
            return switch (this) {
                case Going(), Refused() -> false;
                case NotCopied(), Unknown _, Stopped _, Accepted() -> true;
            };
        }
    }

    /** How the target's login goes on. */
    sealed interface Step {
        /** More of the target's bytes are awaited. */
        record More() implements Step {}

        /** The target has let us in. */
        record Done() implements Step {}

        /** It has not. */
        record Refused(String user, String why) implements Step {}

        /** There is no going on. */
        record Failed(String reason, String detail) implements Step {}
    }

    Login(Shared shared, boolean binary, OpenRequests open) {
        this.shared = shared;
        this.openRequests = open;
        this.settings = shared.settings();
        this.binary = binary;
    }

    /** Whether the target is being logged in to. */
    boolean isGoing() {
        return target.isPresent();
    }

    /** Whether production has yet to say what came of a login. */
    boolean awaitsOnline() {
        return open;
    }

    /**
     * Who the captured client has logged in as last; empty where that could not be read, or is part
     * of a value and no name that the settings know.
     */
    String user() {
        return isName() ? user : "";
    }

    /** Whether a login on the target has to come before anything else. */
    boolean isDueFirst() {
        return settings.login() == LoginMode.ALWAYS && !begun;
    }

    /** The login's request in the ledger, or below 0. */
    long ordinal() {
        return ordinal;
    }

    void ordinal(long number) {
        ordinal = number;
    }

    /** The login as a request. */
    Ask ask() {
        return ask.orElseThrow();
    }

    /** The server has said that a login comes first. */
    void serverWantsLogin() {
        unauthenticated = true;
    }

    // The captured side.

    /** Whether a captured request, whose value is there if it is small, is a step of a login. */
    boolean takes(Ask request, ByteBuf in, int headLength) {
        if (binary) {
            return request.kind() == Kind.LOGIN;
        }
        boolean first = !firstSeen;
        firstSeen = true;
        if (!request.operation().equals("set") || settings.textAuth() == TextAuth.NO) {
            return false;
        }
        if (request.bodyBytes() > MAX_TEXT_BYTES || (!first && !unauthenticated)) {
            return false;
        }
        return unauthenticated
                || settings.textAuth() == TextAuth.YES
                || settings.users().containsKey(textUser(request, in, headLength));
    }

    private static String textUser(Ask request, ByteBuf in, int headLength) {
        String value = value(request, in, headLength);
        int blank = value.indexOf(' ');
        return blank < 0 ? "" : value.substring(0, blank);
    }

    private static String value(Ask request, ByteBuf in, int headLength) {
        int bytes = (int) Math.min(request.bodyBytes(), MAX_TEXT_BYTES);
        return in.toString(in.readerIndex() + headLength, bytes, StandardCharsets.UTF_8);
    }

    /** A step that {@link #takes} said yes to. */
    Captured captured(Ask request, ByteBuf in, int headLength) {
        if (!binary) {
            user = textUser(request, in, headLength);
            mechanism = "";
            return begins(request);
        }
        if (request.operation().equals(Opcode.SASL_LIST.name())) {
            return new Captured(true, true, request);
        }
        String said = value(request, in, headLength);
        boolean begins = !open || request.operation().equals(Opcode.SASL_AUTH.name());
        if (begins) {
            // The key of the packet, behind its header.
            int key = in.getUnsignedShort(in.readerIndex() + 2);
            mechanism =
                    in.toString(
                            in.readerIndex() + headLength - key, key, StandardCharsets.US_ASCII);
            user = "";
        }
        if (user.isEmpty()) {
            user = saslUser(said);
        }
        return begins ? begins(request) : new Captured(false, false, request);
    }

    private Captured begins(Ask request) {
        open = true;
        Ask shown =
                Ask.loud(Kind.LOGIN, "login", List.of(), request.bodyBytes(), shape(request))
                        .shownAs("login of '%s'".formatted(named()));
        ask = Optional.of(shown);
        return new Captured(true, false, shown);
    }

    private static Shape shape(Ask request) {
        return request.shape() instanceof Shape.Packet
                ? request.shape()
                : new Shape.Words(Set.of("STORED", "NOT_STORED"));
    }

    private String saslUser(String said) {
        return switch (mechanism) {
            case "PLAIN" -> {
                String[] parts = said.split("\0", -1);
                yield parts.length == 3 ? parts[1] : "";
            }
            // The client's answer to the challenge: the user, a blank, a digest.
            case "CRAM-MD5" -> said.indexOf(' ') < 0 ? "" : said.substring(0, said.indexOf(' '));
            default -> scramUser(said);
        };
    }

    private static String scramUser(String said) {
        for (String part : said.split(",", -1)) {
            if (part.startsWith("n=")) {
                return part.substring(2).replace("=2C", ",").replace("=3D", "=");
            }
        }
        return "";
    }

    /** A text login's user is part of a value: only one that the settings name may be shown. */
    private String named() {
        return isName() ? shown(user) : "a user of no name here";
    }

    private boolean isName() {
        return binary || settings.users().containsKey(user);
    }

    private static String shown(String name) {
        StringBuilder out = new StringBuilder();
        name.chars()
                .limit(MAX_USER)
                .forEach(c -> out.append(c >= ' ' && c != 0x7F ? (char) c : '.'));
        return out.toString();
    }

    /** What production's answer to a step means. */
    Outcome onlineAnswered(Ask step, Answer answer) {
        if (step.operation().equals(Opcode.SASL_LIST.name())) {
            return new Outcome.Going();
        }
        if (answer instanceof Answer.Failed(String type, String _)
                && type.equals("AUTH_CONTINUE")) {
            return new Outcome.Going();
        }
        open = false;
        boolean accepted =
                answer instanceof Answer.Said
                        || (answer instanceof Answer.Status(String word, String _, long _)
                                && word.equals("STORED"));
        if (!accepted) {
            return new Outcome.Refused();
        }
        unauthenticated = false;
        if (settings.login() != LoginMode.AS_CAPTURED) {
            return new Outcome.NotCopied();
        }
        targetUser = settings.user(user);
        if (targetUser.isEmpty()) {
            return new Outcome.Unknown(named());
        }
        return shared.refusals().enough(targetUser.get().name())
                ? new Outcome.Stopped(named())
                : new Outcome.Accepted();
    }

    // The target's side.

    /** Begins the target's login, and holds what is captured. */
    void begin(List<SessionAction> out) {
        begun = true;
        TargetUser who =
                targetUser.orElseGet(() -> settings.users().get(MemcachedSettings.ANY_USER));
        targetUser = Optional.of(who);
        if (user.isEmpty()) {
            user = who.name();
        }
        TargetLogin login =
                binary ? new SaslTargetLogin(who, shared) : new TextTargetLogin(who, openRequests);
        target = Optional.of(login);
        out.add(new SessionAction.Hold(HOLD, MAX_LOGIN));
        login.begin(out);
    }

    /** Whether the target's next bytes belong to the login. */
    boolean reads(ByteBuf bytes) {
        return target.isPresent() && target.get().reads(bytes);
    }

    /** Whether an answer of the target is for a request of the login. */
    boolean awaits(Pending request) {
        return target.isPresent() && !request.told() && request.ask().kind() == Kind.LOGIN;
    }

    /** Takes the target's next bytes in. */
    Step onTarget(ByteBuf bytes, List<SessionAction> out) {
        return noted(target.orElseThrow().on(bytes, out));
    }

    /** Takes in the target's answer to a request that it {@link #awaits}. */
    Step answered(Answer answer, List<SessionAction> out) {
        return noted(target.orElseThrow().on(answer, out));
    }

    private Step noted(Step step) {
        if (!(step instanceof Step.More)) {
            target = Optional.empty();
        }
        String name = targetUser.orElseThrow().name();
        switch (step) {
            case Step.Done() -> shared.refusals().accepted(name);
            case Step.Refused _ -> shared.refusals().refused(name);
            case Step.More(), Step.Failed _ -> {}
        }
        return step instanceof Step.Refused(String _, String why)
                ? new Step.Refused(named(), why)
                : step;
    }
}
