package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.http.compare.HttpReply;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Bodies of 1 GiB from a source that holds one piece: the session holds none of it. */
final class LargeBodyTest {
    private static final long LENGTH = 1L << 30;
    private static final int PIECE = 1 << 20;

    private final InetSocketAddress address = InetSocketAddress.createUnresolved("h.test", 80);
    private final HttpProtocol protocol = new HttpProtocol();
    private final Map<Side, HttpReply> answers = new EnumMap<>(Side.class);
    private ProtocolSession session;
    private long sent;
    private long online;
    private long target;

    private void begin() {
        RunContext run =
                new RunContext(
                        Settings.of("http", Map.of("methods", List.of("*"), "tag", "off")),
                        address,
                        address,
                        RunContext.DEFAULT_REPLY_KEEP_BYTES);
        assertEquals(List.of(), protocol.prepare(run).problems());
        session = protocol.open(new SessionContext(run, 1, address, address, false, 0, 0));
    }

    /** Carries out what is of interest, and forgets it. */
    private void told(SessionEvent event) {
        for (SessionAction action : session.on(event)) {
            switch (action) {
                case SessionAction.Send send -> sent += send.bytes().readableBytes();
                case SessionAction.Answered answered ->
                        answers.put(answered.side(), (HttpReply) answered.reply());
                case SessionAction.LeaveOut left -> throw new AssertionError(left);
                case SessionAction _ -> {}
            }
        }
    }

    private void client(ByteBuf bytes) {
        told(new SessionEvent.Captured(Direction.FROM_CLIENT, bytes, 0, _ -> 1));
        assertEquals(0, bytes.readableBytes(), "held of the request");
    }

    private void both(ByteBuf onlineBytes, ByteBuf targetBytes) {
        told(new SessionEvent.Captured(Direction.FROM_SERVER, onlineBytes, online, _ -> 1));
        told(new SessionEvent.Target(0, targetBytes, target, _ -> 1));
        assertEquals(0, onlineBytes.readableBytes() + targetBytes.readableBytes(), "held");
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text.replace("~", "\r\n"), StandardCharsets.ISO_8859_1);
    }

    private Verdict verdict() {
        return protocol.compare(
                new Exchange(
                        new Request(0, "GET", "GET /", "GET /", 0, true),
                        answers.get(Side.ONLINE),
                        answers.get(Side.TARGET),
                        0,
                        0,
                        0),
                Optional.empty());
    }

    /** An upload in chunks of a piece each, or by its length. */
    private void upload(boolean chunked) {
        begin();
        String head =
                "PUT /big HTTP/1.1~"
                        + (chunked
                                ? "Transfer-Encoding: chunked~~"
                                : "Content-Length: " + LENGTH + "~~");
        client(text(head));
        told(new SessionEvent.TargetUp(0, 1));
        long overhead = head.replace("~", "\r\n").length();
        byte[] piece = new byte[PIECE];
        for (long at = 0; at < LENGTH; at += PIECE) {
            if (chunked) {
                String size = Integer.toHexString(PIECE) + "~";
                client(text(size));
                overhead += size.length() + 3;
            }
            client(Unpooled.wrappedBuffer(piece));
            if (chunked) {
                client(text("~"));
            }
        }
        if (chunked) {
            client(text("0~~"));
            overhead += 5;
        }
        both(text("HTTP/1.1 204 No~~"), text("HTTP/1.1 204 No~~"));
        assertEquals(LENGTH + overhead, sent);
        assertInstanceOf(Verdict.Same.class, verdict());
    }

    @Test
    void anUploadPasses() {
        upload(false);
    }

    @Test
    void anUploadInChunksPasses() {
        upload(true);
    }

    /**
     * @param from the target's bytes differ from here on
     * @param to to here
     */
    private Verdict download(long from, long to) {
        begin();
        client(text("GET /big HTTP/1.1~~"));
        told(new SessionEvent.TargetUp(0, 1));
        String head = "HTTP/1.1 200 OK~Content-Type: video/mp4~Content-Length: " + LENGTH + "~~";
        both(text(head), text(head));
        byte[] piece = new byte[PIECE];
        byte[] other = new byte[PIECE];
        other[5] = 1;
        for (long at = 0; at < LENGTH; at += PIECE) {
            // Blocks of 2 MiB are told apart by then.
            boolean differs = at >= from && at < to;
            both(Unpooled.wrappedBuffer(piece), Unpooled.wrappedBuffer(differs ? other : piece));
        }
        assertEquals(LENGTH, answers.get(Side.ONLINE).bodyBytes());
        return verdict();
    }

    @Test
    void aDownloadThatIsTheSameIsTheSame() {
        assertInstanceOf(Verdict.Same.class, download(0, 0));
    }

    @Test
    void theLargestPartThatDiffersIsNamed() {
        Verdict.Different different =
                assertInstanceOf(Verdict.Different.class, download(700L * PIECE, 703L * PIECE));
        assertEquals("body", different.kind());
        assertTrue(different.target().contains("1,073,741,824 bytes"), different.target());
        assertTrue(
                different
                        .target()
                        .contains(
                                "first differs in bytes %d..%d; 2 blocks differ, the longest stretch is bytes %d..%d"
                                        .formatted(
                                                700L * PIECE,
                                                702L * PIECE - 1,
                                                700L * PIECE,
                                                704L * PIECE - 1)),
                different.target());
    }
}
