package dev.understudy.mysql.join;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mysql.cj.conf.DefaultPropertySet;
import dev.understudy.mysql.wire.ServerVersion;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SnapshotReaderTest {
    @ParameterizedTest
    @CsvSource({
        "5.7.44-log, false",
        "5.5.9, false",
        "8.0.36, true",
        "9.7.4-2, true",
        "5.5.5-10.11.19-MariaDB, true",
        "11.8.9-MariaDB, true"
    })
    void serversThatCannotBeAskedAreNamed(String version, boolean asked) {
        Optional<String> refused = SnapshotReader.tooOld(ServerVersion.parse(version));
        assertEquals(asked, refused.isEmpty());
        refused.ifPresent(
                why -> assertTrue(why.contains(version) && why.contains("MySQL 8.0"), why));
    }

    @Test
    void aServerThatDoesNotAnswerIsAskedLessOften() {
        assertEquals(0, SnapshotReader.pause(1));
        assertEquals(1, SnapshotReader.pause(2));
        assertEquals(3, SnapshotReader.pause(3));
        assertEquals(SnapshotReader.MAX_LEFT_OUT, SnapshotReader.pause(20));
        assertEquals(SnapshotReader.MAX_LEFT_OUT, SnapshotReader.pause(Integer.MAX_VALUE));
    }

    @Test
    void looksAreLeftOutBehindFailedOnes() throws IOException {
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        OpenSessions sessions = new OpenSessions();
        sessions.await(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
        SnapshotReader reader =
                new SnapshotReader(
                        JoinSettings.of(
                                        new RunContext(
                                                Settings.of(
                                                        "mysql",
                                                        Map.of(
                                                                "snapshot",
                                                                Map.of(
                                                                        "user",
                                                                        "look",
                                                                        "password",
                                                                        "pw"))),
                                                new InetSocketAddress(
                                                        InetAddress.getLoopbackAddress(), closed),
                                                new InetSocketAddress(
                                                        InetAddress.getLoopbackAddress(), closed),
                                                1024))
                                .account()
                                .orElseThrow(),
                        JoinLevel.SNAPSHOT,
                        sessions);
        List<Integer> warnings = IntStream.range(0, 7).mapToObj(_ -> reader.look().size()).toList();
        assertEquals(List.of(1, 1, 0, 1, 0, 0, 0), warnings);
    }

    @Test
    void aPortIsOursNoLongerThanItCannotBeAnothers() throws IOException {
        Socket socket = new OwnSocketFactory().createSocket(new DefaultPropertySet());
        InetSocketAddress ours =
                new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
        long now = System.nanoTime();
        assertTrue(OwnSocketFactory.isOwn(ours, now + Duration.ofHours(9).toNanos()));
        socket.close();
        assertTrue(OwnSocketFactory.isOwn(ours));
        assertFalse(OwnSocketFactory.isOwn(ours, now + Duration.ofMinutes(2).toNanos()));
    }
}
