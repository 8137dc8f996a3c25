package dev.understudy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.capture.CaptureCounts;
import dev.understudy.capture.PacketBatch;
import dev.understudy.capture.PacketSource;
import dev.understudy.ledger.Ledger;
import dev.understudy.opaque.OpaqueTcp;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import dev.understudy.session.Pacing;
import dev.understudy.session.Rehearsal;
import dev.understudy.session.RunLimits;
import dev.understudy.session.TargetPlan;
import dev.understudy.session.Traffic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run that is asked, and told, by {@code understudy ctl}. */
@Timeout(60)
class SteeringTest {
    @TempDir private Path folder;
    private final Ledger ledger = new Ledger();

    /** A capture in which nothing happens. */
    private static final class Silent implements PacketSource {
        @Override
        public State poll(PacketBatch into, Duration wait) {
            return State.ENDED;
        }

        @Override
        public CaptureCounts counts() {
            return new CaptureCounts(0, 0, 0, 0, CaptureCounts.NOT_CUT);
        }

        @Override
        public String describe() {
            return "nothing";
        }

        @Override
        public void stop() {}

        @Override
        public void close() {}
    }

    private Rehearsal rehearsal(Pacing pacing) {
        RunContext context =
                new RunContext(
                        Settings.empty("tcp"),
                        new InetSocketAddress("192.0.2.1", 1),
                        new InetSocketAddress("192.0.2.2", 1),
                        1024);
        return Rehearsal.of(
                new Rehearsal.Plan(
                        new Traffic.Packets(new Silent()),
                        pacing,
                        List.of(new TargetPlan(new OpaqueTcp(), context, ledger)),
                        RunLimits.defaults(),
                        true,
                        Optional.empty()));
    }

    private static int ctl(CommandLineRun understudy, String... words) {
        String[] whole = new String[words.length + 1];
        whole[0] = "ctl";
        System.arraycopy(words, 0, whole, 1, words.length);
        return understudy.run(whole);
    }

    @Test
    void aRecordingIsPausedAndItsSpeedAndSampleAreChanged() throws Exception {
        Rehearsal run = rehearsal(new Pacing.Scaled(1));
        Steering steering = new Steering(run, false, List.of(ledger), Optional.empty());
        assertEquals(Optional.empty(), steering.told());
        CommandLineRun understudy =
                new CommandLineRun(folder).with("XDG_RUNTIME_DIR", folder.toString());
        Path path = SteeringSocket.usual(folder.resolve("understudy"));
        try (SteeringSocket socket = SteeringSocket.open(path, steering::obey)) {
            assertEquals(path, socket.path());
            assertEquals(
                    "rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
            assertEquals(
                    "rwx------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(path.getParent())));
            assertEquals(0, ctl(understudy, "status"));
            assertTrue(understudy.out().contains("speed 1, sample 100%, changed 0 times"));
            assertEquals(0, ctl(understudy, "pause"));
            assertTrue(run.paused());
            assertEquals(0, ctl(understudy, "speed", "2.5"));
            assertEquals(new Pacing.Scaled(2.5), run.pacing());
            assertEquals(0, ctl(understudy, "resume"));
            assertFalse(run.paused());
            assertEquals(0, ctl(understudy, "--socket", path.toString(), "sample", "clients:5%"));
            assertEquals(2, ctl(understudy, "sample", "5"));
            assertTrue(understudy.err().contains("'5' is no share"), understudy.err());
            assertEquals(2, ctl(understudy, "faster"));
            assertTrue(understudy.err().contains("refused 'faster': known are status"));
            assertEquals(2, ctl(understudy, "pause", "now"));
        }
        assertFalse(Files.exists(path));
        String told = steering.told().orElseThrow();
        assertTrue(told.startsWith("changed 4 times while it ran: pause after "), told);
        assertTrue(told.contains("sample clients:5% after "), told);
        assertEquals(2, ctl(understudy, "status"));
        assertTrue(understudy.err().contains("no run of this user has a socket in "));
    }

    @Test
    void aLiveCaptureHasNoSpeed() {
        Steering steering =
                new Steering(
                        rehearsal(new Pacing.Live()),
                        true,
                        List.of(ledger),
                        Optional.of("sessions of protocol tcp have no user"));
        assertTrue(steering.obey("speed 2").startsWith("refused 'speed': a live capture"));
        assertEquals(
                "refused 'sample users:5%': sessions of protocol tcp have no user",
                steering.obey("sample users:5%"));
        assertEquals("ok pause", steering.obey("pause"));
        assertTrue(steering.obey("status").startsWith("ok paused  sessions 0"));
    }

    @Test
    void whoSaysNothingOrTooMuchStopsNobody() throws Exception {
        Path path = folder.resolve("run.sock");
        try (SteeringSocket socket = SteeringSocket.open(path, line -> "ok " + line)) {
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket.path());
            try (SocketChannel silent = SocketChannel.open(address);
                    SocketChannel flood = SocketChannel.open(address)) {
                flood.write(ByteBuffer.wrap(new byte[SteeringSocket.MAX_LINE_BYTES]));
                assertEquals(-1, flood.read(ByteBuffer.allocate(1)));
                assertEquals("ok status", SteeringSocket.ask(path, "status"));
                assertTrue(silent.isOpen());
            }
        }
    }

    @Test
    void whatARunThatWasKilledLeftIsTakenAndAnybodysFileIsNot() throws Exception {
        Path path = folder.resolve("run.sock");
        try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(path));
        }
        assertTrue(Files.exists(path));
        assertEquals(List.of(), SteeringSocket.running(folder));
        try (SteeringSocket socket = SteeringSocket.open(path, line -> "ok")) {
            assertEquals(List.of(socket.path()), SteeringSocket.running(folder));
            assertThrows(IOException.class, () -> SteeringSocket.open(path, line -> "ok"));
        }
        Path file = Files.writeString(folder.resolve("mine"), "kept");
        assertThrows(IOException.class, () -> SteeringSocket.open(file, line -> "ok"));
        assertEquals("kept", Files.readString(file));
        assertEquals(
                Path.of("/run/understudy"), SteeringSocket.folder(Map.of("XDG_RUNTIME_DIR", "")));
    }
}
