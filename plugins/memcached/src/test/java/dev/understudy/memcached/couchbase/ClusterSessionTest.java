package dev.understudy.memcached.couchbase;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Status;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClusterSessionTest {
    private static final int A = 11210;
    private static final int B = 11220;
    private static final int C = 11230;

    /** Of two vbuckets EVEN is in the first and ODD in the second one. */
    private static final String EVEN = key(0);

    private static final String ODD = key(1);

    private static String key(int vbucket) {
        for (int i = 0; ; i++) {
            String key = "k" + i;
            if (ClusterMap.vbucket(Unpooled.copiedBuffer(key, UTF_8), 2) == vbucket) {
                return key;
            }
        }
    }

    private static FakeCluster joined() {
        FakeCluster cluster = new FakeCluster();
        cluster.ask(0, "get " + EVEN + "~");
        cluster.letIn(A, FakeCluster.map(1, A, B));
        cluster.answer(A, Status.SUCCESS, "v");
        assertEquals(List.of("0 hit, 1 bytes, flags 4275830785"), cluster.told);
        cluster.told.clear();
        return cluster;
    }

    @Test
    void aRequestWaitsForLoginAndMapAndGoesToItsOwner() {
        FakeCluster cluster = new FakeCluster();
        assertTrue(cluster.ask(0, "get " + ODD + "~"));
        assertEquals(List.of(A), cluster.connecting);
        cluster.letIn(A, FakeCluster.map(1, A, B));
        assertEquals(List.of(A, B), cluster.connecting);
        assertEquals(0, cluster.open(A));
        cluster.letIn(B, FakeCluster.map(1, A, B));
        assertEquals(1, cluster.due(B).header().vbucketOrStatus());
        cluster.answer(B, Status.KEY_NOT_FOUND, "");
        assertEquals(List.of("0 miss"), cluster.told);
    }

    @Test
    void answersAreReadCutAtEveryByte() {
        FakeCluster cluster = joined();
        cluster.ask(1, "get " + EVEN + "~");
        cluster.answer(A, Status.SUCCESS, "a longer value", 1);
        assertEquals(List.of("1 hit, 14 bytes, flags 4275830785"), cluster.told);
    }

    @Test
    void aGetOfSeveralKeysIsSplitByNodeAndJoined() {
        FakeCluster cluster = joined();
        cluster.ask(1, "get %s %s nix%s~".formatted(ODD, EVEN, EVEN));
        cluster.letIn(B, "");
        while (cluster.open(B) > 0) {
            cluster.answer(B, Status.SUCCESS, "odd");
        }
        assertEquals(List.of(), cluster.told);
        while (cluster.open(A) > 0) {
            cluster.answer(A, Status.SUCCESS, "even");
        }
        assertEquals(List.of("1 3 hits"), cluster.told);
    }

    @Test
    void aKeyThatHasMovedIsSoughtWithTheMapThatSaysSo() {
        FakeCluster cluster = joined();
        cluster.ask(1, "set %s 0 0 1~x~".formatted(EVEN));
        cluster.answer(A, Status.NOT_MY_VBUCKET, FakeCluster.map(2, C, B));
        assertEquals(List.of(A, C), cluster.connecting);
        cluster.letIn(C, "");
        assertEquals(0, cluster.due(C).header().vbucketOrStatus());
        cluster.answer(C, Status.SUCCESS, "");
        assertEquals(List.of("1 STORED"), cluster.told);
    }

    @Test
    void withoutANewerMapItIsAskedForAndTheRequestComesAgain() {
        FakeCluster cluster = joined();
        cluster.ask(1, "incr %s 1~".formatted(EVEN));
        cluster.answer(A, Status.NOT_MY_VBUCKET, FakeCluster.map(1, B, A));
        assertEquals(NodeLogin.GET_CLUSTER_CONFIG, cluster.due(A).header().opcode());
        cluster.answer(A, Status.SUCCESS, FakeCluster.map(1, A, B));
        cluster.wake(ClusterSession.RETRY);
        cluster.answer(A, Status.NOT_MY_VBUCKET, "");
        cluster.answer(A, Status.SUCCESS, FakeCluster.map(3, C, B));
        cluster.wake(ClusterSession.RETRY);
        cluster.letIn(C, "");
        cluster.answer(C, Status.SUCCESS, "\0\0\0\0\0\0\0\7");
        assertEquals(List.of("1 7"), cluster.told);
    }

    @Test
    void aRequestThatFindsNoOwnerIsLostAfterItsTries() {
        FakeCluster cluster = joined();
        cluster.ask(1, "get " + EVEN + "~");
        for (int i = 0; i <= ClusterSession.MAX_TRIES && cluster.told.isEmpty(); i++) {
            cluster.answer(A, Status.NOT_MY_VBUCKET, "");
            while (cluster.open(A) > 0) {
                cluster.answer(A, Status.SUCCESS, FakeCluster.map(1, A, B));
            }
            if (cluster.told.isEmpty()) {
                cluster.wake(ClusterSession.RETRY);
            }
        }
        assertEquals(List.of("1 lost: couchbase-not-my-vbucket"), cluster.told);
        assertFalse(cluster.session.isOpen());
    }

    @Test
    void aTemporaryFailureIsTriedAgainInItsOrder() {
        FakeCluster cluster = joined();
        cluster.ask(1, "set %s 0 0 1~x~".formatted(EVEN));
        cluster.ask(2, "delete %s~".formatted(EVEN));
        assertEquals(1, cluster.open(A), "one request of a key at a time");
        cluster.answer(A, Status.TEMPORARY_FAILURE, "");
        assertEquals(0, cluster.open(A));
        cluster.wake(ClusterSession.RETRY);
        cluster.answer(A, Status.SUCCESS, "");
        cluster.answer(A, Status.SUCCESS, "");
        assertEquals(List.of("1 STORED", "2 DELETED"), cluster.told);
    }

    @Test
    void aFailureThatLastsIsTheAnswer() {
        FakeCluster cluster = joined();
        cluster.ask(1, "set %s 0 0 1~x~".formatted(EVEN));
        for (int i = 0; i < ClusterSession.MAX_TRIES; i++) {
            cluster.answer(A, Status.BUSY, "");
            cluster.wake(ClusterSession.RETRY);
        }
        cluster.answer(A, Status.BUSY, "");
        assertEquals(List.of("1 SERVER_ERROR BUSY"), cluster.told);
    }

    @Test
    void aWriteIsNotRepeatedWhenNobodyKnowsWhetherItWasDone() {
        FakeCluster cluster = joined();
        cluster.ask(1, "incr %s 1~".formatted(EVEN));
        cluster.ask(2, "get %s~".formatted(EVEN + "0".repeat(3)));
        cluster.on(new SessionEvent.TargetEnd(cluster.lane(A), "reset", 0));
        assertEquals(List.of("1 lost: couchbase-node-reset"), cluster.told);
    }

    @Test
    void aReadOfANodeThatIsGoneIsRepeatedWhereItsKeysAreThen() {
        FakeCluster cluster = joined();
        cluster.ask(1, "get " + ODD + "~");
        cluster.letIn(B, "");
        cluster.on(new SessionEvent.TargetEnd(cluster.lane(B), "closed", 0));
        assertEquals(NodeLogin.GET_CLUSTER_CONFIG, cluster.due(A).header().opcode());
        cluster.answer(A, Status.SUCCESS, FakeCluster.map(2, A, C));
        cluster.wake(ClusterSession.RETRY);
        assertEquals(List.of(A, B, C), cluster.connecting);
        cluster.letIn(C, "");
        cluster.answer(C, Status.SUCCESS, "v");
        assertEquals(List.of("1 hit, 1 bytes, flags 4275830785"), cluster.told);
    }

    @Test
    void aNodeThatSaysNothingMoreIsGivenUp() {
        FakeCluster cluster = joined();
        cluster.ask(1, "get " + ODD + "~");
        cluster.letIn(B, "");
        cluster.ask(2, "set %s%s 0 0 1~x~".formatted(EVEN, EVEN));
        for (int i = 0; i <= ClusterSession.MAX_SILENT_TICKS; i++) {
            cluster.wake(ClusterSession.TICK);
        }
        assertTrue(
                cluster.actions.contains(new SessionAction.Close(cluster.lane(B))),
                cluster.actions::toString);
        assertEquals(List.of("2 lost: couchbase-node-silent"), cluster.told);
    }

    @Test
    void aWrongPasswordLeavesTheSessionOut() {
        FakeCluster cluster = new FakeCluster();
        cluster.ask(0, "get " + EVEN + "~");
        cluster.on(new SessionEvent.TargetUp(0, 0));
        cluster.answer(A, Status.SUCCESS, "");
        cluster.answer(A, Status.SUCCESS, "PLAIN");
        cluster.answer(A, Status.AUTH_ERROR, "");
        assertTrue(
                cluster.actions.getLast() instanceof SessionAction.LeaveOut left
                        && left.reason().equals("couchbase-login")
                        && left.detail().contains("'app' by PLAIN with AUTH_ERROR"),
                cluster.actions::toString);
    }

    @Test
    void anAnswerThatNobodyWaitsForEndsTheSession() {
        FakeCluster cluster = joined();
        cluster.ask(1, "get " + EVEN + "~");
        cluster.on(
                new SessionEvent.Target(
                        0,
                        BinaryPacket.answer(
                                        0,
                                        Status.SUCCESS,
                                        4711,
                                        0,
                                        Unpooled.EMPTY_BUFFER,
                                        Unpooled.EMPTY_BUFFER,
                                        Unpooled.EMPTY_BUFFER)
                                .encoded(),
                        0,
                        _ -> 0));
        assertTrue(cluster.actions.getLast() instanceof SessionAction.LeaveOut);
    }

    @Test
    void lanesAreClosedWhenAllIsAnswered() {
        FakeCluster cluster = joined();
        cluster.ask(1, "get " + EVEN + "~");
        List<SessionAction> out = new ArrayList<>();
        cluster.session.finish(out);
        assertEquals(List.of(), out);
        cluster.answer(A, Status.KEY_NOT_FOUND, "");
        assertEquals(new SessionAction.Close(0), cluster.actions.getLast());
    }

    @Test
    void whatHasNoCounterpartIsNotSent() {
        FakeCluster cluster = joined();
        assertFalse(cluster.ask(1, "mg " + EVEN + " v N30~"));
        assertFalse(cluster.session.isOpen());
    }
}
