package dev.understudy.protocol.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Answered;
import dev.understudy.protocol.SessionAction.Asked;
import dev.understudy.protocol.SessionAction.Connect;
import dev.understudy.protocol.SessionAction.LeaveOut;
import dev.understudy.protocol.SessionAction.Send;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContractKitTest {
    private static final Story STORY =
            Story.parse(
                    "lines",
                    """
                    # two lines, the second answered in another way
                    secret hunter2
                    client "hello\\r\\n"
                    server "\\x68i\\n"
                    client "bye\\n"
                    target "hi\\nno"
                    server "yes\\n"
                    target "\\n"
                    same 1
                    different 1
                    """);

    /** What a plugin does wrong. */
    enum Fault {
        NONE,
        READS_WHAT_IT_SEES,
        GOES_ON_AFTER_A_GAP,
        THROWS,
        CIRCLES,
        ANNOUNCES_TWICE,
        ANSWERS_TWICE,
        SENDS_UNANNOUNCED,
        SHOWS_A_SECRET,
        TAKES_ANY_SETTING,
        COMPARES_BY_LUCK,
        LEAVES_UNREAD,
        DETECTS_NOTHING
    }

    private record Line(String text) implements Reply {
        @Override
        public String describe() {
            return text;
        }
    }

    /** One line asks, one line answers. */
    private record Lines(Fault fault, AtomicInteger compared) implements Protocol {
        @Override
        public String name() {
            return "lines";
        }

        @Override
        public Set<Integer> usualPorts() {
            return Set.of(7);
        }

        @Override
        public Detection detect(Direction direction, ByteBuf firstBytes) {
            return fault == Fault.DETECTS_NOTHING ? Detection.NO_MATCH : Detection.NEED_MORE;
        }

        @Override
        public Preparation prepare(RunContext run) {
            if (fault != Fault.TAKES_ANY_SETTING) {
                run.settings().allowOnly(Set.of());
            }
            return Preparation.nothing();
        }

        @Override
        public ProtocolSession open(SessionContext session) {
            return new LineSession(fault);
        }

        @Override
        public Verdict compare(Exchange exchange, Optional<Reply> control) {
            boolean luck = fault == Fault.COMPARES_BY_LUCK && compared.incrementAndGet() % 2 == 0;
            return exchange.online().equals(exchange.target()) || luck
                    ? new Verdict.Same()
                    : new Verdict.Different("content", "", "");
        }
    }

    private static final class LineSession implements ProtocolSession {
        private final Fault fault;
        private long asked;
        private long online;
        private long target;

        LineSession(Fault fault) {
            this.fault = fault;
        }

        @Override
        public List<SessionAction> on(SessionEvent event) {
            List<SessionAction> out = new ArrayList<>();
            if (event
                    instanceof
                    SessionEvent.Captured(Direction from, ByteBuf in, long _, ByteTimes _)) {
                if (fault == Fault.THROWS && in.getByte(in.readerIndex()) < 0) {
                    throw new IllegalStateException("not ASCII");
                }
                lines(in, line -> captured(from, line, out));
            } else if (event
                    instanceof SessionEvent.Target(int _, ByteBuf in, long _, ByteTimes _)) {
                lines(in, line -> answered(line, out));
            } else if (event instanceof SessionEvent.CapturedGap
                    && fault != Fault.GOES_ON_AFTER_A_GAP) {
                out.add(new LeaveOut("gap", ""));
            }
            return out;
        }

        private void lines(ByteBuf in, java.util.function.Consumer<String> then) {
            while (in.isReadable()) {
                int length = in.bytesBefore((byte) '\n') + 1;
                if (fault == Fault.READS_WHAT_IT_SEES) {
                    length = in.readableBytes();
                } else if (length == 0
                        || (fault == Fault.LEAVES_UNREAD && in.getByte(in.readerIndex()) == 'b')) {
                    return;
                }
                then.accept(in.readCharSequence(length, StandardCharsets.ISO_8859_1).toString());
            }
        }

        private void answered(String line, List<SessionAction> out) {
            if (target < asked) {
                out.add(new Answered(target++, Side.TARGET, new Line(line), 1));
            }
        }

        private void captured(Direction from, String line, List<SessionAction> out) {
            if (from == Direction.FROM_SERVER) {
                if (online < asked) {
                    out.add(new Answered(online++, Side.ONLINE, new Line(line), 1));
                }
                if (fault == Fault.ANSWERS_TWICE) {
                    out.add(new Answered(online - 1, Side.ONLINE, new Line(line), 1));
                }
                return;
            }
            if (asked == 0) {
                out.add(Connect.toTarget());
            }
            String text = fault == Fault.SHOWS_A_SECRET ? "hunter2" : line;
            out.add(new Asked(new Request(asked, "line", "line", text, 1, true)));
            if (fault == Fault.ANNOUNCES_TWICE) {
                out.add(new Asked(new Request(asked, "line", "line", text, 1, true)));
            }
            if (fault == Fault.CIRCLES) {
                out.add(new SessionAction.Resume());
            }
            long ordinal = fault == Fault.SENDS_UNANNOUNCED ? 99 : asked;
            out.add(
                    Send.request(
                            ordinal, Unpooled.copiedBuffer(line, StandardCharsets.ISO_8859_1)));
            asked++;
        }
    }

    private static List<String> check(Fault fault) {
        AtomicInteger compared = new AtomicInteger();
        return ContractKit.check(() -> new Lines(fault, compared), List.of(STORY));
    }

    @Test
    void aPluginThatKeepsTheContractPasses() {
        assertEquals(List.of(), check(Fault.NONE));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    READS_WHAT_IT_SEES  | it comes to
                    GOES_ON_AFTER_A_GAP | a request is made up
                    THROWS              | it throws java.lang.IllegalStateException: not ASCII
                    ANNOUNCES_TWICE     | request 0 is announced as number 1
                    ANSWERS_TWICE       | request 0 is answered twice
                    SENDS_UNANNOUNCED   | request 99 is sent and was not announced
                    SHOWS_A_SECRET      | a secret shows in Asked
                    TAKES_ANY_SETTING   | a setting that it does not know passes
                    COMPARES_BY_LUCK    | compare is not pure
                    LEAVES_UNREAD       | captured bytes were never read
                    DETECTS_NOTHING     | its own first bytes
                    """)
    void whatAPluginDoesWrongIsSaid(Fault fault, String said) {
        List<String> wrong = check(fault);
        assertTrue(wrong.stream().anyMatch(each -> each.contains(said)), wrong::toString);
    }

    @Test
    void aStoryThatProvesNothingIsNoProof() {
        Story silent = Story.parse("silent", "client \"half a li\"\n");
        List<String> wrong =
                ContractKit.check(
                        () -> new Lines(Fault.NONE, new AtomicInteger()), List.of(silent));
        assertTrue(wrong.toString().contains("no story has an answer"), wrong::toString);
    }

    @Test
    void settingsAreNested() {
        Story story = Story.parse("s", "set a.b.c d e\nset a.flag true\nset n 12\nset l [x, y]\n");
        assertEquals("{a={b={c=d e}, flag=true}, n=12, l=[x, y]}", story.settings().toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "client hello",
                "client \"a",
                "client \"\\q\"",
                "client \"\\x4\"",
                "client \"é\"",
                "client \"a\\\"",
                "target x \"a\"",
                "set name",
                "same many",
                "clinet \"a\""
            })
    void aLineThatCannotBeReadIsNamed(String line) {
        String message =
                assertThrows(IllegalArgumentException.class, () -> Story.parse("my", "\n" + line))
                        .getMessage();
        assertTrue(message.startsWith("my:2: "), message);
    }
}
