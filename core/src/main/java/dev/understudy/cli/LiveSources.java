package dev.understudy.cli;

import dev.understudy.capture.AfPacketSource;
import dev.understudy.capture.LibpcapSource;
import dev.understudy.capture.PacketBatch;
import dev.understudy.capture.PacketSource;
import dev.understudy.capture.PcapngWriter;
import dev.understudy.sys.RingSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Live captures of this host: the kernel's ring on Linux, libpcap elsewhere. */
public final class LiveSources implements CaptureProbe, LiveCapture, Recorder {
    private static final long MIB = 1024 * 1024;

    /** Enough for a look. */
    private static final int PROBE_MIB = 1;

    @Override
    public PacketSource open(String interfaceName, List<Endpoint> online, int ringMib)
            throws IOException {
        return of(interfaceName, online.stream().map(Endpoint::address).toList(), ringMib);
    }

    /**
     * Opens a capture of these servers' packets.
     *
     * @throws IOException with a message for the user, as where the privilege is missing
     */
    public static PacketSource of(
            String interfaceName, List<InetSocketAddress> addresses, int ringMib)
            throws IOException {
        return System.getProperty("os.name").equals("Linux")
                ? AfPacketSource.open(interfaceName, addresses, RingSettings.ofBytes(ringMib * MIB))
                : LibpcapSource.live(interfaceName, addresses, Math.toIntExact(ringMib * MIB));
    }

    @Override
    public long packetsSeen(String interfaceName, Endpoint online, Duration look)
            throws RefusedException {
        try (PacketSource source = open(interfaceName, List.of(online), PROBE_MIB)) {
            PacketBatch batch = new PacketBatch();
            long end = System.nanoTime() + look.toNanos();
            for (long left = look.toNanos(); left > 0; left = end - System.nanoTime()) {
                batch.clear();
                source.poll(batch, Duration.ofNanos(left));
            }
            return source.counts().delivered();
        } catch (IOException e) {
            throw new RefusedException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public Result record(Plan plan, Progress progress) throws RefusedException, IOException {
        PacketSource source;
        try {
            source = open(plan.interfaceName(), List.of(plan.online()), plan.ringMib());
        } catch (IOException e) {
            throw new RefusedException(String.valueOf(e.getMessage()), e);
        }
        try (source;
                PcapngWriter writer = PcapngWriter.create(plan.file(), plan.interfaceName());
                ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
            progress.opened();
            progress.onStop(source::stop);
            plan.duration()
                    .ifPresent(
                            d -> timer.schedule(source::stop, d.toNanos(), TimeUnit.NANOSECONDS));
            var recording =
                    new dev.understudy.capture.Recorder(source, writer, Long.MAX_VALUE).run();
            timer.shutdownNow();
            return new Result(
                    recording.packets(), recording.bytes(), recording.counts().droppedByKernel());
        }
    }
}
