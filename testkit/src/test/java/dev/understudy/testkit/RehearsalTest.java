package dev.understudy.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.delivery.Transport;
import dev.understudy.report.Outcome;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A rehearsal of servers that this test made itself, by the protocol that understands nothing. */
@Timeout(120)
class RehearsalTest {
    private static final int MIB = 1024 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private static Rehearsal between(LineServer online, LineServer target)
            throws InterruptedException {
        Rehearsal rehearsal =
                Rehearsal.of("tcp").online(online.address()).target(target.address()).start();
        // That they can be reached was tried first: a connection each.
        online.awaitEnd();
        target.awaitEnd();
        return rehearsal;
    }

    @Test
    void equalServersGiveNoDifferencesAndEachRequestIsCounted() throws Exception {
        try (LineServer online = LineServer.answering(line -> "you said " + line);
                LineServer target = LineServer.answering(line -> "you said " + line);
                Rehearsal rehearsal = between(online, target)) {
            try (LineClient client = new LineClient(rehearsal.address())) {
                assertEquals("you said one", client.ask("one"));
                assertEquals("you said two", client.ask("two"));
            }
            RehearsalResult result = rehearsal.finish().assertNoDifferences();
            assertEquals(0, result.counts().packets().delivered(), result::text);
            assertEquals(1, result.counts().sessions().complete(), result::text);
            assertEquals(2, result.requests(), result::text);
            assertEquals(2, result.counts().requests().same(), result::text);
            assertSame(result, rehearsal.finish(), "finished twice");
            assertTrue(result.text().contains("relay in the path, for tests"), result::text);
        }
    }

    @Test
    void whereThereIsNoEpollTheJdksSocketsDo() throws Exception {
        try (LineServer online = LineServer.answering(line -> "you said " + line);
                LineServer target = LineServer.answering(line -> "you said " + line);
                Rehearsal rehearsal =
                        Rehearsal.of("tcp")
                                .online(online.address())
                                .target(target.address())
                                .transport(Transport.NIO)
                                .start()) {
            online.awaitEnd();
            target.awaitEnd();
            awaitThreadsIn("io.netty.channel.nio.NioIoHandler");
            try (LineClient client = new LineClient(rehearsal.address())) {
                client.ask("one");
            }
            RehearsalResult result = rehearsal.finish().assertNoDifferences();
            assertEquals(1, result.requests(), result::text);
        }
    }

    /** Waits until all event loops of this process are in that class, and there is one. */
    private static void awaitThreadsIn(String handler) {
        Map<Thread, List<String>> loops = loops();
        for (long end = System.nanoTime() + PATIENCE.toNanos();
                loops.isEmpty() || !loops.values().stream().allMatch(it -> it.contains(handler));
                loops = loops()) {
            assertTrue(System.nanoTime() < end, loops::toString);
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }

    private static Map<Thread, List<String>> loops() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(it -> it.getKey().getName().startsWith("sessions-"))
                .collect(
                        Collectors.toMap(
                                Map.Entry::getKey,
                                it ->
                                        Arrays.stream(it.getValue())
                                                .map(StackTraceElement::getClassName)
                                                .toList()));
    }

