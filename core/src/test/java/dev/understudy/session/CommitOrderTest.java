package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Answered;
import dev.understudy.protocol.SessionAction.Asked;
import dev.understudy.protocol.SessionAction.Close;
import dev.understudy.protocol.SessionAction.Connect;
import dev.understudy.protocol.SessionAction.Send;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Transactions on rows with locks, held against a database that is a few maps: whatever the online
 * one came to, the target comes to as well, however long it takes for what.
 *
 * <p>A command is a letter and, where it writes, a row from 0 to 9: {@code b}egin, {@code w}rite,
 * {@code c}ommit, {@code r}ollback, {@code a}utocommitted write, {@code s}elect.
 */
class CommitOrderTest {
    private static final int SESSIONS = 8;
    private static final int ROWS = 4;
    private static final int TRANSACTIONS = 12;

    private Optional<ScriptedCopy> last = Optional.empty();

    /** One session: it sends what locks when production has answered it. */
    private static final class Transactions implements ProtocolSession {
        private long asked;
        private long onlineAnswers;
        private long targetAnswers;
        private Optional<SessionAction> deferred = Optional.empty();

        @Override
        public List<SessionAction> on(SessionEvent event) {
            List<SessionAction> out = new ArrayList<>();
            switch (event) {
                case SessionEvent.Captured(Direction direction, ByteBuf in, long at, var times) -> {
                    if (direction == Direction.FROM_CLIENT) {
                        while (in.isReadable() && deferred.isEmpty()) {
                            command(in, times.at(at), out);
                        }
                    } else {
                        in.skipBytes(1);
                        out.add(answer(onlineAnswers++, Side.ONLINE, times.at(at)));
                        deferred.ifPresent(out::add);
                        deferred = Optional.empty();
                    }
                }
                case SessionEvent.Target(int _, ByteBuf in, long at, var times) -> {
                    in.skipBytes(1);
                    out.add(answer(targetAnswers++, Side.TARGET, times.at(at)));
                }
                case SessionEvent.CapturedEnd(var direction, var _, long _) -> {
                    if (direction == Direction.FROM_CLIENT && asked == targetAnswers) {
                        out.add(new Close(0));
                    }
                }
                default -> {}
            }
            return out;
        }

        private SessionAction answer(long ordinal, Side side, long time) {
            return new Answered(ordinal, side, new ScriptedCopy.Text("."), time);
        }

        private void command(ByteBuf in, long time, List<SessionAction> out) {
            String text = in.readCharSequence(2, StandardCharsets.US_ASCII).toString();
            if (asked == 0) {
                out.add(Connect.toTarget());
            }
            char verb = text.charAt(0);
            boolean locks = verb == 'w' || verb == 'a';
            boolean commits = verb == 'c' || verb == 'r' || verb == 'a';
            long ordinal = asked++;
            out.add(
                    new Asked(
                            new Request(
                                    ordinal, text, text, text, time, true, Map.of(), locks,
                                    commits)));
            SessionAction send =
                    Send.request(ordinal, Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
            if (locks) {
                deferred = Optional.of(send);
            } else {
                out.add(send);
            }
        }
    }

    /** A database: what it holds, and who has locked which row. */
    private static final class Database {
        private final String[] rows = new String[ROWS];
        private final Map<Integer, Integer> lockedBy = new TreeMap<>();
        private final Map<Integer, Map<Integer, String>> open = new TreeMap<>();

        private Database() {
            Arrays.fill(rows, "");
        }

        /** Whether a command can be done now; then it is. */
        boolean does(int session, String command, int number) {
            char verb = command.charAt(0);
            int row = command.charAt(1) - '0';
            if (verb == 'w' || verb == 'a') {
                if (lockedBy.getOrDefault(row, session) != session) {
                    return false;
                }
                lockedBy.put(row, session);
                open.computeIfAbsent(session, _ -> new TreeMap<>())
                        .put(row, session + "." + number);
            }
            if (verb == 'c' || verb == 'a') {
                open.getOrDefault(session, Map.of()).forEach((at, value) -> rows[at] = value);
            }
            if (verb == 'c' || verb == 'r' || verb == 'a') {
                open.remove(session);
                lockedBy.values().removeIf(owner -> owner == session);
            }
            return true;
        }

        @Override
        public String toString() {
            return Arrays.toString(rows);
        }
    }

    /** What one session says, and how far either side is with it. */
    private static final class Client {
        private final List<String> commands = new ArrayList<>();
        private int captured;
        private int done;
        private int answered;
        private int onTarget;

