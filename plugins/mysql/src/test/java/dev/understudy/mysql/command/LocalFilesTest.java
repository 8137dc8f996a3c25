package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.command;
import static dev.understudy.mysql.command.Bytes.error;
import static dev.understudy.mysql.command.Bytes.errorPayload;
import static dev.understudy.mysql.command.Bytes.hex;
import static dev.understudy.mysql.command.Bytes.join;
import static dev.understudy.mysql.command.Bytes.ok;
import static dev.understudy.mysql.command.Bytes.okPayload;
import static dev.understudy.mysql.command.Bytes.packet;
import static dev.understudy.mysql.command.Bytes.query;
import static dev.understudy.mysql.command.Bytes.text;
import static dev.understudy.mysql.command.Phase.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.Verdict;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LocalFilesTest {
    private static final String LOAD = "load data local infile '/f' into table t";

    /** A server's question for a file, under this sequence id. */
    private static ByteBuf asks(int sequence) {
        return packet(sequence, join(hex("fb"), text("/f")));
    }

    /** A file as a client sends it, in two packets and an empty one. */
    private static ByteBuf file(int firstSequence) {
        return join(
                packet(firstSequence, text("1\tone\n")),
                packet(firstSequence + 1, text("2\ttwo\n")),
                packet(firstSequence + 2, Unpooled.EMPTY_BUFFER));
    }

    private static ByteBuf okAt(int sequence) {
        return packet(sequence, okPayload(0, 2, 2, 0));
    }

    /** What went to the target behind the statement, packets taken apart and joined again. */
    private static String sentFile(Playbook story) {
        StringBuilder file = new StringBuilder();
        int sequence = 2;
        boolean ended = false;
        ByteBuf all = Unpooled.buffer();
        for (SessionAction.Send send : story.all(SessionAction.Send.class)) {
            if (send.ordinal() == SessionAction.NO_ORDINAL) {
                all.writeBytes(send.bytes().duplicate());
            }
        }
        while (all.isReadable()) {
            int length = all.readMediumLE();
            assertEquals(sequence++ & 0xFF, all.readUnsignedByte(), "sequence id");
            assertFalse(ended, "bytes behind the end");
            ended = length == 0;
            file.append(all.readCharSequence(length, StandardCharsets.UTF_8));
        }
        return file + (ended ? "." : "");
    }

    @Test
    void aFileGoesToTheTargetThatAsksForItWhereverItsBytesAreCut() {
        ByteBuf whole = file(2);
        for (int cut = 0; cut <= whole.readableBytes(); cut++) {
            Playbook story = Phase.story().client(query(LOAD)).target(asks(1)).server(asks(1));
            story.client(whole.copy(0, cut));
            story.client(whole.copy(cut, whole.readableBytes() - cut));
            assertEquals("1\tone\n2\ttwo\n.", sentFile(story), "cut at " + cut);
            story.server(okAt(5));
            // Our packets are as many as the pieces were: the target counts those.
            int packets = story.all(SessionAction.Send.class).size() - 1;
            story.target(okAt(2 + packets)).client(command(Command.COM_PING)).server(ok());
            assertEquals(List.of("answered 2 ONLINE"), words(story), "cut at " + cut);
            assertEquals(
                    List.of(),
                    words(
                            story.all(SessionAction.LeaveOut.class).stream()
                                    .map(SessionAction.class::cast)
                                    .toList()));
            assertEquals(3, story.all(SessionAction.Answered.class).size());
        }
    }

    @Test
    void aFileWaitsUntilTheTargetHasSaidWhetherItWantsIt() {
        Playbook story = Phase.story().client(query(LOAD)).server(asks(1));
        assertEquals(List.of("hold local-file"), words(story.client(file(2))));
        assertTrue(story.held());
        assertEquals("", sentFile(story));
        story.target(asks(1));
        assertEquals("1\tone\n2\ttwo\n.", sentFile(story));
    }

    @Test
    void whatTheTargetDoesNotAskForIsNotSent() {
        Figures figures = new Figures();
        Playbook story =
                Phase.story(
                        new CommandSettings(StatementRules.strict(), 1 << 20, 1024, 100, figures));
        story.client(query(LOAD)).server(asks(1)).client(file(2));
        story.target(error(3948, "Loading local data is disabled"));
        story.server(okAt(5));
        assertEquals("", sentFile(story));
        assertEquals("error-appeared", ((Verdict.Different) verdict(story)).kind());
        story.client(command(Command.COM_PING)).target(ok());
        assertEquals(List.of("answered 2 TARGET"), words(story));
        assertEquals(
                List.of(
                        List.of("sent to the target", "0"),
                        List.of("not asked for by the target, and not sent", "12")),
                figures.tables().getFirst().rows());
    }

    private static Verdict verdict(Playbook story) {
        List<SessionAction.Answered> answers = story.all(SessionAction.Answered.class);
        boolean onlineFirst = answers.get(0).side() == dev.understudy.protocol.Side.ONLINE;
        return Replies.compare(
                (Answer) answers.get(onlineFirst ? 0 : 1).reply(),
                (Answer) answers.get(onlineFirst ? 1 : 0).reply());
    }

    @Test
    void aSkippedStatementTakesItsFileAlong() {
        Playbook story =
                Phase.story().client(query("load data local infile '/f' into table mysql.user"));
        assertEquals(List.of("asked 1 COM_QUERY", "skipped 1 server-wide"), words(story));
        story.server(asks(1)).client(file(2)).server(okAt(5));
        assertEquals(List.of(), story.all(SessionAction.Send.class));
        assertEquals(
                List.of("asked 2 COM_PING", "send 2"),
                words(story.client(command(Command.COM_PING))));
    }

    /** Of a hostile target, or one with another statement in the same text. */
    @Test
    void aFileThatTheTargetAloneAsksForIsSentEmpty() {
        Playbook story = Phase.story().client(query("select 1")).target(asks(1));
        assertEquals(List.of(), words(story));
        story.server(error(1148, "not allowed"));
        assertEquals(List.of("answered 1 ONLINE", "injected empty-file", "send -1"), words(story));
        assertEquals(".", sentFile(story));
        assertEquals(List.of("answered 1 TARGET"), words(story.target(okAt(3))));

        Playbook other = Phase.story().client(query("select 1")).server(ok());
        assertEquals(List.of("injected empty-file", "send -1"), words(other.target(asks(1))));
    }

    @Test
    void aTargetThatNeverStopsAskingMeetsTheLimitOfResults() {
        Playbook story = Phase.story().client(query("select 1")).server(ok());
        story.target(asks(1));
        int rounds = 0;
        while (!words(story).getLast().startsWith("leave")) {
            story.target(asks(3 + 2 * rounds++ & 0xFF));
        }
        assertEquals("leave too-large", words(story).getLast());
        assertEquals(AnswerReader.MAX_RESULTS, rounds);
    }

    @Test
    void severalFilesOfOneTextGoWhereTheyBelong() {
        Playbook story =
                Phase.story().client(query(LOAD + ";" + LOAD)).server(asks(1)).target(asks(1));
        story.client(file(2));
        ByteBuf more = packet(5, okPayload(0, 2, 2 | 8, 0));
        story.server(join(more.copy(), asks(6)));
        story.client(join(packet(7, text("3\n")), packet(8, Unpooled.EMPTY_BUFFER)));
        assertTrue(story.held(), "the target has not asked for the second one");
        story.target(join(more, asks(6)));
        assertEquals("answered 1 ONLINE", words(story.server(okAt(9))).getFirst());
        assertEquals(List.of("answered 1 TARGET"), words(story.target(okAt(9))));
    }

    @Test
    void aFileMayBeEmptyAndItsPacketsMayBeContinued() {
        Playbook empty = Phase.story().client(query(LOAD)).target(asks(1)).server(asks(1));
        empty.client(packet(2, Unpooled.EMPTY_BUFFER));
        assertEquals(".", sentFile(empty));

        Playbook full = Phase.story().client(query(LOAD)).target(asks(1)).server(asks(1));
        // Exactly the longest packet: the empty one behind it continues it and ends nothing.
        full.client(
                join(hex("ffffff 02"), Unpooled.buffer().writeZero(0xFFFFFF), hex("000000 03")));
        assertFalse(sentFileEnds(full));
        full.client(hex("000000 04"));
        assertTrue(sentFileEnds(full));
        assertEquals(List.of("answered 1 ONLINE"), words(full.server(okAt(5))));
    }

    private static boolean sentFileEnds(Playbook story) {
        return Phase.lastSent(story).readableBytes() == 4;
    }

    @Test
    void aFileOverTheLimitEndsTheSession() {
        Playbook story =
                Phase.story(
                        new CommandSettings(
                                StatementRules.strict(), 1 << 20, 1024, 8, new Figures()));
        story.client(query(LOAD)).target(asks(1)).server(asks(1));
        assertEquals("leave too-large", words(story.client(file(2))).getLast());
        assertEquals(
                "a local file of more than 8 bytes: raise mysql.max-local-file",
                story.all(SessionAction.LeaveOut.class).getFirst().detail());
    }

    @Test
    void aFileOutOfSequenceIsNotGuessedAt() {
        Playbook story = Phase.story().client(query(LOAD)).target(asks(1)).server(asks(1));
        assertEquals(List.of("leave malformed-request"), words(story.client(file(3))));
    }

    @Test
    void anErrorOfTheTargetBeforeTheEndStopsTheFile() {
        Playbook story = Phase.story().client(query(LOAD)).target(asks(1)).server(asks(1));
        story.client(packet(2, text("1\n")));
        story.target(packet(3, errorPayload(1114, "The table is full")));
        story.client(join(packet(3, text("2\n")), packet(4, Unpooled.EMPTY_BUFFER)));
        assertEquals("1\n", sentFile(story));
        assertEquals(List.of("answered 1 ONLINE"), words(story.server(okAt(5))));
    }

    @Test
    void aClientThatLeavesInTheMiddleLetsTheTargetGo() {
        Playbook story = Phase.story().client(query(LOAD)).target(asks(1)).server(asks(1));
        story.client(packet(2, text("1\n")));
        story.on(new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.FIN, 9));
        assertEquals(List.of("close"), words(story));
    }

    @Test
    void aTargetThatIsGoneGetsNoFile() {
        Playbook story = Phase.story().client(query(LOAD)).target(asks(1)).server(asks(1));
        story.on(new SessionEvent.TargetEnd(0, "reset", 9));
        story.client(file(2));
        assertEquals("", sentFile(story));
        assertEquals(List.of("answered 1 ONLINE"), words(story.server(okAt(5))));
    }
}