    @Test
    void severalAtOnceDoNotSeeEachOther() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<RehearsalResult>> results = new ArrayList<>();
            for (int i = 1; i <= 6; i++) {
                int requests = i;
                results.add(threads.submit(() -> rehearsedAlone(requests)));
            }
            for (int i = 1; i <= 6; i++) {
                RehearsalResult result = results.get(i - 1).get();
                assertEquals(i, result.requests(), result::text);
                assertEquals(i % 2, Math.min(1, result.differences()), result::text);
            }
        }
    }

    /** The n-th has n requests, and differs where that is odd. */
    private static RehearsalResult rehearsedAlone(int requests) throws Exception {
        try (LineServer online = LineServer.answering(line -> "same");
                LineServer target =
                        LineServer.answering(line -> requests % 2 == 0 ? "same" : "another");
                Rehearsal rehearsal = between(online, target)) {
            try (LineClient client = new LineClient(rehearsal.address())) {
                for (int i = 0; i < requests; i++) {
                    client.ask("line " + i);
                }
            }
            return rehearsal.finish();
        }
    }

    @Test
    void aRecordingThatIsNoneIsRefused(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("notes.txt"), "no packets in here, only text");
        try (LineServer target = LineServer.answering(line -> "same")) {
            RehearsalPlan plan =
                    Rehearsal.of("tcp")
                            .online("192.0.2.1:3306")
                            .target(target.address())
                            .recording(file);
            RehearsalException refused = assertThrows(RehearsalException.class, plan::start);
            assertTrue(refused.getMessage().contains("notes.txt"), refused::getMessage);
        }
    }

    @Test
    void aDifferenceFailsWithBothAnswers() throws Exception {
        try (LineServer online = LineServer.answering(line -> "same");
                LineServer target =
                        LineServer.answering(line -> line.equals("b") ? "other answer" : "same");
                Rehearsal rehearsal = between(online, target)) {
            try (LineClient client = new LineClient(rehearsal.address())) {
                client.ask("a");
                client.ask("b");
            }
            RehearsalResult result = rehearsal.finish();
            String servers =
                    "127.0.0.1:%d does not answer as 127.0.0.1:%d does: "
                            .formatted(target.address().getPort(), online.address().getPort());
            String differing =
                    """
                      request
                        length, 1 of 2
                          request request
                          online  # bytes, murmur3 #
                          target  # bytes, murmur3 #
                    """;
            assertEquals(
                    servers + "1 of 2 answers differ\n" + differing,
                    summaryOf(result::assertNoDifferences)
                            .replaceAll("\\d+ bytes, murmur3 [0-9a-f]{32}", "# bytes, murmur3 #"));
            assertEquals(1, result.differences());
            result.assertDifferencesAtMost(1).assertOutcome(Outcome.DIFFERENCES);
        }
    }

    /** What a failure says ahead of the whole report. */
    private static String summaryOf(Executable assertion) {
        String message = assertThrows(AssertionError.class, assertion).getMessage();
        int end = message.indexOf("\n\n") + 1;
        assertTrue(message.startsWith("outcome: ", end + 1), message);
        return message.substring(0, end);
    }

    @Test
    void moreDifferencesThanAllowedFailWithTheNumberAllowed() throws Exception {
        try (LineServer online = LineServer.answering(line -> "a");
                LineServer target = LineServer.answering(line -> "other");
                Rehearsal rehearsal = between(online, target)) {
            try (LineClient client = new LineClient(rehearsal.address())) {
                for (int i = 0; i < 3; i++) {
                    client.ask("question");
                }
            }
            RehearsalResult result = rehearsal.finish().assertDifferencesAtMost(3);
            String summary = summaryOf(() -> result.assertDifferencesAtMost(2));
            assertTrue(summary.contains("3 of 3 answers differ, and at most 2 may\n"), summary);
        }
    }

    @Test
    void aReviewedDifferenceDoesNotCount() throws Exception {
        try (LineServer online = LineServer.answering(line -> "short");
                LineServer target = LineServer.answering(line -> "much longer");
                Rehearsal rehearsal =
                        Rehearsal.of("tcp")
                                .online(online.address())
                                .target(target.address())
                                .reviewed("length", "", "the new one is more polite")
                                .start()) {
            try (LineClient client = new LineClient(rehearsal.address())) {
                client.ask("a");
            }
            rehearsal.finish().assertNoDifferences().assertOutcome(Outcome.OK);
        }
    }

    @Test
    void whereNothingWasComparedNothingIsProven() throws Exception {
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line);
                Rehearsal rehearsal = between(online, target)) {
            RehearsalResult result = rehearsal.finish();
            String summary = summaryOf(result::assertNoDifferences);
            assertTrue(summary.startsWith("it is not proven that 127.0.0.1:"), summary);
            assertTrue(summary.contains("\n  nothing was compared: "), summary);
            assertEquals(Outcome.INCOMPLETE, result.report().outcome());
        }
    }

    @Test
    void aHalfClosedConnectionGoesOnInTheOtherDirection() throws Exception {
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line);
                Rehearsal rehearsal = between(online, target)) {
            try (LineClient client = new LineClient(rehearsal.address())) {
                assertEquals("a", client.ask("a"));
                client.socket().shutdownOutput();
                assertEquals("bye", client.read(), "said after the client's end");
                assertEquals("(end)", client.read());
            }
            assertEquals("end of stream", online.awaitEnd());
            assertEquals("end of stream", target.awaitEnd());
            rehearsal.finish().assertNoDifferences();
        }
    }

    @Test
    void aClientsResetIsAResetForTheServer() throws Exception {
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line);
                Rehearsal rehearsal = between(online, target)) {
            LineClient client = new LineClient(rehearsal.address());
            client.ask("a");
            client.reset();
            assertEquals("Connection reset", online.awaitEnd());
            RehearsalResult result = rehearsal.finish().assertNoDifferences();
            assertEquals(1, result.counts().sessions().complete(), result::text);
        }
    }

    @Test
    void anOnlineServerThatHasGoneRefusesTheClientAndIsNamed() throws Exception {
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line);
                Rehearsal rehearsal = between(online, target)) {
            try (LineClient client = new LineClient(rehearsal.address())) {
                client.ask("a");
                online.end();
                assertThrows(
                        IOException.class,
                        () -> {
                            try (LineClient next = new LineClient(rehearsal.address())) {
                                next.ask("b");
                            }
                        });
            }
            String text = rehearsal.finish().text();
            assertTrue(text.contains("1 connections could not be passed on"), text);
            assertTrue(text.contains("Connection refused"), text);
        }
    }

    @Test
    void aClientCannotOutrunAServerThatDoesNotRead() throws Exception {
        try (ServerSocket online = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                LineServer target = LineServer.answering(line -> line);
                Rehearsal rehearsal =
                        Rehearsal.of("tcp")
                                .online(online.getLocalSocketAddress())
                                .target(target.address())
                                .start()) {
            long taken = pour(rehearsal.address(), 256 * MIB);
            assertTrue(taken < 32 * MIB, "taken: " + taken);
        }
    }

    @Test
    void aClientCannotOutrunATargetThatDoesNotRead() throws Exception {
        try (ServerSocket online = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServerSocket target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Rehearsal rehearsal =
                        Rehearsal.of("tcp")
                                .online(online.getLocalSocketAddress())
                                .target(target.getLocalSocketAddress())
                                .start()) {
            Thread.ofVirtual().start(() -> swallow(online));
            long taken = pour(rehearsal.address(), 256 * MIB);
            assertTrue(taken < 64 * MIB, "taken: " + taken);
        }
    }

    private static void swallow(ServerSocket listener) {
        byte[] buffer = new byte[64 * 1024];
        try {
            while (true) {
                Socket next = listener.accept();
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try (next) {
                                        while (next.getInputStream().read(buffer) >= 0) {
                                            // What it says does not matter.
                                        }
                                    } catch (IOException _) {
                                        // The test is over.
                                    }
                                });
            }
        } catch (IOException _) {
            // The test is over.
        }
    }

    /** Sends until nothing more is taken for a second, and says how much was taken. */
    private static long pour(InetSocketAddress to, long most) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(64 * 1024);
        long taken = 0;
        try (SocketChannel channel = SocketChannel.open(to);
                Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_WRITE);
            while (taken < most && selector.select(1_000) > 0) {
                selector.selectedKeys().clear();
                taken += channel.write(chunk.clear());
            }
        }
        return taken;
    }

    @Test
    void manyConnectionsAtOnceAreAllCopied() throws Exception {
        int clients = 300;
        long questions = 10;
        try (LineServer online = LineServer.answering(line -> "for " + line);
                LineServer target = LineServer.answering(line -> "for " + line);
                Rehearsal rehearsal = between(online, target);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                String name = "client " + i;
                work.add(
                        () -> {
                            try (LineClient client = new LineClient(rehearsal.address())) {
                                for (int q = 0; q < questions; q++) {
                                    assertEquals("for " + name + q, client.ask(name + q));
                                }
                            }
                            return null;
                        });
            }
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
            RehearsalResult result = rehearsal.finish().assertNoDifferences();
            assertEquals(clients, result.counts().sessions().complete(), result::text);
            assertEquals(clients * questions, result.requests(), result::text);
        }
    }

    @Test
    void afterTheFinishClientsGoOnAndAreCopiedNoMore() throws Exception {
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line);
                Rehearsal rehearsal = between(online, target);
                LineClient client = new LineClient(rehearsal.address())) {
            client.ask("a");
            RehearsalResult result = rehearsal.finish().assertNoDifferences();
            assertEquals("b", client.ask("b"));
            try (LineClient later = new LineClient(rehearsal.address())) {
                assertEquals("c", later.ask("c"));
            }
            assertEquals(1, result.requests());
        }
    }

    @Test
    void closingEndsWhatIsStillPassedOn() throws Exception {
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line)) {
            Rehearsal rehearsal = between(online, target);
            try (LineClient client = new LineClient(rehearsal.address())) {
                client.ask("a");
                rehearsal.close();
                rehearsal.close();
                assertThrows(IOException.class, () -> new LineClient(rehearsal.address()));
                client.socket().setSoTimeout(10_000);
                try {
                    assertEquals("(end)", client.read());
                } catch (SocketTimeoutException e) {
                    throw e;
                } catch (IOException _) {
                    // A reset is an end too.
                }
            }
        }
    }

    @Test
    void noThreadAndNoSocketIsLeft() throws Exception {
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line)) {
            rehearseOnce(online, target); // What the JDK and Netty keep for good is there then.
            LeftBehind before = LeftBehind.now();
            for (int i = 0; i < 3; i++) {
                rehearseOnce(online, target);
            }
            before.awaitNothingMore();
        }
    }

    private static void rehearseOnce(LineServer online, LineServer target) throws Exception {
        try (Rehearsal rehearsal = between(online, target)) {
            try (LineClient client = new LineClient(rehearsal.address())) {
                client.ask("a");
            }
            assertEquals("end of stream", online.awaitEnd());
            rehearsal.finish().assertNoDifferences();
            assertEquals("end of stream", target.awaitEnd());
        }
    }

    @Test
    void rehearsalsSideBySideKnowNothingOfEachOther() throws Exception {
        try (LineServer online = LineServer.answering(line -> "good");
                LineServer same = LineServer.answering(line -> "good");
                LineServer other = LineServer.answering(line -> "another");
                Rehearsal first = between(online, same);
                Rehearsal second = between(online, other);
                LineClient a = new LineClient(first.address());
                LineClient b = new LineClient(second.address())) {
            a.ask("1");
            b.ask("1");
            b.ask("2");
            assertEquals(0, first.finish().assertNoDifferences().differences());
            assertEquals(2, second.finish().differences());
        }
    }

    @Test
    void reportsAreWrittenToTheDirectory(@TempDir Path directory) throws Exception {
        Path reports = directory.resolve("reports");
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line);
                Rehearsal rehearsal =
                        Rehearsal.of("tcp")
                                .online("127.0.0.1:" + online.address().getPort())
                                .target("localhost:" + target.address().getPort())
                                .report(reports)
                                .start()) {
            try (LineClient client = new LineClient(rehearsal.address())) {
                client.ask("a");
            }
            RehearsalResult result = rehearsal.finish();
            assertEquals(result.json(), Files.readString(reports.resolve("report.json")));
            assertEquals(result.text(), Files.readString(reports.resolve("report.txt")));
        }
    }

    @Test
    void aTargetThatIsLostEndsTheCopyAndNotTheClient() throws Exception {
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line);
                Rehearsal rehearsal = between(online, target)) {
            target.end();
            for (int i = 0; i < 150; i++) {
                try (LineClient client = new LineClient(rehearsal.address())) {
                    assertEquals("a", client.ask("a"));
                }
            }
            RehearsalResult result = rehearsal.finish();
            AssertionError failure =
                    assertThrows(AssertionError.class, result::assertNoDifferences);
            assertTrue(failure.getMessage().contains("target"), failure::getMessage);
        }
    }

    @Test
    void largeAnswersArriveWhole() throws Exception {
        String large = "x".repeat(3 * MIB);
        try (LineServer online = LineServer.answering(line -> large);
                LineServer target = LineServer.answering(line -> large);
                Rehearsal rehearsal = between(online, target)) {
            try (LineClient client = new LineClient(rehearsal.address())) {
                assertEquals(large, client.ask("a"));
                OutputStream out = client.socket().getOutputStream();
                out.flush();
            }
            rehearsal.finish().assertNoDifferences();
        }
    }
}