        private Client(Random random) {
            for (int i = 0; i < TRANSACTIONS; i++) {
                switch (random.nextInt(4)) {
                    case 0 -> commands.add("a" + random.nextInt(ROWS));
                    case 1 -> commands.add("s0");
                    default -> transaction(random);
                }
            }
        }

        private void transaction(Random random) {
            commands.add("b0");
            // Rows in one order: production knows no dead locks here.
            for (int row = 0; row < ROWS; row++) {
                if (random.nextInt(3) != 0) {
                    commands.add("w" + row);
                }
            }
            commands.add(random.nextInt(5) == 0 ? "r0" : "c0");
        }
    }

    @AfterEach
    void nothingIsLeft() {
        last.ifPresent(copy -> assertEquals(Optional.empty(), copy.board.fault()));
    }

    private ScriptedCopy copy(boolean commitOrder) {
        ScriptedCopy made =
                new ScriptedCopy(RunLimits.defaults(), _ -> new Transactions(), commitOrder);
        last = Optional.of(made);
        return made;
    }

    /** What both databases hold at the end, and whether the target got stuck on the way. */
    private record Outcome(String online, String target, boolean stuck) {}

    private Outcome run(long seed, boolean commitOrder) {
        Random random = new Random(seed);
        ScriptedCopy copy = copy(commitOrder);
        Database online = new Database();
        Database target = new Database();
        List<Client> clients = new ArrayList<>();
        List<ScriptedCopy.Conversation> conversations = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            clients.add(new Client(random));
            conversations.add(copy.open());
        }
        Map<Integer, Integer> lanes = new TreeMap<>();
        boolean stuck = false;
        for (int idle = 0; clients.stream().anyMatch(c -> c.onTarget < c.commands.size()); ) {
            int s = random.nextInt(SESSIONS);
            Client client = clients.get(s);
            // Production is often ahead, and now and then the target gets some time.
            boolean moved =
                    random.nextInt(3) > 0
                            ? production(s, client, online, conversations.get(s), random)
                            : rehearsal(s, client, target, copy, lanes);
            while (lanes.size() < copy.target.connections()) {
                int lane = lanes.size();
                FakeTarget.Connection connection = copy.target.connection(lane).up();
                lanes.put(connection.clientPort() - ScriptedCopy.FIRST_PORT, lane);
            }
            idle = moved ? 0 : idle + 1;
            if (idle > 2_000) {
                stuck = true;
                copy.pass(RunLimits.defaults().orderWaitMax());
                break;
            }
        }
        return new Outcome(online.toString(), target.toString(), stuck);
    }

    /** One step of production: a request, a lock got, an answer. */
    private static boolean production(
            int s,
            Client client,
            Database online,
            ScriptedCopy.Conversation conversation,
            Random random) {
        if (client.answered < client.done) {
            client.answered++;
            conversation.server(".");
            return true;
        }
        if (client.done < client.captured) {
            String command = client.commands.get(client.done);
            if (!online.does(s, command, client.done)) {
                return false;
            }
            client.done++;
            // Of a commit the locks are given up some time before the client hears of it.
            if (command.charAt(0) == 'a' || random.nextBoolean()) {
                client.answered++;
                conversation.server(".");
            }
            return true;
        }
        if (client.captured < client.commands.size()) {
            conversation.client(client.commands.get(client.captured++));
            return true;
        }
        return false;
    }

