package dev.understudy.memcached;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.command.OpenRequests;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Connections that speak the binary dialect. */
class BinaryStoriesTest {
    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, ISO_8859_1);
    }

    private static ByteBuf ask(Opcode opcode, int opaque, long cas, String key, String value) {
        ByteBuf extras =
                switch (opcode.loud()) {
                    case SET, ADD, REPLACE -> Unpooled.buffer(8).writeLong(5L << 32);
                    case INCREMENT -> Unpooled.buffer(20).writeLong(1).writeLong(9).writeInt(0);
                    case GAT, GATK, TOUCH -> Unpooled.buffer(4).writeInt(10);
                    default -> Unpooled.EMPTY_BUFFER;
                };
        return BinaryPacket.of(
                        Magic.REQUEST,
                        opcode.code(),
                        513,
                        opaque,
                        cas,
                        extras,
                        text(key),
                        text(value))
                .encoded();
    }

    private static ByteBuf ask(Opcode opcode, int opaque, String key) {
        return ask(opcode, opaque, 0, key, "");
    }

    private static ByteBuf hit(Opcode opcode, int opaque, long cas, String value) {
        return BinaryPacket.answer(
                        opcode.code(),
                        Status.SUCCESS,
                        opaque,
                        cas,
                        Unpooled.buffer(4).writeInt(5),
                        Unpooled.EMPTY_BUFFER,
                        text(value))
                .encoded();
    }

    private static ByteBuf said(Opcode opcode, Status status, int opaque, long cas) {
        return BinaryPacket.answer(
                        opcode.code(),
                        status,
                        opaque,
                        cas,
                        Unpooled.EMPTY_BUFFER,
                        Unpooled.EMPTY_BUFFER,
                        status == Status.SUCCESS ? Unpooled.EMPTY_BUFFER : text("Some words"))
                .encoded();
    }

    private static ByteBuf all(ByteBuf... packets) {
        return Unpooled.copiedBuffer(packets);
    }

    private static final ByteBuf BATCH =
            all(
                    ask(Opcode.SETQ, 1, 0, "k", "value"),
                    ask(Opcode.GETQ, 2, "k"),
                    ask(Opcode.GETKQ, 3, "none"),
                    ask(Opcode.ADDQ, 4, 0, "k", "other"),
                    ask(Opcode.DELETEQ, 5, "k"),
                    ask(Opcode.INCREMENTQ, 6, "n"),
                    ask(Opcode.NOOP, 7, ""),
                    ask(Opcode.INCREMENT, 8, "n"),
                    ask(Opcode.VERSION, 9, ""),
                    ask(Opcode.STAT, 10, ""),
                    ask(Opcode.FLUSHQ, 11, ""),
                    ask(Opcode.GATK, 12, "k"),
                    ask(Opcode.QUIT, 13, ""));

    private static ByteBuf number(int opaque, long number, long cas) {
        return BinaryPacket.answer(
                        Opcode.INCREMENT.code(),
                        Status.SUCCESS,
                        opaque,
                        cas,
                        Unpooled.EMPTY_BUFFER,
                        Unpooled.EMPTY_BUFFER,
                        Unpooled.buffer(8).writeLong(number))
                .encoded();
    }

    private static ByteBuf answers(long casFrom, boolean copied) {
        ByteBuf stats =
                copied
                        ? Unpooled.EMPTY_BUFFER
                        : all(
                                BinaryPacket.answer(
                                                Opcode.STAT.code(),
                                                Status.SUCCESS,
                                                10,
                                                0,
                                                Unpooled.EMPTY_BUFFER,
                                                text("pid"),
                                                text("1"))
                                        .encoded(),
                                said(Opcode.STAT, Status.SUCCESS, 10, 0));
        return all(
                hit(Opcode.GETQ, 2, casFrom, "value"),
                said(Opcode.ADDQ, Status.KEY_EXISTS, 4, 0),
                said(Opcode.NOOP, Status.SUCCESS, 7, 0),
                number(8, 10, casFrom + 1),
                said(Opcode.VERSION, Status.SUCCESS, 9, 0),
                stats,
                said(Opcode.GATK, Status.KEY_NOT_FOUND, 12, 0),
                said(Opcode.QUIT, Status.SUCCESS, 13, 0));
    }

    private static final List<String> OUTCOMES =
            List.of(
                    "SETQ same",
                    "GETQ same",
                    "GETKQ same",
                    "ADDQ same",
                    "DELETEQ same",
                    "INCREMENTQ same",
                    "NOOP same",
                    "INCREMENT same",
                    "VERSION same",
                    "STAT skipped stats",
                    "FLUSHQ skipped flush_all",
                    "GATK same",
                    "QUIT same");

    @Test
    void aBatchOfQuietRequestsMayBeCutAnywhere() {
        ByteBuf online = answers(5, false);
        ByteBuf target = answers(900, true);
        for (int cut = 1; cut < BATCH.readableBytes(); cut++) {
            Story story = Story.plain();
            story.client(BATCH.slice(0, cut)).client(BATCH.slice(cut, BATCH.readableBytes() - cut));
            int first = Math.min(cut, online.readableBytes());
            story.online(online.slice(0, first));
            story.online(online.slice(first, online.readableBytes() - first));
            int half = Math.min(cut, target.readableBytes());
            story.target(target.slice(0, half));
            story.target(target.slice(half, target.readableBytes() - half));
            assertEquals("", story.leftOut(), "cut at " + cut);
            assertEquals(OUTCOMES, story.outcomes(), "cut at " + cut);
        }
    }

    @Test
    void aQuietMissOnOneSideIsAMiss() {
        ByteBuf asked =
                all(ask(Opcode.GETQ, 1, "a"), ask(Opcode.GETQ, 2, "b"), ask(Opcode.NOOP, 3, ""));
        Story story = Story.plain().client(asked);
        story.online(all(hit(Opcode.GETQ, 1, 5, "x"), said(Opcode.NOOP, Status.SUCCESS, 3, 0)));
        story.target(all(hit(Opcode.GETQ, 2, 5, "x"), said(Opcode.NOOP, Status.SUCCESS, 3, 0)));
        assertEquals(List.of("GETQ (cold)", "GETQ extra", "NOOP same"), story.outcomes());
    }

    @Test
    void aWritesAnswerGivesTheNextCas() {
        Story first = Story.plain().client(ask(Opcode.SET, 1, 0, "k", "x"));
        first.online(said(Opcode.SET, Status.SUCCESS, 1, 5));
        first.target(said(Opcode.SET, Status.SUCCESS, 1, 900));
        Story second = first.another().client(ask(Opcode.REPLACE, 2, 5, "k", "y"));
        second.known(first.published());
        assertEquals(
                ByteBufUtil.hexDump(ask(Opcode.REPLACE, 2, 900, "k", "y")),
                ByteBufUtil.hexDump(second.sentBytes()));
        Story unknown = Story.plain().client(ask(Opcode.SET, 2, 77, "k", "y")).known(Map.of());
        unknown.online(said(Opcode.SET, Status.SUCCESS, 2, 78));
        assertEquals(
                ByteBufUtil.hexDump(ask(Opcode.SET, 2, 0, "k", "y")),
                ByteBufUtil.hexDump(unknown.sentBytes()));
    }

    @Test
    void lyingLengthsEndTheSession() {
        ByteBuf lying = ask(Opcode.GET, 1, "key");
        lying.setInt(8, 1);
        assertEquals("malformed-request", Story.plain().client(lying).leftOut());
        ByteBuf huge = ask(Opcode.SET, 1, 0, "key", "value");
        huge.setInt(8, Integer.MAX_VALUE);
        assertEquals("malformed-request", Story.plain().client(huge).leftOut());
        assertEquals(
                "malformed-request",
                Story.plain().client(ask(Opcode.GET, 1, "k".repeat(251))).leftOut());
        ByteBuf answer = hit(Opcode.GET, 1, 5, "x");
        answer.setInt(8, 2);
        assertEquals(
                "malformed-answer",
                Story.plain().client(ask(Opcode.GET, 1, "k")).target(answer).leftOut());
    }

    @Test
    void anAnswerOfAnotherOpaqueOrOperationEndsTheSession() {
        Story opaque =
                Story.plain().client(ask(Opcode.GET, 1, "k")).online(hit(Opcode.GET, 2, 5, "x"));
        assertEquals("out-of-step", opaque.leftOut());
        Story operation =
                Story.plain()
                        .client(ask(Opcode.GET, 1, "k"))
                        .online(said(Opcode.SET, Status.SUCCESS, 1, 5));
        assertEquals("out-of-step", operation.leftOut());
    }

    @Test
    void largeValuesPassInPieces() {
        ByteBuf set = ask(Opcode.SET, 1, 0, "k", "v".repeat(300_000));
        Story story = Story.plain().client(set.slice(0, 100_000));
        assertTrue(story.sentBytes().readableBytes() >= 100_000);
        story.client(set.slice(100_000, set.readableBytes() - 100_000));
        assertEquals(ByteBufUtil.hexDump(set), ByteBufUtil.hexDump(story.sentBytes()));
        story.online(said(Opcode.SET, Status.VALUE_TOO_LARGE, 1, 0));
        story.target(said(Opcode.SET, Status.SUCCESS, 1, 5));
        assertEquals(List.of("SET error"), story.outcomes());
    }

    @Test
    void joinedMidwayAnAnswersOpaqueIsTheProof() {
        Story story = Story.midway().client(ask(Opcode.GET, 9, "k"));
        assertEquals(0, story.sentBytes().readableBytes());
        story.online(said(Opcode.GET, Status.KEY_NOT_FOUND, 9, 0));
        assertEquals(ask(Opcode.GET, 9, "k"), story.sentBytes());
        story.target(said(Opcode.GET, Status.KEY_NOT_FOUND, 9, 0));
        assertEquals(List.of("GET same"), story.outcomes());
    }

    @Test
    void aLongRunOfQuietRequestsIsTakenInWithoutAnAnswer() {
        int run = 20_000;
        ByteBuf asked = Unpooled.buffer();
        for (int i = 0; i < run; i++) {
            asked.writeBytes(ask(Opcode.SETQ, i, 0, "k" + i, "v"));
        }
        asked.writeBytes(ask(Opcode.NOOP, run, ""));
        Story story = Story.plain().client(asked);
        assertFalse(story.playbook().held());
        assertEquals(asked, story.sentBytes());
        story.online(said(Opcode.NOOP, Status.SUCCESS, run, 0));
        story.target(said(Opcode.NOOP, Status.SUCCESS, run, 0));
        List<String> outcomes = story.outcomes();
        assertEquals(run + 1, outcomes.size());
        assertEquals(
                List.of("NOOP same", "SETQ same"), outcomes.stream().distinct().sorted().toList());
    }

    @Test
    void moreThanMemoryMayHoldWaits() {
        int key = 200;
        int run = (int) (OpenRequests.CROWD_BYTES / (2L * key));
        Story story = Story.plain();
        ByteBuf asked = Unpooled.buffer();
        for (int i = 0; i < run; i++) {
            asked.writeBytes(ask(Opcode.GETQ, i, "k".repeat(key)));
        }
        story.client(asked.writeBytes(ask(Opcode.NOOP, run, "")));
        int each = ask(Opcode.GETQ, 0, "k".repeat(key)).readableBytes();
        int last = story.sentBytes().readableBytes() / each - 1;
        assertTrue(last > 20_000 && last < run - 1, "taken in: " + last);
        assertFalse(story.playbook().held(), "production's answers are captured behind");
        // It has the last one, so all before were misses. The target has none, and is silent.
        story.online(hit(Opcode.GETQ, last, 1, "x"));
        assertTrue(story.playbook().held(), "the target owes all of it");
        ByteBuf sent = story.sentBytes();
        ByteBuf barrier = sent.slice((last + 1) * each, 24);
        assertEquals(Opcode.NOOP.code(), barrier.getByte(1));
        story.target(said(Opcode.NOOP, Status.SUCCESS, barrier.getInt(12), 0));
        assertFalse(story.playbook().held());
        story.online(said(Opcode.NOOP, Status.SUCCESS, run, 0));
        story.target(said(Opcode.NOOP, Status.SUCCESS, run, 0));
        assertEquals("", story.leftOut());
        List<String> outcomes = story.outcomes();
        assertEquals("GETQ (cold)", outcomes.get(last));
        assertEquals(run, outcomes.stream().filter(outcome -> outcome.endsWith(" same")).count());
    }

    @Test
    void aRunThatIsLongerThanMemoryMayHoldIsLeftOutForThat() {
        ByteBuf asked = Unpooled.buffer();
        int run = OpenRequests.CROWD + 1;
        for (int i = 0; i < run; i++) {
            asked.writeBytes(ask(Opcode.SETQ, i, 0, "k", ""));
        }
        Story story = Story.plain().client(asked.writeBytes(ask(Opcode.NOOP, run, "")));
        assertEquals("", story.leftOut());
        assertEquals(
                "too-many-open", story.online(said(Opcode.NOOP, Status.SUCCESS, run, 0)).leftOut());
    }

    @Test
    void anAddThatProductionRefusedIsNotStoredWhereItIsMissing() {
        Story story = Story.plain().client(ask(Opcode.ADD, 1, 0, "k", "x"));
        assertEquals(0, story.sentBytes().readableBytes());
        story.online(said(Opcode.ADD, Status.KEY_EXISTS, 1, 0));
        assertEquals(ask(Opcode.SET, 1, -1, "k", "x"), story.sentBytes());
        story.target(said(Opcode.SET, Status.KEY_NOT_FOUND, 1, 0));
        Story there = Story.plain().client(ask(Opcode.ADD, 1, 0, "k", "x"));
        there.online(said(Opcode.ADD, Status.KEY_EXISTS, 1, 0));
        there.target(said(Opcode.SET, Status.KEY_EXISTS, 1, 0));
        assertEquals(List.of("ADD (cold)"), story.outcomes());
        assertEquals(List.of("ADD same"), there.outcomes());
    }

    @Test
    void aCounterThatProductionWentOnWithBeginsWhereProductionIs() {
        Story story = Story.plain().client(ask(Opcode.INCREMENT, 1, "n")).online(number(1, 70, 5));
        ByteBuf from70 = ask(Opcode.INCREMENT, 1, "n");
        assertEquals(from70.setLong(24 + 8, 70), story.sentBytes());
        assertEquals(List.of("INCREMENT (cold)"), story.target(number(1, 70, 9)).outcomes());
        Story next = story.another().client(ask(Opcode.INCREMENT, 1, "n"));
        next.online(number(1, 71, 6)).target(number(1, 72, 10));
        assertEquals(List.of("INCREMENT number"), next.outcomes());
    }
}
