package dev.understudy.session;

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
import dev.understudy.protocol.SessionAction.Close;
import dev.understudy.protocol.SessionAction.Connect;
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

/** The least protocol with messages: a line is a request, a line is its answer. */
final class LineProtocol implements Protocol {
    /** A request that makes the session throw, as a broken plugin would. */
    static final String THROW = "throw";

    /** Behind this a line names the user, and is no request. */
    static final String USER = "user ";

    /** A request that the user's own filter wants nothing copied behind. */
    static final String FILTERED = "filtered";

    record Line(String describe) implements Reply {}

    @Override
    public String name() {
        return "line";
    }

    @Override
    public Set<Integer> usualPorts() {
        return Set.of();
    }

    @Override
    public Detection detect(Direction direction, ByteBuf firstBytes) {
        return Detection.NO_MATCH;
    }

    @Override
    public Preparation prepare(RunContext run) {
        return Preparation.nothing();
    }

    @Override
    public boolean knowsUsers() {
        return true;
    }

    @Override
    public ProtocolSession open(SessionContext session) {
        return new LineSession();
    }

    @Override
    public Verdict compare(Exchange exchange, Optional<Reply> control) {
        boolean same = exchange.online().equals(exchange.target());
        if (!same && control.isPresent() && !control.get().equals(exchange.online())) {
            return new Verdict.NotCompared("noise");
        }
        return same
                ? new Verdict.Same()
                : new Verdict.Different(
                        "content", exchange.online().describe(), exchange.target().describe());
    }

    private static final class LineSession implements ProtocolSession {
        private long asked;
        private long online;
        private long target;
        private boolean connected;
        private boolean ended;

        @Override
        public List<SessionAction> on(SessionEvent event) {
            List<SessionAction> out = new ArrayList<>();
            switch (event) {
                case SessionEvent.Captured(
                                Direction direction,
                                ByteBuf in,
                                long at,
                                ByteTimes t) -> {
                    while (direction == Direction.FROM_CLIENT || online < asked) {
                        Optional<String> line = line(in);
                        if (line.isEmpty()) {
                            break;
                        }
                        captured(direction, line.get(), t.at(at), out);
                    }
                }
                case SessionEvent.Target(int _, ByteBuf in, long at, ByteTimes t) -> {
                    for (Optional<String> line = line(in); line.isPresent(); line = line(in)) {
                        out.add(
                                new Answered(
                                        target++, Side.TARGET, new Line(line.get()), t.at(at)));
                    }
                }
                case SessionEvent.CapturedEnd _ -> ended = true;
                case SessionEvent.TargetEnd _,
                        SessionEvent.CapturedGap _,
                        SessionEvent.CapturedTlsFailed _,
                        SessionEvent.TargetUp _,
                        SessionEvent.Known _,
                        SessionEvent.Unknown _,
                        SessionEvent.Expired _,
                        SessionEvent.Wakeup _ -> {}
            }
            if (ended && connected && target == asked) {
                out.add(new Close(SessionAction.MAIN_LANE));
            }
            return out;
        }

        private void captured(
                Direction direction, String line, long time, List<SessionAction> out) {
            if (direction == Direction.FROM_SERVER) {
                out.add(new Answered(online++, Side.ONLINE, new Line(line), time));
                return;
            }
            if (line.equals(THROW)) {
                throw new IllegalStateException("a broken plugin");
            }
            if (line.startsWith(USER)) {
                out.add(new SessionAction.OfUser(line.substring(USER.length())));
                return;
            }
            out.add(new Asked(new Request(asked, "line", "line", line, time, true)));
            if (line.equals(FILTERED)) {
                out.add(new SessionAction.PassOver("deny-mine"));
            }
            if (!connected) {
                connected = true;
                out.add(Connect.toTarget());
            }
            out.add(
                    Send.request(
                            asked++,
                            Unpooled.copiedBuffer(line + "\n", StandardCharsets.ISO_8859_1)));
        }

        private static Optional<String> line(ByteBuf in) {
            int length = in.bytesBefore((byte) '\n');
            if (length < 0) {
                return Optional.empty();
            }
            String line = in.readCharSequence(length, StandardCharsets.ISO_8859_1).toString();
            in.skipBytes(1);
            return Optional.of(line);
        }
    }
}
