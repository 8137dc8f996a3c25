package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Collation;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.mysql.wire.ServerVersion;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.session.Filters;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A command phase of tests, told as a story, and what it did in a few words. */
final class Phase {
    private static final Collation UTF8 = new Collation(45, "utf8mb4", "utf8mb4_general_ci");

    /** A user whose client's address is not known. */
    static final Filters.Who APP = new Filters.Who(Optional.empty(), Optional.of("app"));

    static final int CAPTURED_THREAD = 7;
    static final int TARGET_THREAD = 70;

    private Phase() {}

    static Playbook story(Capabilities captured, Capabilities target, StatementRules rules) {
        return story(phase(captured, target, rules));
    }

    /** A story of two sides alike, by these settings. */
    static Playbook story(CommandSettings settings) {
        return story(
                new CommandPhase(
                        side(Bytes.usual(), "10.11.19-MariaDB"),
                        side(Bytes.usual(), "9.7.4"),
                        settings,
                        1,
                        false));
    }

    /** The same, begun by this user with this database; what that led to is past. */
    static Playbook begun(CommandSettings settings, String user, String database) {
        return begun(settings, user, database, new ArrayList<>());
    }

    static Playbook begun(
            CommandSettings settings, String user, String database, List<SessionAction> out) {
        CommandPhase phase =
                new CommandPhase(
                        side(Bytes.usual(), "10.11.19-MariaDB"),
                        side(Bytes.usual(), "9.7.4"),
                        settings,
                        1,
                        false);
        phase.begin("mysql-thread x ", APP.as(user), database, out);
        return story(phase);
    }

    /** A story of a capture that shows what the client says, and nothing else. */
    static Playbook requestsOnly(Capabilities asked) {
        return story(
                new CommandPhase(
                        side(asked, "8.0.0"),
                        side(Bytes.usual(), "9.7.4"),
                        new CommandSettings(StatementRules.strict(), 1 << 26, 64 << 10),
                        1,
                        true));
    }

    /** A story that begins behind what a login does to the phase. */
    static Playbook story(Consumer<CommandPhase> login) {
        return story(login, StatementRules.strict());
    }

    static Playbook story(Consumer<CommandPhase> login, StatementRules rules) {
        CommandPhase phase = phase(Bytes.usual(), Bytes.usual(), rules);
        login.accept(phase);
        return story(phase);
    }

    /** A story with production's server of this version and with this default. */
    static Playbook withServerDefault(String version, Collation serverDefault) {
        return story(
                new CommandPhase(
                        new ServerSide(
                                ServerVersion.parse(version),
                                7,
                                Bytes.usual(),
                                UTF8,
                                serverDefault),
                        side(Bytes.usual(), "9.7.4"),
                        new CommandSettings(StatementRules.strict(), 1 << 26, 64 << 10),
                        1,
                        false));
    }

    private static CommandPhase phase(
            Capabilities captured, Capabilities target, StatementRules rules) {
        return new CommandPhase(
                side(captured, "10.11.19-MariaDB"),
                side(target, "9.7.4"),
                new CommandSettings(rules, 1 << 26, 64 << 10),
                1,
                false);
    }

    private static Playbook story(CommandPhase phase) {
        return Playbook.of(
                event -> {
                    List<SessionAction> out = new ArrayList<>();
                    phase.on(event, out);
                    return out;
                });
    }

    static Playbook story() {
        return story(Bytes.usual(), Bytes.usual(), StatementRules.strict());
    }

    private static ServerSide side(Capabilities capabilities, String version) {
        boolean mariaDb = version.contains("MariaDB");
        return new ServerSide(
                ServerVersion.parse(version),
                mariaDb ? CAPTURED_THREAD : TARGET_THREAD,
                capabilities,
                UTF8,
                UTF8);
    }

    /** What the last event led to, one word or two each. */
    static List<String> words(Playbook story) {
        return words(story.actions());
    }

    static List<String> words(List<SessionAction> actions) {
        return actions.stream()
                .filter(action -> !(action instanceof SessionAction.Rewritten))
                .map(Phase::word)
                .toList();
    }

    private static String word(SessionAction action) {
        return switch (action) {
            case SessionAction.Asked asked ->
                    "asked " + asked.request().ordinal() + " " + asked.request().operation();
            case SessionAction.Send send -> "send " + send.ordinal();
            case SessionAction.Answered answered ->
                    "answered " + answered.ordinal() + " " + answered.side();
            case SessionAction.Skipped skipped ->
                    "skipped " + skipped.ordinal() + " " + skipped.rule();
            case SessionAction.Lost lost -> "lost " + lost.ordinal() + " " + lost.reason();
            case SessionAction.Hold hold -> "hold " + hold.reason();
            case SessionAction.LeaveOut out -> "leave " + out.reason();
            case SessionAction.Injected injected -> "injected " + injected.operation();
            case SessionAction.Resume _ -> "resume";
            case SessionAction.Close _ -> "close";
            case SessionAction.WakeIn _ -> "wake";
            case SessionAction.Await await -> "await " + await.key();
            case SessionAction.Publish publish -> "publish " + publish.key();
            case SessionAction.Connect _,
                    SessionAction.OfUser _,
                    SessionAction.PassOver _,
                    SessionAction.StartTls _,
                    SessionAction.HalfClose _,
                    SessionAction.CapturedTls _,
                    SessionAction.Announce _,
                    SessionAction.Rewritten _,
                    SessionAction.Withdraw _ ->
                    throw new AssertionError("not of commands: " + action);
        };
    }

    /** The bytes of the last send of the story. */
    static ByteBuf lastSent(Playbook story) {
        return story.all(SessionAction.Send.class).getLast().bytes();
    }
}
