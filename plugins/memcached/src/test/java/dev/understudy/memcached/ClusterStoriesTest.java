package dev.understudy.memcached;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.command.KeyTable;
import dev.understudy.memcached.couchbase.CouchbaseTarget;
import dev.understudy.memcached.sasl.ScramKeys;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A conversation whose target is a Couchbase of one node. */
class ClusterStoriesTest {
    private static final String MAP =
            """
            {"rev":1,"vBucketServerMap":{"serverList":["$HOST:11210"],"vBucketMap":[[0]]}}
            """;

    private final Playbook playbook = Playbook.of(session());
    private int answered;

    private static MemcachedSession session() {
        Settings settings =
                Settings.of(
                        "memcached",
                        Map.of(
                                "couchbase",
                                Map.of("bucket", "bk", "password", "pw", "plain", true)));
        RunContext run =
                new RunContext(
                        settings,
                        new InetSocketAddress("192.0.2.2", 11211),
                        new InetSocketAddress("192.0.2.3", 11210),
                        1024);
        MemcachedSettings read = MemcachedSettings.of(run);
        Shared shared =
                new Shared(
                        read,
                        new KeyTable(),
                        new ScramKeys(),
                        new Refusals(3),
                        new HitRates(),
                        () -> "nonce",
                        CouchbaseTarget.of(settings, run.target()));
        return new MemcachedSession(
                new SessionContext(
                        run,
                        1,
                        new InetSocketAddress("192.0.2.1", 4711),
                        run.online(),
                        false,
                        0,
                        0,
                        1),
                shared);
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text.replace("~", "\r\n"), ISO_8859_1);
    }

    /** The packets that were sent to the node and not answered yet. */
    private List<BinaryPacket> due() {
        return playbook.all(SessionAction.Send.class).stream()
                .skip(answered)
                .map(
                        send ->
                                switch (BinaryPacket.decode(
                                        send.bytes(), Magic.REQUEST, BinaryLimits.MEMCACHED)) {
                                    case Decoded.Complete<BinaryPacket>(
                                                    BinaryPacket packet,
                                                    int _) ->
                                            packet;
                                    case Decoded.Incomplete<BinaryPacket> _,
                                            Decoded.Malformed<BinaryPacket> _ ->
                                            throw new AssertionError("no packet");
                                })
                .toList();
    }

    private void node(Status status, long cas, String value) {
        BinaryPacket request = due().getFirst();
        answered++;
        boolean item = status == Status.SUCCESS && request.header().opcode() == Opcode.GET.code();
        playbook.target(
                BinaryPacket.answer(
                                request.header().opcode(),
                                status,
                                request.header().opaque(),
                                cas,
                                item ? Unpooled.buffer(4).writeInt(3) : Unpooled.EMPTY_BUFFER,
                                Unpooled.EMPTY_BUFFER,
                                Unpooled.copiedBuffer(value, UTF_8))
                        .encoded());
    }

    private void letIn() {
        playbook.targetUp();
        node(Status.SUCCESS, 0, "");
        node(Status.SUCCESS, 0, "PLAIN");
        node(Status.SUCCESS, 0, "");
        node(Status.SUCCESS, 0, "");
        node(Status.SUCCESS, 0, MAP);
    }

    private void ended() {
        playbook.on(new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.FIN, 1));
        playbook.on(new SessionEvent.CapturedEnd(Direction.FROM_SERVER, StreamEnd.FIN, 1));
    }

    private List<String> told() {
        return playbook.all(SessionAction.Answered.class).stream()
                .map(
                        answer ->
                                "%d %s %s"
                                        .formatted(
                                                answer.ordinal(),
                                                answer.side(),
                                                answer.reply().describe()))
                .toList();
    }

    @Test
    void aRequestIsCarriedOutByTheNodeAndTheSessionEndsWithItsAnswer() {
        playbook.client(bytes("set k 3 0 5~hello~get k~"));
        letIn();
        playbook.server(bytes("STORED~VALUE k 3 5~hello~END~"));
        assertEquals("hello", due().getFirst().value().toString(UTF_8));
        node(Status.SUCCESS, 5, "");
        ended();
        assertEquals(0, playbook.all(SessionAction.Close.class).size());
        node(Status.SUCCESS, 5, "hello");
        assertEquals(
                List.of(
                        "0 ONLINE STORED",
                        "1 ONLINE hit, 5 bytes, flags 3",
                        "0 TARGET STORED",
                        "1 TARGET hit, 5 bytes, flags 3"),
                told());
        assertEquals(List.of(new SessionAction.Close(0)), playbook.all(SessionAction.Close.class));
    }

    @Test
    void aValueThatComesInPiecesIsSentWhenItIsWhole() {
        String value = "x".repeat(100_000);
        ByteBuf request = bytes("set k 0 0 " + value.length() + "~" + value + "~");
        while (request.isReadable()) {
            playbook.client(request.readSlice(Math.min(9_999, request.readableBytes())));
        }
        letIn();
        assertEquals(value, due().getFirst().value().toString(UTF_8));
        assertEquals(0, playbook.unread(Direction.FROM_CLIENT));
    }

    @Test
    void whatTheNodeLostIsNoAnswerEvenWhenProductionAnswersLater() {
        playbook.client(bytes("incr k 1~"));
        letIn();
        playbook.on(new SessionEvent.TargetEnd(0, "reset", 1));
        playbook.server(bytes("NOT_FOUND~"));
        ended();
        assertEquals(
                List.of(new SessionAction.Lost(0, "couchbase-node-reset")),
                playbook.all(SessionAction.Lost.class));
        assertEquals(List.of(), told());
        playbook.client(bytes("get j~"));
    }

    @Test
    void whatHasNoCounterpartIsSkippedUnderItsRule() {
        playbook.client(bytes("version~mg k N30 v~mn~md k I~quit~"));
        playbook.server(bytes("VERSION 1.6~EN~MN~NF~"));
        assertEquals(
                List.of(
                        ClusterSide.NO_COUNTERPART,
                        ClusterSide.UNSUPPORTED,
                        ClusterSide.NO_COUNTERPART,
                        ClusterSide.UNSUPPORTED,
                        ClusterSide.NO_COUNTERPART),
                playbook.all(SessionAction.Skipped.class).stream()
                        .map(SessionAction.Skipped::rule)
                        .toList());
        assertEquals(List.of(), told());
        assertEquals(0, playbook.all(SessionAction.LeaveOut.class).size());
    }

    @Test
    void noreplyIsSilenceAndAnErrorIsTold() {
        playbook.client(bytes("set k 0 0 1 noreply~x~set k 0 0 1 noreply~y~"));
        letIn();
        node(Status.SUCCESS, 5, "");
        node(Status.OUT_OF_MEMORY, 0, "");
        assertEquals(List.of("0 TARGET no answer", "1 TARGET SERVER_ERROR OUT_OF_MEMORY"), told());
    }

    @Test
    void theNodesVersionStandsInThePlaceOfProductions() {
        playbook.client(bytes("gets k~"));
        playbook.server(bytes("VALUE k 3 1 42~x~END~"));
        letIn();
        node(Status.SUCCESS, 4711, "x");
        SessionAction.Publish published = playbook.all(SessionAction.Publish.class).getFirst();
        playbook.client(bytes("cas k 0 0 1 42~y~"));
        SessionAction.Await awaited = playbook.all(SessionAction.Await.class).getFirst();
        assertEquals(published.key(), awaited.key());
        playbook.on(new SessionEvent.Known(awaited.key(), published.value()));
        assertEquals(4711, due().getFirst().header().cas());
    }

    @Test
    void settingsOfLoginsDoNotGoWithACluster() {
        MemcachedProtocol protocol = new MemcachedProtocol();
        List<String> problems =
                protocol.prepare(
                                Story.run(
                                        Map.of(
                                                "login",
                                                "always",
                                                "couchbase",
                                                Map.of("bucket", "bk", "password", "pw"))))
                        .problems();
        assertTrue(problems.getFirst().contains("memcached.login does not go"), problems::toString);
    }
}
