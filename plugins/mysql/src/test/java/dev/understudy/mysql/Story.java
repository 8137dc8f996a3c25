package dev.understudy.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.mysql.login.Transcript;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Sessions for stories: the recorded clients' users, mapped as a test wants them. */
final class Story {
    static final String PASSWORD = "target-pw";
    static final Map<String, Object> APP =
            Map.of("users", Map.of("app", Map.of("password", PASSWORD)));

    private Story() {}

    static RunContext run(Map<String, Object> settings) {
        InetSocketAddress address = InetSocketAddress.createUnresolved("192.0.2.1", 3306);
        return new RunContext(
                Settings.of("mysql", settings),
                address,
                address,
                RunContext.DEFAULT_REPLY_KEEP_BYTES);
    }

    static MysqlProtocol protocol(Map<String, Object> settings) {
        MysqlProtocol protocol = new MysqlProtocol();
        Preparation preparation = protocol.prepare(run(settings));
        assertEquals(List.of(), preparation.problems());
        return protocol;
    }

    static ProtocolSession open(MysqlProtocol protocol, boolean joinedMidway) {
        RunContext run = run(Map.of());
        return protocol.open(
                new SessionContext(run, 1, run.online(), run.online(), joinedMidway, 0, 0));
    }

    static Playbook of(Map<String, Object> settings) {
        return Playbook.of(open(protocol(settings), false));
    }

    /** As {@link #of}, up to the moment when the target's connection is up. */
    static Playbook connected(Map<String, Object> settings, String recorded) {
        return connected(protocol(settings), recorded);
    }

    static Playbook connected(MysqlProtocol protocol, String recorded) {
        return play(Playbook.of(open(protocol, false)), recorded).targetUp().expectNothing();
    }

    /** The captured pieces in their order. */
    static Playbook play(Playbook book, String recorded) {
        for (Transcript.Piece piece : Transcript.of(recorded).pieces()) {
            show(book, piece.direction(), piece.bytes());
        }
        return book;
    }

    static void show(Playbook book, Direction direction, ByteBuf bytes) {
        if (direction == Direction.FROM_CLIENT) {
            book.client(bytes.duplicate());
        } else {
            book.server(bytes.duplicate());
        }
    }

    static ByteBuf query(String sql) {
        return Packet.encoded(0, Unpooled.copiedBuffer("\u0003" + sql, StandardCharsets.UTF_8));
    }

    static SessionAction.Send send(int sequence, byte[] payload) {
        return SessionAction.Send.plumbing(
                Packet.encoded(sequence, Unpooled.wrappedBuffer(payload)));
    }
}