    private static boolean rehearsal(
            int s, Client client, Database target, ScriptedCopy copy, Map<Integer, Integer> lanes) {
        if (!lanes.containsKey(s)) {
            return false;
        }
        FakeTarget.Connection connection = copy.target.connection(lanes.get(s));
        String sent = connection.log();
        if (sent.length() < 2 * client.onTarget + 2) {
            return false;
        }
        String command = sent.substring(2 * client.onTarget, 2 * client.onTarget + 2);
        assertEquals(client.commands.get(client.onTarget), command);
        if (!target.does(s, command, client.onTarget)) {
            return false;
        }
        client.onTarget++;
        connection.say(".");
        return true;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000})
    void theTargetComesToWhatProductionCameTo(long batch) {
        for (long seed = batch; seed < batch + 50L; seed++) {
            Outcome outcome = run(seed, true);
            assertFalse(outcome.stuck(), "nothing moves, seed " + seed);
            assertEquals(outcome.online(), outcome.target(), "seed " + seed);
            assertEquals(0, last.orElseThrow().counts().order().commitSuspect());
            assertEquals(0, last.orElseThrow().counts().order().suspect());
        }
    }

    /** Else the one above would prove nothing. */
    @Test
    void withoutThatOrderItDoesNot() {
        int apart = 0;
        for (long seed = 0; seed < 50; seed++) {
            Outcome outcome = run(seed, false);
            apart += outcome.stuck() || !outcome.online().equals(outcome.target()) ? 1 : 0;
        }
        assertTrue(apart > 25, apart + " of 50 ended otherwise");
    }

    // One step at a time.

    /** Brings a session as far as to be connected. */
    private FakeTarget.Connection begun(ScriptedCopy copy, ScriptedCopy.Conversation who) {
        who.client("b0").server(".");
        FakeTarget.Connection connection =
                copy.target.connection(copy.target.connections() - 1).up();
        return connection.say(".");
    }

    @Test
    void aLockWaitsForACommitThatWasUnderWayWhenItWasAnswered() {
        ScriptedCopy copy = copy(true);
        var first = copy.open();
        var second = copy.open();
        var one = begun(copy, first);
        var two = begun(copy, second);
        first.client("w1").server(".");
        one.say(".");
        second.client("w1");
        first.client("c0");
        // Production lets go of the lock before it says so.
        second.server(".");
        first.server(".");
        assertEquals("b0w1c0", one.log());
        assertEquals("b0", two.log());
        one.say(".");
        assertEquals("b0w1", two.log());
        two.say(".");
        assertEquals(1, copy.counts().order().commitWaits());
        assertEquals(0, copy.counts().order().commitSuspect());
    }

    @Test
    void aLockWaitsForACommitThatWaitsForItsOwnTurn() {
        ScriptedCopy copy = copy(true);
        var first = copy.open();
        var second = copy.open();
        var one = begun(copy, first);
        var two = begun(copy, second);
        first.client("w1").server(".");
        // The target has not done the write yet, so that the commit is not even read.
        first.client("c0").server(".");
        second.client("w1").server(".");
        assertEquals("b0w1", one.log());
        assertEquals("b0", two.log());
        one.say(".");
        assertEquals("b0w1c0", one.log());
        assertEquals("b0", two.log());
        one.say(".");
        assertEquals("b0w1", two.log());
    }

    @Test
    void aCommitThatNeverComesIsSetAsideAndCounted() {
        ScriptedCopy copy = copy(true);
        var first = copy.open();
        var second = copy.open();
        var one = begun(copy, first);
        var two = begun(copy, second);
        first.client("c0");
        second.client("w1");
        second.server(".");
        assertEquals("b0c0", one.log());
        assertEquals("b0", two.log());
        // Waits have a limit by the clock of this host, which the test does not turn.
        assertNotEquals(0, copy.copier.commits().orElseThrow().waiting());
        assertEquals(
                1,
                copy.copier
                        .commits()
                        .orElseThrow()
                        .expire(System.nanoTime() + Duration.ofMinutes(1).toNanos()));
        copy.copier.release();
        assertEquals("b0w1", two.log());
    }

    @Test
    void aConnectionThatEndsGivesUpItsLocks() {
        ScriptedCopy copy = copy(true);
        var first = copy.open();
        var second = copy.open();
        var third = copy.open();
        var one = begun(copy, first);
        var two = begun(copy, second);
        var three = begun(copy, third);
        first.client("s0").server(".");
        // It has a request under way, so that its connection stays.
        third.client("s0");
        first.end();
        second.client("w1").server(".");
        assertEquals("b0", two.log());
        one.say(".").ended("closed");
        assertEquals("b0w1", two.log());
        assertEquals("b0s0", three.log());
    }

    @Test
    void whatComesBehindAWaitingRequestWaitsAsWell() {
        ScriptedCopy copy = copy(true);
        var first = copy.open();
        var second = copy.open();
        var one = begun(copy, first);
        var two = begun(copy, second);
        first.client("c0");
        second.client("w1s0");
        second.server(".").server(".");
        assertEquals("b0", two.log());
        one.say(".");
        assertEquals("b0w1s0", two.log());
        assertEquals("b0c0", one.log());
    }

    @Test
    void withoutThatOrderNothingWaits() {
        ScriptedCopy copy = copy(false);
        var first = copy.open();
        var second = copy.open();
        var one = begun(copy, first);
        var two = begun(copy, second);
        first.client("c0");
        second.client("w1").server(".");
        assertEquals("b0w1", two.log());
        assertEquals("b0c0", one.log());
        assertEquals(0, copy.counts().order().commitWaits());
    }
}
